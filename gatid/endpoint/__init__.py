"""A plan as answers: code emitted for each contract, linked with what it needs."""
