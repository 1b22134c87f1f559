"""From the wire to a request, and from an answer to the wire. Knows granian."""
