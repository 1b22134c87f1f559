"""JSON Schema (2020-12) and the types: read exactly, or refused by the keyword's name."""

from gatid_compiler.gtypes.json_schema.read import from_json_schema
from gatid_compiler.gtypes.json_schema.unsupported import Unsupported
from gatid_compiler.gtypes.json_schema.write import to_json_schema

__all__ = ["Unsupported", "from_json_schema", "to_json_schema"]
