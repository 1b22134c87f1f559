"""What a request must satisfy before it is served: each policy knows nothing of the others."""
