"""Operations between one string and several, read backwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_compiler.gtypes.model import Bytes, Field, Format, GType, Literal, Schema, String, Union
from gatid_compiler.gtypes.subtype import compare
from gatid_compiler.timescape import codes
from gatid_compiler.timescape.lenses.agreement import agree
from gatid_compiler.timescape.lenses.misuse import MisuseError, shown, with_type
from gatid_compiler.timescape.lenses.model import Join, Split
from gatid_compiler.timescape.reshape import resolved

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatid_compiler.gtypes.model import Definitions
    from gatid_compiler.timescape.lenses.fields import Place, Undone
    from gatid_dsl import syntax


def split(op: syntax.Split, place: Place) -> Undone:
    """`split a: T by " " -> b, c`: there was one text."""
    source = op.source.parts[-1]
    parts = _parts(op.targets, place, op)
    was = place.read(op.type)
    if not textual(was, place.defs):
        raise _no_text(op.type, f"`{source}` was {shown(was)}")
    separator = _separator(op.separator)
    free = String(patterns=(f"[^{_escaped(separator[0])}]*",))
    for path, part in zip(op.targets[:-1], parts[:-1], strict=True):
        if not fits(part.type, free, place.defs):
            raise MisuseError(
                codes.SPLIT_SEPARATOR.at(
                    path.span,
                    f"`{part.name}` is {shown(part.type)} after this operation: "
                    f"{op.separator.span.text} may stand in it",
                    help=f"give it a pattern without it: `string({_pattern(separator)})`",
                )
            )
    whole = any(not fits(free, part.type, place.defs) for part in parts[:-1])
    last = parts[-1]
    reasons = [part.name for part in parts[:-1] if not fits(free, part.type, place.defs)]
    if not fits(String(), last.type, place.defs):
        reasons.append(last.name)
    forward = f"not every part fits `{reasons[0]}`" if whole or reasons else None
    joined = String(low=len(separator) * (len(parts) - 1))
    backward = (
        None
        if fits(joined, was, place.defs)
        else f"not every text that the parts make is {shown(was)}"
    )
    if not fits(was, _having(separator, len(parts) - 1), place.defs):
        place.wishes.loses(op.span, source, "whether it had all its parts", forward=True)
    doubts = place.doubtful(op.span, forward=forward, backward=backward)
    names = tuple(part.name for part in parts)
    before = place.swap(names, [Field(source, was, required=parts[0].required)], op.source.span)
    return before, Split(source, names, separator, doubts)


def join(op: syntax.Join, place: Place) -> Undone:
    """`join b, c by " " -> a: T`: there were several texts."""
    target = op.target.parts[-1]
    now = place.present(target, op.target.span)
    if op.type is not None:
        written = place.read(op.type)
        if not agree(written, now.type, place.defs):
            raise MisuseError(
                codes.TYPE_DISAGREES.at(
                    op.type.span,
                    f"`{target}` is {shown(now.type)} after this operation, not {shown(written)}",
                    help=with_type(op, op.type.span, now.type),
                )
            )
    if not textual(now.type, place.defs):
        raise _no_text(op.target, f"`{target}` is {shown(now.type)} after this operation")
    names = [path.parts[-1] for path in op.sources]
    _once(names, op)
    separator = _separator(op.separator)
    joined = String(low=len(separator) * (len(names) - 1))
    forward = (
        None
        if fits(joined, now.type, place.defs)
        else f"not every text that the parts make is {shown(now.type)}"
    )
    place.wishes.loses(op.span, target, "where the parts met", forward=True)
    doubts = place.doubtful(op.span, forward=forward, backward=None)
    before = place.swap(
        [target], [Field(name, String(), required=now.required) for name in names], op.span
    )
    return before, Join(tuple(names), target, separator, doubts)


def fits(a: GType, b: GType, defs: Definitions) -> bool:
    """Whether every value of `a` is proved to be one of `b`."""
    return compare(Schema(a, defs), Schema(b, defs)).kind == "proved"


def _parts(paths: Sequence[syntax.FieldPath], place: Place, op: syntax.Split) -> list[Field]:
    _once([path.parts[-1] for path in paths], op)
    parts = [place.present(path.parts[-1], path.span) for path in paths]
    for path, part in zip(paths, parts, strict=True):
        if not textual(part.type, place.defs):
            raise _no_text(path, f"`{part.name}` is {shown(part.type)} after this operation")
        if part.required != parts[0].required:
            raise MisuseError(
                codes.TEXTS.at(
                    path.span,
                    f"`{part.name}` and `{parts[0].name}` are not both required",
                    help="all parts of a text are there, or none: `require` or `relax` one of them",
                )
            )
    return parts


def _once(names: Sequence[str], op: syntax.Split | syntax.Join) -> None:
    if len(set(names)) != len(names):
        raise MisuseError(
            codes.TEXTS.at(op.span, "a field is named twice", help="name each field once")
        )


def _separator(node: syntax.Text) -> str:
    if not node.value:
        raise MisuseError(
            codes.TEXTS.at(node.span, "the separator is empty", help='write one, such as `" "`')
        )
    return node.value


def _no_text(where: syntax.FieldPath | syntax.TypeExpr, message: str) -> MisuseError:
    return MisuseError(
        codes.TEXTS.at(
            where.span,
            f"{message}, which is no string",
            help="`split` and `join` are for strings; `convert` makes one of a number",
        )
    )


def textual(t: GType, defs: Definitions) -> bool:
    """Whether all values of the type are strings."""
    match resolved(t, defs):
        case String() | Format() | Bytes() | Literal(value=str()):
            return True
        case Union(branches=branches):
            return all(textual(branch, defs) for branch in branches)
        case _:
            return False


def _escaped(char: str) -> str:
    return f"\\{char}" if char in "\\^]-/[&~|" else char


def _having(separator: str, times: int) -> String:
    """The texts in which the separator stands so often, or more often."""
    any_text = r"[\s\S]*"
    return String(patterns=(any_text + (_literally(separator) + any_text) * times,))


def _literally(text: str) -> str:
    return "".join(f"[{_escaped(char)}]" if char != "^" else r"\^" for char in text)


def _pattern(separator: str) -> str:
    return f"pattern '[^{_escaped(separator[0])}]*'"
