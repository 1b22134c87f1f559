"""`compute`: expressions over the fields of one object, typed. All of them are total."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gatid_compiler.gtypes import model, normal
from gatid_compiler.gtypes.model import Bool, GType, Int, Null, Number, Object, Schema, String
from gatid_compiler.gtypes.subtype import compare
from gatid_compiler.timescape import codes
from gatid_compiler.timescape.lenses.agreement import agree, constant, example, same_presence
from gatid_compiler.timescape.lenses.fields import LEFT_OUT
from gatid_compiler.timescape.lenses.formulas import Formula
from gatid_compiler.timescape.lenses.misuse import MisuseError, fields_of, shown, with_type
from gatid_compiler.timescape.lenses.model import Coalesce, Compute, Expr, Lit, Op, Reference
from gatid_compiler.timescape.lenses.texts import textual
from gatid_compiler.timescape.reshape import resolved
from gatid_dsl import syntax
from gatid_dsl.suggest import nearest

if TYPE_CHECKING:
    from gatid_compiler.gtypes.model import Definitions
    from gatid_compiler.timescape.lenses.fields import Place, Undone


@dataclass(frozen=True, slots=True)
class _Typed:
    """An expression, its type, and whether it may be absent or too large for a number."""

    expr: Expr
    type: GType
    absent: bool = False
    large: bool = False


def compute(op: syntax.Compute, place: Place) -> Undone:
    """`compute b: T = expr`: there was no `b`."""
    name = op.target.parts[-1]
    now = place.present(name, op.target.span)
    same_presence(now.required, False, op.target.span, name)
    written = place.read(op.type)
    if not agree(written, now.type, place.defs):
        raise MisuseError(
            codes.TYPE_DISAGREES.at(
                op.type.span,
                f"`{name}` is {shown(now.type)} after this operation, not {shown(written)}",
                help=with_type(op, op.type.span, now.type),
            )
        )
    before = place.swap([name], [], op.span)
    value = _Reader(before, place.defs).read(op.value)
    forward = _doubt(value, now.type, op.value, place)
    back, backward = None, None
    if op.back is not None:
        path, expr = op.back
        target = path.parts[-1]
        if len(path.parts) > 1 or target == name or before.field(target) is None:
            raise MisuseError(
                codes.COMPUTE.at(
                    path.span,
                    f"`{path}` does not stand beside `{name}` before and after this operation",
                    help=fields_of(before, path.parts[0]),
                )
            )
        field = place.present(target, path.span)
        given = _Reader(place.obj, place.defs).read(expr)
        backward = _doubt(given, field.type, expr, place)
        back = (target, given.expr)
    else:
        place.wishes.loses(op.span, name, LEFT_OUT, forward=False)
    doubts = place.doubtful(op.span, forward=forward, backward=backward)
    return before, Compute(name, value.expr, back, doubts)


def _doubt(value: _Typed, wanted: GType, node: syntax.Expr, place: Place) -> str | None:
    """Why nothing proves that the value is of the type; a misuse where it never is."""
    if value.absent:
        raise _wrong(
            node,
            "this may be absent",
            f"say what stands for it: `coalesce({node.span.text}, "
            f"{example(wanted, place.defs)})` takes the first that is there",
        )
    if _kinds(value.type, place.defs) - _kinds(wanted, place.defs):
        raise _wrong(
            node, f"this is {shown(value.type)}, not {shown(wanted)}", "compute a value of the type"
        )
    verdict = compare(Schema(value.type, place.defs), Schema(wanted, place.defs))
    if verdict.kind != "proved":
        return f"not every result is {shown(wanted)}"
    return "a result may be too large for a number" if value.large else None


def _wrong(node: syntax.Expr, message: str, help: str) -> MisuseError:
    return MisuseError(codes.COMPUTE.at(node.span, message, help=help))


def _kinds(t: GType, defs: Definitions) -> frozenset[str]:
    """The kinds of scalar that the type holds; `other` for anything else."""
    match resolved(t, defs):
        case Null():
            return frozenset(("null",))
        case Bool() | model.Literal(value=bool()):
            return frozenset(("bool",))
        case Int() | model.Literal(value=int()):
            return frozenset(("int",))
        case Number():
            return frozenset(("int", "number"))
        case model.Union(branches=branches):
            return frozenset().union(*(_kinds(branch, defs) for branch in branches))
        case other:
            return frozenset(("string",)) if textual(other, defs) else frozenset(("other",))


class _Reader:
    """Reads expressions over one object."""

    def __init__(self, obj: Object, defs: Definitions) -> None:
        self._obj = obj
        self._defs = defs

    def read(self, node: syntax.Expr) -> _Typed:
        match node:
            case syntax.FieldRef():
                found = self._field(node)
                if "other" in _kinds(found.type, self._defs):
                    raise _wrong(
                        node,
                        f"`{node.path}` is {shown(found.type)}, which expressions do not compute",
                        "use strings, numbers and `bool`s; `len` counts the items of an array",
                    )
                return found
            case syntax.Apply():
                return self._apply(node)
            case syntax.Binary():
                return self._binary(node)
            case syntax.IfElse():
                return self._choice(node)
            case _:
                value = constant(node)
                return _Typed(Lit(value), _type_of(value))

    def _there(self, node: syntax.Expr) -> _Typed:
        found = self.read(node)
        if found.absent or "null" in _kinds(found.type, self._defs):
            what = "absent" if found.absent else "null"
            raise _wrong(
                node,
                f"`{node.span.text}` may be {what}",
                f"say what stands for it: `coalesce({node.span.text}, …)`",
            )
        return found

    def _field(self, node: syntax.FieldRef) -> _Typed:
        t: GType = self._obj
        absent = False
        for part in node.path.parts:
            obj = resolved(t, self._defs)
            if not isinstance(obj, Object):
                raise _wrong(
                    node, f"{shown(t)} has no field `{part}`", "paths lead through objects"
                )
            field = obj.field(part)
            if field is None:
                raise _wrong(node, f"there is no field `{part}` here", fields_of(obj, part))
            t, absent = field.type, absent or not field.required
        return _Typed(Reference(node.path.parts), t, absent)

    def _binary(self, node: syntax.Binary) -> _Typed:
        left, right = self._there(node.left), self._there(node.right)
        a, b = _kinds(left.type, self._defs), _kinds(right.type, self._defs)
        args = (left.expr, right.expr)
        if node.operator == "+" and a == b == {"string"}:
            return _Typed(Op(Formula("({0} + {1})"), args), String())
        if not a <= {"int", "number"} or not b <= {"int", "number"}:
            raise _wrong(
                node,
                f"`{node.operator}` between {shown(left.type)} and {shown(right.type)}",
                "numbers are computed with numbers; `+` joins strings as well",
            )
        large = left.large or right.large
        if node.operator == "/":
            self._not_zero(node, right.type)
            return _Typed(Op(Formula("over({0}, {1})", ("over",)), args), Number(), large=True)
        if a | b == {"int"}:
            return _Typed(Op(Formula(f"({{0}} {node.operator} {{1}})"), args), Int(), large=large)
        called = {"+": "plus", "-": "minus", "*": "times"}[node.operator]
        return _Typed(Op(Formula(f"{called}({{0}}, {{1}})", (called,)), args), Number(), large=True)

    def _not_zero(self, node: syntax.Binary, divisor: GType) -> None:
        zero = model.Literal(0)
        if compare(Schema(zero, {}), Schema(divisor, self._defs)).kind != "refuted":
            raise _wrong(
                node.right,
                f"`{node.right.span.text}` is {shown(divisor)}: it may be zero",
                "divide by what is never zero, such as an `int(1..)`",
            )

    def _choice(self, node: syntax.IfElse) -> _Typed:
        condition = self._there(node.condition)
        if _kinds(condition.type, self._defs) != {"bool"}:
            raise _wrong(
                node.condition, f"this is {shown(condition.type)}, no `bool`", "ask for a `bool`"
            )
        then, otherwise = self.read(node.then), self.read(node.otherwise)
        for side, found in ((node.then, then), (node.otherwise, otherwise)):
            if found.absent:
                raise _wrong(side, "this may be absent", "`coalesce(…, …)` says what stands for it")
        return _Typed(
            Op(Formula("({0} if {1} else {2})"), (then.expr, condition.expr, otherwise.expr)),
            normal.union(then.type, otherwise.type),
            large=then.large or otherwise.large,
        )

    def _apply(self, node: syntax.Apply) -> _Typed:
        name, args = node.name.text, node.args
        if name == "coalesce" and len(args) > 1:
            return self._coalesce(node)
        if name in ("len", "lower", "upper") and len(args) == 1:
            if name == "len" and isinstance(args[0], syntax.FieldRef):
                found = self._field(args[0])
                array = resolved(found.type, self._defs)
                if isinstance(array, model.Array) and not found.absent:
                    counted = Int(array.low, array.high)
                    return _Typed(Op(Formula("len({0})"), (found.expr,)), counted)
            text = self._there(args[0])
            if _kinds(text.type, self._defs) != {"string"}:
                kinds = "a string or an array" if name == "len" else "a string"
                raise _wrong(args[0], f"`{name}` of {shown(text.type)}", f"it takes {kinds}")
            if name == "len":
                return _Typed(Op(Formula("len({0})"), (text.expr,)), Int(0))
            return _Typed(Op(Formula(f"{{0}}.{name}()"), (text.expr,)), String())
        known = ("len", "lower", "upper", "coalesce")
        close = nearest(name, known)
        help = "there are `len(x)`, `lower(x)`, `upper(x)` and `coalesce(x, y)`"
        if name not in known and close:
            help = f"did you mean `{close}`?"
        raise _wrong(node, f"there is no function `{name}` of {len(args)} values", help)

    def _coalesce(self, node: syntax.Apply) -> _Typed:
        parts = [self.read(arg) for arg in node.args]
        types = [_without_null(part.type, self._defs) for part in parts[:-1]]
        for part, arg in zip(parts[:-1], node.args, strict=False):
            if not part.absent and "null" not in _kinds(part.type, self._defs):
                raise _wrong(arg, "this is always there", "leave what comes after it away")
        nulls = tuple("null" in _kinds(part.type, self._defs) for part in parts)
        return _Typed(
            Coalesce(tuple(part.expr for part in parts), nulls),
            normal.union(*types, parts[-1].type),
            absent=parts[-1].absent,
            large=any(part.large for part in parts),
        )


def _without_null(t: GType, defs: Definitions) -> GType:
    outer = resolved(t, defs)
    if isinstance(outer, model.Union):
        return normal.union(*(b for b in outer.branches if not isinstance(resolved(b, defs), Null)))
    return outer


def _type_of(value: Any) -> GType:
    match value:
        case None:
            return Null()
        case float():
            return Number(value, value)
        case _:
            return model.Literal(value)
