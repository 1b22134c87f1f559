"""An operation that does not fit is a `MisuseError`: the diagnostic, on its way to the report."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gatid_compiler.gtypes import text
from gatid_compiler.timescape import codes
from gatid_compiler.timescape.lenses.keys import plain
from gatid_compiler.timescape.reshape import reshaped
from gatid_dsl.suggest import nearest

if TYPE_CHECKING:
    from gatid_compiler.gtypes.model import GType, Object
    from gatid_dsl import syntax
    from gatid_dsl.diagnostic import Diagnostic
    from gatid_dsl.source import Span

_WIDTH = 100


class MisuseError(Exception):
    """Raised where an operation meets a type that it cannot act on."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic

    def told(self, note: str, *, more: bool) -> MisuseError:
        """The same, with a note if it is of a field that is not there, and there may be more."""
        absent = self.diagnostic.code == codes.FIELD_ABSENT.code
        if not more or not absent or note in self.diagnostic.notes:
            return self
        return MisuseError(replace(self.diagnostic, notes=(*self.diagnostic.notes, note)))


def shown(t: GType) -> str:
    """The type in the user's words and in backticks, shortened where it is long."""
    full = text.show(reshaped(t, name=plain))
    return f"`{full}`" if len(full) <= _WIDTH else f"`{full[: _WIDTH - 1]}…`"


def one_line(written: str) -> str:
    """What the user wrote, on one line and shortened where it is long."""
    full = " ".join(written.split())
    return full if len(full) <= _WIDTH else f"{full[: _WIDTH - 1]}…"


def with_type(op: syntax.Operation, written: Span, t: GType) -> str:
    """Help for a type that is not the one that is derived: the operation with that one."""
    now = shown(t)
    if now.endswith("…`"):
        return "write the type that it has at this moment"
    start = op.span.start
    text = op.span.text
    whole = text[: written.start - start] + now.strip("`") + text[written.end - start :]
    return f"write `{one_line(whole)}`"


def fields_of(obj: Object, wanted: str) -> str:
    """Help for a field that is not there: the nearest name, else all of them."""
    names = [field.name for field in obj.fields]
    if close := nearest(wanted, names):
        return f"did you mean `{close}`?"
    if not names:
        return "it has no fields"
    return f"its fields are {', '.join(f'`{name}`' for name in names)}"
