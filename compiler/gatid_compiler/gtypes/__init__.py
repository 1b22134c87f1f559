"""The type system: model, validators, and what can be proved about types."""
