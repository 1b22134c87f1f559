"""Types as the plain data of Python that handlers see: what an editor completes, mypy checks.

A `Uuid`, a `Date` or a `Decimal` is a `str` there, and what narrows a text or a number is left
to gatid, which has judged it before a handler runs.
"""

from __future__ import annotations

import builtins
import keyword
import re
from typing import TYPE_CHECKING

from gatid_compiler.gtypes.model import (
    Any,
    Array,
    Bool,
    Bytes,
    Field,
    Format,
    GType,
    Int,
    Intersection,
    Literal,
    Never,
    Null,
    Number,
    Object,
    Ref,
    String,
    Tuple,
    Union,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

_TYPING = ("Any", "Literal", "Never", "NotRequired", "Protocol", "TypeAlias", "TypedDict")
_OURS = ("GlobalContext", "LocalContext", "Request", "Response", "Mapping", "Modules", "Context")
TAKEN = frozenset((*_TYPING, *_OURS, *vars(builtins), *keyword.kwlist))
"""Names that no type of a project is given."""

_HIDING = frozenset((*_TYPING, *_OURS, *keyword.kwlist)) | {
    "bool", "bytes", "dict", "float", "int", "list", "str",
}  # fmt: skip
"""Fields that a class body cannot have: annotations after them would mean something else."""


class PythonTypes:
    """The types of one written module, each under a name of its own.

    `names` are those that have one in the plan. `blocks` fills with declarations as they are
    needed, `used` with the names of `typing` in them.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.blocks: list[str] = []
        self.used: set[str] = set()
        self._free: set[str] = set()
        self._names = {name: self.fresh(name) for name in names}
        self._inline: dict[tuple[Object, str, bool], str] = {}
        self._text = "str"

    def beside(self, names: Iterable[str]) -> PythonTypes:
        """Types of other names, in the same module, of values that did not come as JSON: what is
        no text there, such as a `UUID`, may be anything.
        """
        other = PythonTypes(())
        other.blocks, other.used, other._free = self.blocks, self.used, self._free
        other._names = {name: self.fresh(name) for name in names}
        other._text = self.use("Any")
        return other

    def use(self, name: str) -> str:
        """A name of `typing`, which is then imported."""
        self.used.add(name)
        return name

    def fresh(self, wanted: str) -> str:
        """A name that nothing else in the module has."""
        # `Page<Order>` is a `PageOrder`.
        plain = camel(wanted) if "<" in wanted else wanted
        plain = re.sub(r"\W+", "_", plain, flags=re.ASCII).strip("_") or "Type"
        plain = f"Type_{plain}" if plain[0].isdigit() else plain
        made, count = plain, 1
        while made in TAKEN or made in self._free:
            count += 1
            made = f"{plain}_{count}"
        self._free.add(made)
        return made

    def declare(self, name: str, t: GType, *, filled: bool, doc: str = "") -> None:
        """Writes a named type; `filled`: fields with a default are there."""
        self._define(self._names[name], t, filled=filled, doc=doc)

    def text(self, t: GType, path: str, *, filled: bool) -> str:
        """The annotation of a type; inline objects get the name `path`."""
        match t:
            case Any() | Never():
                return self.use(type(t).__name__)
            case Null():
                return "None"
            case Bool():
                return "bool"
            case Int():
                return "int"
            case Number():
                return "float"
            case String():
                return "str"
            case Format():
                return self._text
            case Bytes():
                return "bytes"
            case Literal(value):
                return f"{self.use('Literal')}[{_quoted(value)}]"
            case Ref(name):
                return self._names[name]
            case Object():
                return self._object(t, path, filled=filled)
            case Array(item):
                return f"list[{self.text(item, f'{path}Item', filled=filled)}]"
            case Tuple():
                return self._tuple(t, path, filled=filled)
            case Union(branches):
                return self._union(branches, path, filled=filled)
            case Intersection():
                return self.use("Any")

    def _object(self, t: Object, path: str, *, filled: bool) -> str:
        if not t.fields and t.rest is not None:
            return f"dict[str, {self.text(t.rest, f'{path}Value', filled=filled)}]"
        key = t, path, filled
        if key not in self._inline:
            self._inline[key] = name = self.fresh(path)
            self._define(name, t, filled=filled)
        return self._inline[key]

    def _tuple(self, t: Tuple, path: str, *, filled: bool) -> str:
        """JSON knows arrays only, so a tuple comes as a list."""
        parts = [*t.items, *([] if t.rest is None else [t.rest.item])]
        texts = [self.text(x, f"{path}{i}", filled=filled) for i, x in enumerate(parts, 1)]
        return f"list[{' | '.join(dict.fromkeys(texts)) or self.use('Never')}]"

    def _union(self, branches: tuple[GType, ...], path: str, *, filled: bool) -> str:
        literals = [_quoted(b.value) for b in branches if isinstance(b, Literal)]
        others = [b for b in branches if not isinstance(b, Literal)]
        texts = [f"{self.use('Literal')}[{', '.join(literals)}]"] if literals else []
        texts += [self.text(b, _branch(path, b, i), filled=filled) for i, b in enumerate(others, 1)]
        return " | ".join(dict.fromkeys(texts))

    def alias(self, name: str, text: str, doc: str = "") -> None:
        """Writes another name for a type; as text, for it may come later, or be of itself."""
        self.use("TypeAlias")
        self.blocks.append(f"{name}: TypeAlias = {_quoted(text)}\n{docstring(doc, '')}")

    def _define(self, name: str, t: GType, *, filled: bool, doc: str = "") -> None:
        if not isinstance(t, Object) or (not t.fields and t.rest is not None):
            self.alias(name, self.text(t, name, filled=filled), doc)
            return
        lines = [(f, self._field(f, f"{name}{camel(f.name)}", filled=filled)) for f in t.fields]
        self.use("TypedDict")
        if all(_is_plain(f.name) and f.name not in self._free for f, _ in lines):
            body = "".join(f"    {f.name}: {text}\n{docstring(f.doc, '    ')}" for f, text in lines)
            about = f"{docstring(doc, '    ')}\n" if doc and body else docstring(doc, "    ")
            self.blocks.append(f"class {name}(TypedDict):\n{about}{body}{_pass(about + body)}")
        else:
            fields = "".join(f"        {_quoted(f.name)}: {_quoted(text)},\n" for f, text in lines)
            inside = f'    "{name}",\n    {{\n{fields}    }},\n'
            self.blocks.append(f"{name} = TypedDict(\n{inside})\n{docstring(doc, '')}")

    def _field(self, f: Field, path: str, *, filled: bool) -> str:
        text = self.text(f.type, path, filled=filled)
        there = f.required or (filled and f.default is not None)
        return text if there else f"{self.use('NotRequired')}[{text}]"


def camel(name: str) -> str:
    """`create_order` as `CreateOrder`."""
    words = re.split(r"[^A-Za-z0-9]+", name)
    return "".join(word[:1].upper() + word[1:] for word in words)


def _branch(path: str, branch: GType, place: int) -> str:
    """A name for one branch of a union: by what tells it apart, else by its place."""
    if isinstance(branch, Object):
        tags = [f.type.value for f in branch.fields if isinstance(f.type, Literal) and f.required]
        if len(tags) == 1 and isinstance(tags[0], str) and camel(tags[0]):
            return f"{path}{camel(tags[0])}"
    return f"{path}{place}" if isinstance(branch, Object) else path


def _is_plain(name: str) -> bool:
    plain = re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) is not None
    return plain and name not in _HIDING


def _pass(body: str) -> str:
    return "" if body else "    pass\n"


def _quoted(value: object) -> str:
    if isinstance(value, str):
        text = repr(value)
        return f'"{text[1:-1]}"' if text[0] == "'" and '"' not in text else text
    return repr(value)


def docstring(doc: str, indent: str) -> str:
    """Documentation as the lines of a docstring; nothing where there is none."""
    if not doc:
        return ""
    first, *more = doc.replace("\\", "\\\\").replace('"""', '\\"""').splitlines()
    if not more:
        end = " " if first.endswith('"') else ""
        return f'{indent}"""{first}{end}"""\n'
    inner = "\n".join(f"{indent}{line}".rstrip() for line in more)
    return f'{indent}"""{first}\n{inner}\n{indent}"""\n'
