"""The passes: each takes values and a report, and goes on after a fault."""
