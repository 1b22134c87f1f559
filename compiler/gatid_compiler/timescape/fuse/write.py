"""Symbols as Python: straight-line statements that read what is given and never write to it."""

from __future__ import annotations

import keyword
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from gatid_compiler.gtypes.literals import fresh
from gatid_compiler.gtypes.model import Composite, GType
from gatid_compiler.plan import PyRef
from gatid_compiler.timescape.expect import expect
from gatid_compiler.timescape.fuse.finish import is_part, keeps
from gatid_compiler.timescape.fuse.places import source_of, spot
from gatid_compiler.timescape.fuse.symbols import (
    ALWAYS,
    All,
    Applied,
    Arms,
    Call,
    Const,
    Crossing,
    Extras,
    Has,
    Index,
    IsKind,
    IsOneOf,
    Items,
    Key,
    Leaf,
    Listed,
    Mapped,
    Not,
    Pick,
    Record,
    Row,
    Some,
    Var,
    calls,
    variables,
)
from gatid_compiler.timescape.lenses import formulas

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gatid_compiler.gtypes.literals import Data
    from gatid_compiler.gtypes.model import JsonLiteral, JsonScalar
    from gatid_compiler.timescape.fuse.symbols import Access, Cond, Function, Symbol
    from gatid_compiler.timescape.lenses.model import Table

_KINDS: Mapping[str, str] = {
    "string": "isinstance({}, str)",
    "number": "(isinstance({0}, int | float) and not isinstance({0}, bool))",
    "bool": "isinstance({}, bool)",
    "null": "{} is None",
    "array": "isinstance({}, list)",
    "object": "isinstance({}, dict)",
}

_INLINE = 3
"""A map of so few changed values is written as a condition, a larger one as a table."""


@dataclass(frozen=True, slots=True)
class Called:
    """A function of the project: what generated code calls it, and what its result must be, a
    type in one state.
    """

    name: str
    target: PyRef
    type: GType
    since: int


class Module:
    """The text of one generated module: its tables, and its functions in order of use."""

    def __init__(
        self, functions: Mapping[Function, Symbol], crossings: Mapping[Var, Crossing]
    ) -> None:
        self.crossings = crossings
        self._tables: list[str] = []
        self._needed: list[str] = []
        self._taken: set[str] = {"forward", "backward", *formulas.NAMES}
        self._functions_of: dict[tuple[PyRef, GType, int], str] = {}
        for crossing in crossings.values():
            self.called(crossing)
        self.names = {key: self.fresh(_word(key.key)) for key in functions}
        self._functions = functions
        self._crossing: set[Function] = set()
        while new := {k for k, f in functions.items() if self.crosses(f)} - self._crossing:
            self._crossing |= new

    @property
    def calls(self) -> tuple[Called, ...]:
        """The functions of the project that the module calls."""
        return tuple(Called(name, *key) for key, name in self._functions_of.items())

    def is_told(self, function: Function) -> bool:
        """Whether a generated function is told where its value is."""
        return function in self._crossing

    def crosses(self, part: object) -> bool:
        """Whether functions of the project are called for it, which are told where it is."""
        if not self.crossings:
            return False
        read = variables(part)
        if any(var.name in read for var in self.crossings):
            return True
        return any(call.key in self._crossing for call in calls(part))

    def called(self, crossing: Crossing) -> str:
        """What the module calls a function of the project, by what its result is validated in."""
        key = crossing.target, crossing.type, crossing.since
        if key not in self._functions_of:
            self._functions_of[key] = self.fresh(_word(crossing.target.name))
        return self._functions_of[key]

    def fresh(self, name: str) -> str:
        """The name, numbered if it is taken."""
        number, free = 1, name
        while free in self._taken:
            number += 1
            free = f"{name}_{number}"
        self._taken.add(free)
        return free

    def table(self, hint: str, pairs: Sequence[tuple[JsonScalar, JsonScalar]]) -> str:
        """The name of a table with these pairs."""
        text = "{" + ", ".join(f"{literal(left)}: {literal(right)}" for left, right in pairs) + "}"
        for line in self._tables:
            name, _, known = line.partition(" = ")
            if known == text:
                return name
        name = self.fresh(hint.upper())
        self._tables.append(f"{name} = {text}")
        return name

    def need(self, name: str) -> None:
        """Asks for a function of the library of formulas."""
        if name not in self._needed:
            self._needed.append(name)

    def text(self, name: str, params: Sequence[str], results: Sequence[Symbol]) -> str:
        """The module, with a function `name` of the parameters that returns the results."""
        bodies = []
        for key, body in self._functions.items():
            params_ = ["value", "way"] if key in self._crossing else ["value"]
            writer = Writer(self, params_)
            writer.returned([writer.value(body, _word(key.key))])
            head = f"def {self.names[key]}({', '.join(params_)}):"
            bodies.append("\n".join((head, *writer.lines)))
        writer = Writer(self, params)
        writer.ahead(results)
        parts = [writer.value(r, p) for r, p in zip(results, params, strict=True)]
        writer.returned(parts)
        bodies.append(f"def {name}({', '.join(params)}):\n" + "\n".join(writer.lines))
        first = [formulas.source(self._needed)] if self._needed else []
        first += ["\n".join(self._tables)] if self._tables else []
        return "\n\n\n".join((*first, *bodies)) + "\n"


class Writer:
    """The statements of one function."""

    def __init__(self, module: Module, params: Sequence[str]) -> None:
        self.lines: list[str] = []
        self._module = module
        self._depth = 1
        called = (known.name for known in module.calls)
        self._taken = {*params, *module.names.values(), *called, *formulas.NAMES}
        self._bound: dict[Access, str] = {}
        self._ways = {Var(name): ["*way" if name == "value" else literal(name)] for name in params}

    def returned(self, parts: Sequence[str]) -> None:
        """The last statement."""
        self._line(f"return {', '.join(parts)}")

    # -- lines -----------------------------------------------------------------------------

    def _line(self, text: str) -> None:
        self.lines.append("    " * self._depth + text)

    @contextmanager
    def _block(self, head: str) -> Iterator[None]:
        self._line(head)
        self._depth += 1
        bound = dict(self._bound)
        size = len(self.lines)
        yield
        if len(self.lines) == size:
            self._line("pass")
        self._bound = bound
        self._depth -= 1

    def _fresh(self, hint: str) -> str:
        # In lower case throughout, so that no variable has the name of a table.
        name = _word(hint)
        number, free = 1, name
        while free in self._taken or free in _RESERVED:
            number += 1
            free = f"{name}_{number}"
        self._taken.add(free)
        return free

    # -- reading ---------------------------------------------------------------------------

    def _at(self, access: Access) -> str:
        if access in self._bound:
            return self._bound[access]
        if isinstance(access, Var) and access in self._module.crossings:
            return self._crossed(self._module.crossings[access])
        match access:
            case Var(name=name):
                return name
            case Key(of=of, name=name):
                return f"{self._at(of)}[{literal(name)}]"
            case Index(of=of, number=number):
                return f"{self._at(of)}[{number}]"
            case _:
                assert_never(access)

    def _bind(self, access: Access, hint: str) -> str:
        """A variable that holds what is there."""
        if isinstance(access, Var) or access in self._bound:
            return self._at(access)
        name = self._fresh(hint)
        self._line(f"{name} = {self._at(access)}")
        self._bound[access] = name
        return name

    def _crossed(self, crossing: Crossing) -> str:
        """The variable that holds what a function of the project gives."""
        hint = crossing.target.name
        name = self._fresh(hint)
        if crossing.guard == ALWAYS:
            self._line(f"{name} = {self._call(crossing, hint)}")
        else:
            test = self._if(crossing.guard)
            self._line(f"{name} = None")
            with self._block(f"if {test}:"):
                self._line(f"{name} = {self._call(crossing, hint)}")
        self._bound[crossing.var] = name
        return name

    def _call(self, crossing: Crossing, hint: str) -> str:
        function = self._module.called(crossing)
        way = self._way(spot(crossing.of, self._module.crossings))
        if not crossing.nulls:
            return f"{function}({self.value(crossing.of, hint)}, {way})"
        given = self._atom(crossing.of, hint)
        return f"None if {given} is None else {function}({given}, {way})"

    def _way(self, at: Access | None) -> str:
        """The keys and indexes that lead to a place in what is carried, as a tuple."""
        steps = self._steps(at)
        if steps == ["*way"]:
            return "way"
        return f"({', '.join(steps)}{',' if len(steps) == 1 else ''})"

    def _source(self, at: Access) -> Access | None:
        return source_of(at, self._module.crossings)

    def _steps(self, at: Access | None) -> list[str]:
        match at:
            case None:
                return []
            case Var():
                return self._ways[at]
            case Key(of=of, name=name):
                return [*self._steps(of), literal(name)]
            case Index(of=of, number=number):
                return [*self._steps(of), literal(number)]

    def ahead(self, parts: Sequence[object]) -> None:
        """Calls functions of the project before statements of which several need the result."""
        crossings = self._module.crossings
        if not crossings:
            return
        seen: set[str] = set()
        for part in parts:
            found = variables(part)
            for var in crossings:
                if var.name in found & seen:
                    self._at(var)
            seen |= found

    def _if(self, cond: Cond) -> str:
        match cond:
            case Has(of=of, name=name):
                return f"{literal(name)} in {self._at(of)}"
            case IsKind(of=of, kinds=kinds):
                tests = [_KINDS[kind].format(self._at(of)) for kind in kinds]
                return tests[0] if len(tests) == 1 else f"({' or '.join(tests)})"
            case IsOneOf(of=of, values=values):
                return _is_one_of(self._at(of), values)
            case Not(of=inner_cond):
                return f"not ({self._if(inner_cond)})"
            case All(of=parts):
                return " and ".join(self._if(part) for part in parts) or "True"
            case Some(of=parts):
                inner = " or ".join(
                    f"({self._if(part)})" if isinstance(part, All) else self._if(part)
                    for part in parts
                )
                return f"({inner})" if inner else "False"
            case _:
                assert_never(cond)

    # -- values ----------------------------------------------------------------------------

    def value(self, symbol: Symbol, hint: str) -> str:
        """An expression of the value; statements that it needs are written before it."""
        match symbol:
            case Leaf(at=at):
                return self._at(at)
            case Const(value=value):
                return literal(value)
            case Mapped(table=table, of=of):
                return self._mapped(table, of, hint)
            case Applied():
                return self._applied(symbol, hint)
            case Call(key=key, of=of):
                return self._called(key, of.at)
            case Record():
                return self._record(symbol, hint)
            case Items():
                return self._items(symbol, hint)
            case Row(items=items) | Listed(items=items):
                return f"[{', '.join(self.value(item, hint) for item in items)}]"
            case Arms(over=over, arms=arms):
                return self._choice(arms, over, hint)
            case Pick(when=when, then=then, otherwise=otherwise):
                return self._choice(((when, then), (None, otherwise)), None, hint)
            case _:
                raise AssertionError(f"not finished: {symbol}")

    def _called(self, function: Function, at: Access) -> str:
        name = self._module.names[function]
        if not self._module.is_told(function):
            return f"{name}({self._at(at)})"
        return f"{name}({self._at(at)}, {self._way(self._source(at))})"

    def _atom(self, symbol: Symbol, hint: str) -> str:
        """A name or a literal that stands for the value."""
        if isinstance(symbol, Leaf):
            return self._bind(symbol.at, hint)
        text = self.value(symbol, hint)
        if _is_scalar(symbol) or text.isidentifier():
            return text
        name = self._fresh(hint)
        self._line(f"{name} = {text}")
        return name

    def _applied(self, applied: Applied, hint: str) -> str:
        formula = applied.formula
        for name in formula.needs:
            self._module.need(name)
        args = [
            self._atom(part, hint)
            if formula.text.count(f"{{{index}}}") > 1
            else self.value(part, hint)
            for index, part in enumerate(applied.of)
        ]
        return formula.text.format(*args)

    def _mapped(self, table: Table, of: Symbol, hint: str) -> str:
        changes = table.changes
        if not changes:
            return self.value(of, hint)
        at = self._atom(of, hint)
        # In a table, `1` would stand for `true` as well.
        mixed = {bool, int} <= {type(left) for left, _ in table.pairs}
        if len(changes) <= _INLINE or mixed:
            return _tests(at, changes)
        return f"{self._module.table(hint, changes)}.get({at}, {at})"

    def _items(self, items: Items, hint: str) -> str:
        over = self._at(items.over.at)
        var = self._loop(items.var)
        each = f"{var} in {over}"
        if self._module.crosses(items.item):
            index = self._fresh("index")
            self._ways[items.var] = [*self._steps(self._source(items.over.at)), index]
            each = f"{index}, {var} in enumerate({over})"
        trial = self._apart()
        item = trial.value(items.item, f"new_{var}")
        if not trial.lines:
            return f"[{item} for {each}]"
        out = self._fresh(hint)
        self._line(f"{out} = []")
        with self._block(f"for {each}:"):
            item = self.value(items.item, f"new_{var}")
            self._line(f"{out}.append({item})")
        return out

    def _loop(self, var: Var) -> str:
        """The name of a variable that runs over something: `line` over `lines`."""
        many = _word(var.name.partition("[")[0])
        known = self._bound[var] = self._fresh(
            many[:-1] if many.endswith("s") and len(many) > 2 else f"{many}_item"
        )
        return known

    def _apart(self) -> Writer:
        """A writer of lines that are thrown away: to see whether there would be any."""
        other = Writer(self._module, ())
        other._taken = set(self._taken)
        other._bound = dict(self._bound)
        other._ways = dict(self._ways)
        return other

    def _choice(
        self, arms: Sequence[tuple[Cond | None, Symbol]], over: Leaf | None, hint: str
    ) -> str:
        self.ahead([cond for cond, _ in arms])
        tests = [(None if cond is None else self._if(cond), arm) for cond, arm in arms]
        if over is not None and tests[-1][0] is not None:
            tests.append((None, over))
        trial = self._apart()
        simple = [(test, trial.value(arm, hint)) for test, arm in tests]
        if not trial.lines:
            return _chain([(t, e) for t, e in simple if t is not None], simple[-1][1])
        out = self._fresh(hint)
        for index, (test, arm) in enumerate(tests):
            head = "else:" if test is None else f"{'el' if index else ''}if {test}:"
            with self._block(head):
                self._line(f"{out} = {self.value(arm, hint)}")
        return out

    # -- records ---------------------------------------------------------------------------

    def _record(self, record: Record, hint: str) -> str:
        slots = (record.slots[name] for name in sorted(record.slots))
        self.ahead([(slot.present, slot.value) for slot in slots])
        kept = [name for name, _ in record.source if keeps(record, name)]
        if record.base is not None:
            base = self._bind(record.base.at, _hint_of(record.base.at))
        else:
            base = ""
        extras = record.extras
        names = [name for name, _ in record.source]
        if extras is not None and not is_part(extras.item, extras.var):
            out = self._rest(record, base, hint)
            return self._set(record, out, [])
        if extras is None and (not kept or not self._worth_copying(record, kept)):
            return self._anew(record, hint)
        out = self._fresh(_new(hint))
        self._line(f"{out} = {base}.copy()")
        discarded = extras.discarded - set(names) if extras is not None else frozenset()
        for name in (*names, *sorted(discarded)):
            slot = record.slots.get(name)
            own = Has(record.base.at, name) if record.base is not None and name in names else None
            if name in kept or (slot is not None and slot.present in (ALWAYS, own)):
                continue  # it stays, or is written over wherever it is there
            if dict(record.source).get(name):
                self._line(f"del {out}[{literal(name)}]")
            else:
                self._line(f"{out}.pop({literal(name)}, None)")
        return self._set(record, out, kept)

    def _worth_copying(self, record: Record, kept: Sequence[str]) -> bool:
        """A copy saves asking for each optional field; required ones can be named as well."""
        required = dict(record.source)
        if any(not required[name] for name in kept):
            return True
        return len(kept) * 2 > len(record.source)

    def _rest(self, record: Record, base: str, hint: str) -> str:
        extras = expect(Extras, record.extras)
        out = self._fresh(_new(hint))
        var = self._loop(extras.var)
        key = self._fresh("key")
        if record.base is not None and self._module.crosses(extras.item):
            self._ways[extras.var] = [*self._steps(self._source(record.base.at)), key]
        left_out = sorted({name for name, _ in record.source} | extras.discarded)
        test = f" if {key} not in {{{', '.join(map(literal, left_out))}}}" if left_out else ""
        trial = self._apart()
        item = trial.value(extras.item, f"new_{var}")
        if not trial.lines:
            self._line(f"{out} = {{{key}: {item} for {key}, {var} in {base}.items(){test}}}")
            return out
        self._line(f"{out} = {{}}")
        with self._block(f"for {key}, {var} in {base}.items():"):
            if test:
                self._line(f"{test.strip()}:")
                self._depth += 1
            item = self.value(extras.item, f"new_{var}")
            self._line(f"{out}[{key}] = {item}")
            if test:
                self._depth -= 1
        return out

    def _anew(self, record: Record, hint: str) -> str:
        always = {n: s.value for n, s in record.slots.items() if s.present == ALWAYS}
        pairs = [f"{literal(n)}: {self.value(v, n)}" for n, v in sorted(always.items())]
        text = "{" + ", ".join(pairs) + "}"
        if len(always) == len(record.slots):
            return text
        out = self._fresh(_new(hint))
        self._line(f"{out} = {text}")
        return self._set(record, out, list(always))

    def _set(self, record: Record, out: str, done: Sequence[str]) -> str:
        for name, slot in sorted(record.slots.items()):
            if name in done:
                continue
            if slot.present == ALWAYS:
                self._line(f"{out}[{literal(name)}] = {self.value(slot.value, _word(name))}")
            else:
                with self._block(f"if {self._if(slot.present)}:"):
                    self._line(f"{out}[{literal(name)}] = {self.value(slot.value, _word(name))}")
        return out


_RESERVED = frozenset(
    (*keyword.kwlist, "isinstance", "int", "float", "str", "bool", "list", "dict")
)


def _is_scalar(symbol: Symbol) -> bool:
    return isinstance(symbol, Const) and not isinstance(symbol.value, Composite)


def literal(value: JsonLiteral) -> str:
    """The literal in Python, strings in double quotes where that is plain."""
    if isinstance(value, Composite):
        return _spelt(fresh(value))
    text = repr(value)
    if isinstance(value, str) and '"' not in value and "'" not in value:
        return f'"{text[1:-1]}"'
    return text


def _spelt(data: Data) -> str:
    if isinstance(data, list):
        return f"[{', '.join(map(_spelt, data))}]"
    if isinstance(data, dict):
        return f"{{{', '.join(f'{literal(k)}: {_spelt(v)}' for k, v in data.items())}}}"
    return literal(data)


def _word(name: str) -> str:
    """A name as a variable: `order_line` of `OrderLine`."""
    text = "".join(
        f"_{c.lower()}" if c.isupper() and i and not name[i - 1].isupper() else c.lower()
        for i, c in enumerate(name)
    )
    text = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in text)
    text = "_".join(part for part in text.split("_") if part) or "part"
    text = text if not text[0].isdigit() else f"n{text}"
    return f"{text}_" if text in _RESERVED else text


def _new(hint: str) -> str:
    return hint if hint.startswith("new_") else f"new_{hint}"


def _hint_of(access: Access) -> str:
    match access:
        case Var(name=name) | Key(name=name):
            return _word(name)
        case _:
            return "item"


def _is_one_of(at: str, values: Sequence[JsonScalar]) -> str:
    """A test that keeps `1` and `true` apart."""
    if len(values) == 1:
        value = values[0]
        if isinstance(value, str):
            return f"{at} == {literal(value)}"
        if value is None or isinstance(value, bool):
            return f"{at} is {literal(value)}"
        return f"({at} == {literal(value)} and not isinstance({at}, bool))"
    if all(isinstance(value, str) for value in values):
        return f"{at} in ({', '.join(map(literal, values))})"
    return f"({' or '.join(_is_one_of(at, (value,)) for value in values)})"


def _tests(at: str, changes: Sequence[tuple[JsonScalar, JsonScalar]]) -> str:
    """A condition that gives what the pairs say, and what is there for everything else."""
    lefts: dict[str, list[JsonScalar]] = {}
    for left, right in changes:
        lefts.setdefault(literal(right), []).append(left)
    return _chain([(_is_one_of(at, values), right) for right, values in lefts.items()], at)


def _chain(tests: Sequence[tuple[str, str]], otherwise: str) -> str:
    text = " else ".join(f"{value} if {test}" for test, value in tests)
    return f"({text} else {otherwise})" if text else otherwise
