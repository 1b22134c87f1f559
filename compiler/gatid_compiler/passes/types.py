"""Type expressions to GTypes: names resolved, generics written out, intersections merged."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gatid_compiler.gtypes import model, normal, text
from gatid_compiler.gtypes.literals import frozen
from gatid_compiler.passes import builtin_types, constraints, given
from gatid_compiler.passes.type_checks import Suspicion, cyclic, judge
from gatid_compiler.rules import types as rules
from gatid_dsl import syntax
from gatid_dsl.diagnostic import Diagnostic, Label
from gatid_dsl.suggest import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gatid_compiler.passes.report import Report
    from gatid_dsl.source import Span

NESTING = 40
"""How many written-out generics may stand inside one another."""


class TypeReader:
    """Reads type expressions against the declared types, and reports what is wrong in them.

    What cannot be read becomes `any`, so that one fault is not reported as several.
    """

    def __init__(self, types: Mapping[str, syntax.TypeDef], report: Report) -> None:
        self._types = types
        self._report = report
        self._endless: set[str] = set()
        self._suspicions: list[Suspicion] = []
        self._new: dict[str, syntax.TypeDef | None] = {}
        self._depth = 0
        self._waiting: list[str] = []
        self._unmerged = False
        self._instances: dict[str, Mapping[str, model.GType]] = {}

    @property
    def declared(self) -> Mapping[str, syntax.TypeDef]:
        """The declared types by name, generic ones and unused ones too."""
        return self._types

    def read_in(
        self, instance: str, expr: syntax.TypeExpr, defs: dict[str, model.GType]
    ) -> model.GType:
        """As `read`, inside a generic type that is written out: its parameters are known."""
        root = self._read(expr, defs, self._instances.get(instance, {}))
        return self._settled(root, defs)

    def read(self, expr: syntax.TypeExpr, defs: dict[str, model.GType]) -> model.GType:
        """The type that `expr` writes. What it names is added to `defs` where it is missing."""
        root = self._read(expr, defs, {})
        return self._settled(root, defs)

    def read_all(self, defs: dict[str, model.GType]) -> None:
        """All declared types, used or not; generic ones are looked over by their parameters."""
        for name, node in self._types.items():
            if node.params:
                self._look_over(node, defs)
            else:
                self._named(name, node, defs)
        self._settled(model.Any(), defs)

    def _settled(self, root: model.GType, defs: dict[str, model.GType]) -> model.GType:
        """What was read raw, merged and judged: an intersection needs all definitions first."""
        while self._waiting:
            name = self._waiting.pop(0)
            defs[name] = self._read(self._types[name].type, defs, {})
        new, self._new = self._new, {}
        suspicions, self._suspicions = self._suspicions, []
        if not new and not suspicions:
            return root
        for name in cyclic(new, defs, self._report):
            defs[name] = model.Any()
        if self._unmerged:
            self._unmerged = False
            for name in new:
                defs[name] = _merged(defs[name], defs)
            root = _merged(root, defs)
        judge(new, suspicions, defs, self._report)
        return root

    def _read(
        self,
        expr: syntax.TypeExpr,
        defs: dict[str, model.GType],
        env: Mapping[str, model.GType],
    ) -> model.GType:
        match expr:
            case syntax.TypeName():
                return self._name(expr, defs, env)
            case syntax.TypeLiteral():
                return self._literal(expr)
            case syntax.TypeObject():
                return self._object(expr, defs, env)
            case syntax.TypeArray():
                return self._array(expr, defs, env)
            case syntax.TypeTuple():
                return model.Tuple(tuple(self._read(item, defs, env) for item in expr.items))
            case syntax.TypeUnion():
                return normal.union(*(self._read(b, defs, env) for b in expr.branches))
            case syntax.TypeIntersection():
                parts = tuple(self._read(part, defs, env) for part in expr.parts)
                both = model.Intersection(parts)
                self._unmerged = True
                self._suspicions.append(Suspicion(expr.span, both))
                return both

    def _name(
        self,
        expr: syntax.TypeName,
        defs: dict[str, model.GType],
        env: Mapping[str, model.GType],
    ) -> model.GType:
        name = expr.name.text
        args = tuple(self._read(arg, defs, env) for arg in expr.args)
        if name in constraints.KNOWN and name not in env:
            self._takes(expr, 0)
            leaf = constraints.constrained(expr, self._report)
            if len(expr.constraints) > 1:
                self._suspicions.append(Suspicion(expr.span, leaf))
            return leaf
        if expr.constraints:
            self._unconstrained(expr)
        builtin = (
            env.get(name) or builtin_types.PRIMITIVES.get(name) or builtin_types.SCALARS.get(name)
        )
        if builtin is not None:
            self._takes(expr, 0)
            return builtin
        if name in builtin_types.NAMED:
            self._takes(expr, 0)
            defs.setdefault(name, builtin_types.NAMED[name])
            return model.Ref(name)
        node = self._types.get(name)
        if node is None:
            # A type of an older release, or a generic one written out, may stand only there.
            if name in defs:
                return model.Ref(name)
            return self._unknown(expr, env)
        if not self._takes(expr, len(node.params)):
            return model.Any()
        if node.params:
            return self._written_out(expr, node, args, defs)
        return self._named(name, node, defs)

    def _named(self, name: str, node: syntax.TypeDef, defs: dict[str, model.GType]) -> model.GType:
        if name not in defs:
            defs[name] = model.Any()
            self._new[name] = node
            # Read later, not here: types name one another in chains of any length.
            self._waiting.append(name)
        return model.Ref(name)

    def _written_out(
        self,
        expr: syntax.TypeName,
        node: syntax.TypeDef,
        args: Sequence[model.GType],
        defs: dict[str, model.GType],
    ) -> model.GType:
        if node.name.text in self._endless:
            return model.Any()
        if self._depth >= NESTING:
            self._endless.add(node.name.text)
            self._report.add(
                rules.ENDLESS_TYPE.at(
                    expr.span,
                    f"`{expr.span.text}` never ends: each `{node.name.text}` needs a larger one",
                    help="let the recursion come back to the arguments that it began with",
                )
            )
            return model.Any()
        key = f"{node.name.text}<{', '.join(text.show(arg) for arg in args)}>"
        if key not in defs:
            defs[key] = model.Any()
            self._new[key] = node
            env = {param.text: arg for param, arg in zip(node.params, args, strict=True)}
            self._instances[key] = env
            self._depth += 1
            defs[key] = self._read(node.type, defs, env)
            self._depth -= 1
        return model.Ref(key)

    def _look_over(self, node: syntax.TypeDef, defs: dict[str, model.GType]) -> None:
        """A generic type that nobody uses is still looked at, with `any` for its parameters."""
        new, suspicions, depth = dict(self._new), list(self._suspicions), self._depth
        scratch = dict(defs)
        self._read(node.type, scratch, {param.text: model.Any() for param in node.params})
        self._new, self._suspicions, self._depth = new, suspicions, depth

    def _takes(self, expr: syntax.TypeName, count: int) -> bool:
        given = len(expr.args)
        if given == count:
            return True
        name = expr.name.text
        if count == 0:
            message, help = f"`{name}` takes no type arguments", f"write `{name}`"
        else:
            node = self._types[name]
            params = ", ".join(param.text for param in node.params)
            plural = "argument" if count == 1 else "arguments"
            message = f"`{name}` takes {count} type {plural}, {given or 'none'} given"
            help = f"write `{name}<{params}>`, with types for {params}"
        self._report.add(rules.TYPE_ARGUMENTS.at(expr.span, message, help=help))
        return False

    def _unconstrained(self, expr: syntax.TypeName) -> None:
        name = expr.name.text
        takers = ", ".join(f"`{taker}`" for taker in constraints.KNOWN)
        self._report.add(
            rules.MISPLACED_CONSTRAINT.at(
                expr.constraints[0].span,
                f"`{name}` takes no constraints",
                help=f"constraints are for {takers}; a declared type has its own where it is "
                "declared",
            )
        )

    def _unknown(self, expr: syntax.TypeName, env: Mapping[str, model.GType]) -> model.GType:
        name = expr.name.text
        known = (*env, *self._types, *builtin_types.RESERVED)
        close = nearest(name, sorted(known))
        self._report.add(
            rules.UNKNOWN_TYPE.at(
                expr.name.span,
                f"there is no type `{name}`",
                help=f"did you mean `{close}`?" if close else f"declare it: `type {name} = …`",
                fix=close,
            )
        )
        return model.Any()

    def _literal(self, expr: syntax.TypeLiteral) -> model.GType:
        match expr.value:
            case syntax.Null():
                return model.Null()
            case syntax.Text(value=value) | syntax.Bool(value=value):
                return model.Literal(value)
            case syntax.Number(value=int(value)):
                return model.Literal(value)
            case syntax.Number(span=span):
                self._report.add(
                    rules.BAD_LITERAL.at(
                        span,
                        f"`{span.text}` cannot be a type: only whole numbers can",
                        help=f"write `number({span.text})`",
                        fix=f"number({span.text})",
                    )
                )
                return model.Any()

    def _object(
        self,
        expr: syntax.TypeObject,
        defs: dict[str, model.GType],
        env: Mapping[str, model.GType],
    ) -> model.GType:
        first: dict[str, Span] = {}
        fields = []
        for node in expr.fields:
            type_ = self._read(node.type, defs, env)
            if node.key in first:
                self._report.add(
                    duplicate_field(node.key, node.name.span, first[node.key]),
                )
                continue
            first[node.key] = node.name.span
            fields.append(
                model.Field(
                    node.key,
                    type_,
                    required=not node.optional,
                    default=self._default(node, type_),
                    secret=node.secret,
                    doc=node.doc,
                )
            )
        rest: model.GType | None = None
        if expr.rest is not None:
            rest = self._read(expr.rest.type, defs, env) if expr.rest.type else model.Any()
        return normal.object_(tuple(fields), rest)

    def _default(self, node: syntax.Field, type_: model.GType) -> model.Default | None:
        if node.default is None:
            return None
        if not node.optional:
            name, default = node.name.span.text, node.default.span.text
            self._report.add(
                rules.DEFAULT_ON_REQUIRED.at(
                    node.default.span,
                    f"`{node.key}` is required, so its default could never be used",
                    help=f"make it optional: `{name}?: {node.type.span.text} = {default}`",
                )
            )
            return None
        twice = given.named_twice(node.default)
        if twice is not None:
            self._report.add(twice)
        filled = model.Default(frozen(given.data(node.default)))
        self._suspicions.append(Suspicion(node.default.span, type_, filled))
        return filled

    def _array(
        self,
        expr: syntax.TypeArray,
        defs: dict[str, model.GType],
        env: Mapping[str, model.GType],
    ) -> model.GType:
        item = self._read(expr.item, defs, env)
        low, high = 0, None
        if expr.length is not None:
            low, high = constraints.lengths(expr.length, "a length of an array", self._report)
        array = model.Array(item, low, high, expr.unique)
        if low and expr.unique:
            self._suspicions.append(Suspicion(expr.span, array))
        return array


def duplicate_field(key: str, span: Span, first: Span) -> Diagnostic:
    """Two fields of one name in an object, with both places."""
    return rules.DUPLICATE_FIELD.at(
        span,
        f"the field `{key}` stands here twice",
        help="give one of them another name, or take it away",
        labels=(Label(first, "first here"),),
    )


def _flat(parts: Sequence[model.GType]) -> tuple[model.GType, ...]:
    """The parts, with those of what is merged itself."""
    flat: list[model.GType] = []
    for part in parts:
        flat.extend(part.parts or (part,) if isinstance(part, model.Object) else (part,))
    return tuple(flat)


def _merged(type_: model.GType, defs: Mapping[str, model.GType]) -> model.GType:
    """The type with its raw intersections merged, from the leaves up."""
    match type_:
        case model.Intersection(parts=parts):
            inner = [_merged(part, defs) for part in parts]
            whole = normal.intersection(*inner, defs=defs)
            return replace(whole, parts=_flat(inner)) if isinstance(whole, model.Object) else whole
        case model.Union(branches=branches):
            return normal.union(*(_merged(branch, defs) for branch in branches))
        case model.Tuple(items=items):
            return model.Tuple(tuple(_merged(item, defs) for item in items))
        case model.Array(item=item):
            return model.Array(_merged(item, defs), type_.low, type_.high, type_.unique)
        case model.Object(fields=fields, rest=rest):
            return normal.object_(
                tuple(
                    model.Field(
                        f.name, _merged(f.type, defs), f.required, f.default, f.secret, f.doc
                    )
                    for f in fields
                ),
                None if rest is None else _merged(rest, defs),
            )
        case _:
            return type_
