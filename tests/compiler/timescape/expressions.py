"""Expressions of `compute`, evaluated as they are read."""

from __future__ import annotations

from typing import Any

from gatid_dsl import syntax


def evaluated(node: syntax.Expr, obj: dict[str, Any]) -> Any:
    """The value of the expression; None where a field is absent."""
    match node:
        case syntax.FieldRef(path=path):
            value: Any = obj
            for part in path.parts:
                value = None if value is None else value.get(part)
            return value
        case syntax.Binary(operator=operator, left=left, right=right):
            a, b = evaluated(left, obj), evaluated(right, obj)
            return {"+": a.__add__, "-": a.__sub__, "*": a.__mul__}[operator](b)
        case syntax.IfElse():
            chosen = node.then if evaluated(node.condition, obj) else node.otherwise
            return evaluated(chosen, obj)
        case syntax.Apply(name=name, args=args):
            values = [evaluated(arg, obj) for arg in args]
            match name.text:
                case "len":
                    return len(values[0])
                case "coalesce":
                    return next((v for v in values if v is not None), None)
                case how:
                    return getattr(values[0], how)()
        case syntax.Null():
            return None
        case _:
            return node.value
