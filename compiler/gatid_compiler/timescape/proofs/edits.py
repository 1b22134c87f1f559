"""The smallest edit with which an operation is proved, if one is found.

The operation is written otherwise, or a field of a declared type has another type now, and
everything is derived and judged again. What is shown was proved, and nothing else was lost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from gatid_compiler.gtypes.model import Definitions, GType, Int, Object, String
from gatid_compiler.gtypes.text import name as written_name
from gatid_compiler.gtypes.text import show
from gatid_compiler.passes.report import Report
from gatid_compiler.timescape.derive import Derived
from gatid_compiler.timescape.proofs.candidates import Edit, Editable, candidates
from gatid_compiler.timescape.proofs.hops import Proof, hops
from gatid_compiler.timescape.proofs.judge import Judge
from gatid_compiler.timescape.proofs.verdict import Refuted, Unknown
from gatid_dsl import syntax
from gatid_dsl.parse import parse
from gatid_dsl.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatid_dsl.source import Span

_TRIES = 40
"""So many edits of one operation are tried."""

_MANY = 2000
"""In a project of more proofs each try takes long, so few are made."""

_FEW = 3

_BLOCKS = (
    syntax.Change,
    syntax.TypeChange,
    syntax.RouteChange,
    syntax.Each,
    syntax.In,
    syntax.When,
)


@dataclass(frozen=True, slots=True)
class Edits:
    """Edits of one project. `types` are those declared, as they are now; `read` reads a type;
    `derive` gives the history with other changes and other types.
    """

    changes: Sequence[syntax.Change]
    types: Definitions
    read: Callable[[syntax.TypeExpr], GType]
    derive: Callable[[Sequence[syntax.Change], Mapping[str, GType], Report], Derived]

    def find(self, span: Span, proofs: Sequence[Proof]) -> str | None:
        """What to write for the operation at the span, in words; `proofs` are those of the
        project as it is, none where it cannot be derived.
        """
        for op, owner in _operations(self.changes, span):
            found = self._edit(op, owner, proofs)
            if found is not None:
                return found
        return None

    def _edit(self, op: Editable, owner: str | None, proofs: Sequence[Proof]) -> str | None:
        search = _Search(
            self,
            op,
            owner,
            {
                (p.route, p.release, p.status)
                for p in proofs
                if not isinstance(p.verdict, Refuted | Unknown)
            },
        )
        most = _TRIES if len(proofs) <= _MANY else _FEW
        ends = (self.read(op.old), self.read(op.new)) if isinstance(op, syntax.Convert) else None
        fields = self._given(op, owner)
        seen = set()
        for edit in candidates(op, ends, fields):
            if edit in seen or (edit.operation == op.span.text and edit.type is None):
                continue
            seen.add(edit)
            if len(seen) > most:
                return None
            if search.holds(edit):
                return _told(search.tighter(edit, fields), op, owner)
        return None

    def _given(self, op: Editable, owner: str | None) -> Mapping[str, GType]:
        """The fields of the owner that the operation gives, as they are now."""
        if owner is None:
            return {}
        obj = self.types.get(owner)
        if not isinstance(obj, Object):
            return {}
        paths = op.targets if isinstance(op, syntax.Split) else (op.target,)
        if isinstance(op, syntax.Compute) and op.back is not None:
            paths = (*paths, op.back[0])
        known = {path.parts[0]: obj.field(path.parts[0]) for path in paths if len(path.parts) == 1}
        return {name: found.type for name, found in known.items() if found is not None}


@dataclass(slots=True)
class _Search:
    """Tries of edits of one operation; `fine` are the proofs that hold without one."""

    edits: Edits
    op: Editable
    owner: str | None
    fine: set[tuple[str, int, int | None]]
    _known: dict[Edit, bool] = field(default_factory=dict)

    def holds(self, edit: Edit) -> bool:
        """Whether the operation is proved with the edit, and all that was proved is."""
        if edit not in self._known:
            self._known[edit] = self._tried(edit)
        return self._known[edit]

    def tighter(self, edit: Edit, fields: Mapping[str, GType]) -> Edit:
        """The edit with the smallest upper bound that is proved, too."""
        now = fields.get(edit.field or "")
        match edit.type, now:
            case Int(high=int(high)), Int(high=int(low)):
                pass
            case String(high=int(high)), String(high=int(low)):
                pass
            case _:
                return edit
        while high - low > 1:
            middle = (low + high) // 2
            tried = self._bounded(edit, middle)
            low, high = (low, middle) if self.holds(tried) else (middle, high)
        return self._bounded(edit, high)

    def _bounded(self, edit: Edit, high: int) -> Edit:
        assert isinstance(edit.type, Int | String)  # noqa: S101 - the caller looked
        t = replace(edit.type, high=high)
        return Edit(edit.operation.replace(show(edit.type), show(t)), edit.field, t)

    def _tried(self, edit: Edit) -> bool:
        made = _read(edit.operation)
        if made is None:
            return False
        types: Mapping[str, GType] = {}
        if edit.type is not None:
            if self.owner is None or edit.field is None:
                return False
            types = {self.owner: _retyped(self.edits.types[self.owner], edit.field, edit.type)}
        report = Report()
        changes = [_swapped(change, self.op, made) for change in self.edits.changes]
        derived = self.edits.derive(changes, types, report)
        if report.has_errors:
            return False
        judge = Judge(derived.history)
        for hop in hops(derived, judge):
            doubts = judge.doubts(hop.key, hop.start, hop.end)
            if doubts is None:
                continue
            if any(doubt.span == made.span for doubt in doubts):
                return False
            if isinstance(made, syntax.Map) and not doubts:
                return False
            if (hop.route, hop.release, hop.status) in self.fine:
                return False
        return True


def _told(edit: Edit, op: Editable, owner: str | None) -> str:
    """The edit in words."""
    if edit.type is None:
        return f"`{edit.operation}`"
    now = f"`{written_name(edit.field or '')}: {show(edit.type)}` in `{owner}`"
    return now if edit.operation == op.span.text else f"{now}, and here `{edit.operation}`"


def _retyped(t: GType, name: str, new: GType) -> GType:
    assert isinstance(t, Object)  # noqa: S101 - the search for the operation looked
    return replace(t, fields=tuple(replace(f, type=new) if f.name == name else f for f in t.fields))


# -- operations ----------------------------------------------------------------------------


def _operations(
    changes: Sequence[syntax.Change], span: Span
) -> Iterator[tuple[Editable, str | None]]:
    """The operation at the span, and the type in whose block it stands, if nowhere deeper; of a
    block at the span the operations that may lead several values to one.
    """
    for change in changes:
        for block in change.body:
            named = block.name.text if isinstance(block, syntax.TypeChange) else None
            direct = block.body if isinstance(block, syntax.TypeChange) else ()
            whole = isinstance(block, syntax.TypeChange) and block.span == span
            for op in _inside(block):
                if op.span == span or (whole and isinstance(op, syntax.Map)):
                    yield op, named if op in direct else None


def _inside(node: Any) -> Iterator[Editable]:
    if isinstance(node, tuple):
        for part in node:
            yield from _inside(part)
    elif isinstance(node, Editable):
        yield node
    elif isinstance(node, _BLOCKS):
        yield from _inside(node.body)


def _read(text: str) -> Editable | None:
    parsed = parse(Source("an edit", f"change v {{\n  type T {{\n    {text}\n  }}\n}}\n"))
    if parsed.diagnostics:
        return None
    change = parsed.file.declarations[0]
    block = change.body[0] if isinstance(change, syntax.Change) else None
    op = block.body[0] if isinstance(block, syntax.TypeChange) else None
    return op if isinstance(op, Editable) else None


def _swapped(node: Any, old: syntax.Operation, new: syntax.Operation) -> Any:
    """The node with one operation in the place of another."""
    if node is old:
        return new
    if isinstance(node, tuple):
        parts = tuple(_swapped(part, old, new) for part in node)
        return parts if any(a is not b for a, b in zip(parts, node, strict=True)) else node
    if isinstance(node, _BLOCKS):
        body: Any = _swapped(node.body, old, new)
        return node if body is node.body else replace(node, body=body)
    return node
