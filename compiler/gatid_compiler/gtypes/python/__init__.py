"""Python annotations as GTypes, and GTypes as Python annotations."""

from gatid_compiler.gtypes.python.extract import Extracted, extract
from gatid_compiler.gtypes.python.faults import Fault, Note, NotExtractableError
from gatid_compiler.gtypes.python.markers import Also, Matches, Secret, Unique
from gatid_compiler.gtypes.python.module import extract_module, type_names
from gatid_compiler.gtypes.python.source import to_python

__all__ = [
    "Also",
    "Extracted",
    "Fault",
    "Matches",
    "NotExtractableError",
    "Note",
    "Secret",
    "Unique",
    "extract",
    "extract_module",
    "to_python",
    "type_names",
]
