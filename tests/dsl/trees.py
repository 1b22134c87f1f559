"""Hypothesis strategies of syntax. Spans are all the same empty one: `bare` leaves them out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from gatid_dsl import syntax as s
from gatid_dsl.recovery import DECLARATIONS
from gatid_dsl.source import Source, Span

if TYPE_CHECKING:
    from collections.abc import Callable

SPAN = Span(Source("tree", ""), 0, 0)

# Names that are keywords somewhere, and that must be names wherever a name can stand.
KEYWORDS = sorted(
    DECLARATIONS
    | {"added", "removed", "body", "query", "in", "by", "from", "as", "do", "if", "else", "back"}
    | {"unique", "rename", "default", "true_", "nullable", "returns", "lossless", "GET", "via"}
)
TYPED = ["body", "query", "params", "headers", "cookies"]
OPERATIONS = {
    *("rename", "move", "add", "drop", "require", "relax", "map", "split", "join", "convert"),
    *("wrap", "unwrap", "nest", "hoist", "each", "in", "when", "status", "compute", "was"),
    *("todo", "moved"),
}
NOT_DIRECTIVES = {*TYPED, "returns", "config", *DECLARATIONS}


def bare(node: object) -> object:
    """A tree without its places, as plain tuples."""
    if isinstance(node, tuple):
        return tuple(bare(item) for item in node)
    if type(node).__module__ != "gatid_dsl.syntax":
        return (type(node).__name__, node)
    fields = [name for name in type(node).__dataclass_fields__ if name != "span"]
    return (type(node).__name__, *(bare(getattr(node, name)) for name in fields))


def made(cls: type, **parts: st.SearchStrategy) -> st.SearchStrategy:
    place = {"span": st.just(SPAN)} if "span" in cls.__dataclass_fields__ else {}
    return short(st.builds(cls, **parts, **place))


@st.composite
def _from(draw: st.DrawFn, hidden: Callable[[], st.SearchStrategy]) -> object:
    return draw(hidden())


def short(strategy: st.SearchStrategy) -> st.SearchStrategy:
    """The same strategy, which Hypothesis need not spell out in every message."""
    return _from(lambda: strategy)


def one_of(*strategies: st.SearchStrategy) -> st.SearchStrategy:
    return short(st.one_of(*strategies))


def recursive(
    base: st.SearchStrategy,
    extend: Callable[[st.SearchStrategy], st.SearchStrategy],
    max_leaves: int,
) -> st.SearchStrategy:
    return short(
        st.recursive(short(base), lambda inner: short(extend(short(inner))), max_leaves=max_leaves)
    )


def tuples(items: st.SearchStrategy, least: int = 0, most: int = 3) -> st.SearchStrategy:
    return short(st.lists(items, min_size=least, max_size=most).map(tuple))


def maybe(items: st.SearchStrategy) -> st.SearchStrategy:
    return short(st.none() | items)


def word(texts: st.SearchStrategy[str]) -> st.SearchStrategy[s.Word]:
    return made(s.Word, text=texts)


identifiers = st.sampled_from(KEYWORDS) | st.from_regex(
    r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True
)
type_names = identifiers.filter(lambda n: n not in ("true", "false", "null"))
names = word(identifiers)
dotted = word(st.lists(identifiers, min_size=1, max_size=3).map(".".join))
tags = word(st.from_regex(r"[A-Za-z][A-Za-z0-9._-]{0,12}", fullmatch=True))
arg_words = word(st.from_regex(r"[A-Za-z_][A-Za-z0-9_]*([.-][A-Za-z0-9_]+){0,2}", fullmatch=True))

characters = st.characters(exclude_categories=("Cs",))
quoted = made(s.Text, value=st.text(characters, max_size=8), raw=st.just(False))
raw = made(
    s.Text,
    value=st.text(characters, max_size=8).map(lambda t: re.sub("['\r\n]", "", t)),
    raw=st.just(True),
)
texts = quoted | raw
integers = made(s.Number, value=st.integers())
numbers = integers | made(s.Number, value=st.floats(allow_nan=False, allow_infinity=False))
literals = texts | numbers | made(s.Bool, value=st.booleans()) | made(s.Null)
pyrefs = made(
    s.PyRef, module=st.lists(identifiers, min_size=1, max_size=3).map(".".join), name=identifiers
)
statuses = made(s.Number, value=st.integers(0, 999))
docs = st.lists(st.from_regex(r"[A-Za-z#][ -~]{0,8}[a-z]", fullmatch=True), max_size=2).map(
    "\n".join
)

ranges = one_of(
    made(s.Range, low=numbers, high=maybe(numbers), exact=st.just(False)),
    made(s.Range, low=st.none(), high=numbers, exact=st.just(False)),
    numbers.map(lambda n: s.Range(n, n, True, SPAN)),
)
constraints = ranges | made(s.Constraint, name=names, value=texts | numbers | names)
keys = names | texts


def _objects(types: st.SearchStrategy) -> st.SearchStrategy:
    fields = made(
        s.Field,
        name=keys,
        optional=st.booleans(),
        secret=st.booleans(),
        type=types,
        default=maybe(literals),
        doc=docs,
    )
    return made(s.TypeObject, fields=tuples(fields), rest=maybe(made(s.Rest, type=maybe(types))))


def _compound(types: st.SearchStrategy) -> st.SearchStrategy:
    return one_of(
        made(
            s.TypeName,
            name=word(type_names),
            args=tuples(types, most=2),
            constraints=tuples(constraints, most=2),
        ),
        _objects(types),
        made(s.TypeArray, item=types, length=maybe(ranges), unique=st.booleans()),
        made(s.TypeTuple, items=tuples(types, 1)),
        made(s.TypeUnion, branches=tuples(types, 2)),
        made(s.TypeIntersection, parts=tuples(types, 2)),
    )


types = recursive(
    made(
        s.TypeName, name=word(type_names), args=st.just(()), constraints=tuples(constraints, most=2)
    )
    | made(s.TypeLiteral, value=literals),
    _compound,
    max_leaves=5,
)
# At the start of an answer a whole number is a status.
answer_types = types.filter(lambda t: not _starts_with_number(t))


def _starts_with_number(node: s.TypeExpr) -> bool:
    match node:
        case s.TypeLiteral():
            return isinstance(node.value, s.Number)
        case s.TypeUnion():
            return _starts_with_number(node.branches[0])
        case s.TypeIntersection():
            return _starts_with_number(node.parts[0])
        case s.TypeArray():
            return _starts_with_number(node.item)
        case _:
            return False


static = made(s.PathText, text=st.from_regex(r"[a-z0-9._~-]{1,6}", fullmatch=True))
segments = static | made(s.PathParam, name=names, type=maybe(types))
paths = made(s.Path, segments=tuples(segments)) | made(
    s.Path, segments=tuples(segments, 1).map(lambda p: (*p, s.PathText("", SPAN)))
)

values = recursive(
    literals,
    lambda inner: (
        made(s.ListValue, items=tuples(inner))
        | made(s.MapValue, items=tuples(st.tuples(keys, inner)))
    ),
    max_leaves=5,
)
args = one_of(
    arg_words,
    texts,
    numbers,
    made(s.Moment, text=st.dates().map(str)),
    made(s.Moment, text=st.datetimes().map(lambda d: d.strftime("%Y-%m-%dT%H:%M:%SZ").zfill(20))),
    made(s.Duration, milliseconds=st.integers(0, 10**12)),
    made(s.Size, bytes=st.integers(0, 10**12)),
    made(
        s.RateOf,
        count=st.integers(0, 10**6),
        period=st.sampled_from([1_000, 60_000, 3_600_000, 86_400_000]),
    ),
    pyrefs,
    made(s.Call, name=arg_words, args=tuples(arg_words)),
    made(s.ListValue, items=tuples(values)),
    paths,
)


def _no_two_paths(group: tuple) -> bool:
    return sum(isinstance(a, s.Path) for a in group) < 2


def directives(keywords: st.SearchStrategy, blocks: st.SearchStrategy) -> st.SearchStrategy:
    return made(
        s.Directive,
        keyword=word(keywords),
        groups=tuples(tuples(args, 1)),
        block=maybe(blocks),
    )


plain_words = identifiers.filter(lambda n: n not in DECLARATIONS)
settings = recursive(
    directives(plain_words, st.none()),
    lambda inner: directives(plain_words, tuples(inner, most=2)),
    max_leaves=3,
)


def statements_but(words: set[str]) -> st.SearchStrategy:
    return one_of(
        directives(identifiers.filter(lambda n: n not in words), tuples(settings, most=2)),
        made(s.Typed, keyword=word(st.sampled_from(TYPED)), type=types),
        made(
            s.Returns,
            answers=tuples(
                made(s.Answer, status=statuses, type=maybe(types))
                | made(s.Answer, status=st.none(), type=answer_types),
                1,
            ),
        ),
        made(s.Config, value=made(s.MapValue, items=tuples(st.tuples(keys, values)))),
    )


statements = statements_but(NOT_DIRECTIVES)
bodies = tuples(statements)
methods = word(st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]))
routes = made(s.Route, name=names, method=methods, path=paths, body=bodies, doc=docs)
groups = recursive(
    made(s.Group, path=paths, body=tuples(statements | routes), doc=docs),
    lambda inner: made(s.Group, path=paths, body=tuples(inner | routes, most=2), doc=docs),
    max_leaves=2,
)

field_paths = made(
    s.FieldPath,
    parts=st.tuples(identifiers | st.text(characters, max_size=4))
    | st.tuples(identifiers, identifiers | st.text(characters, max_size=4)),
)
ref_paths = made(
    s.FieldPath,
    parts=st.tuples(type_names) | st.tuples(type_names, st.text(characters, max_size=4)),
)
exprs = recursive(
    literals | made(s.FieldRef, path=ref_paths),
    lambda inner: one_of(
        made(s.Binary, operator=st.sampled_from("+-*/"), left=inner, right=inner),
        made(s.Apply, name=word(type_names), args=tuples(inner)),
        made(s.IfElse, then=inner, condition=inner, otherwise=inner),
    ),
    max_leaves=5,
)
arrows = made(s.Arrow, left=literals, right=literals, back=st.booleans())
leaf_operations = one_of(
    made(s.Rename, source=field_paths, target=field_paths),
    made(s.Move, source=field_paths, target=field_paths),
    made(s.Add, target=field_paths, optional=st.booleans(), type=types, value=maybe(literals)),
    made(s.Drop, target=field_paths, optional=st.booleans(), type=types, value=maybe(literals)),
    made(s.Require, target=field_paths, value=literals),
    made(s.Relax, target=field_paths, value=literals),
    made(s.Map, target=field_paths, arrows=tuples(arrows)),
    made(s.Split, source=field_paths, type=types, separator=quoted, targets=tuples(field_paths, 1)),
    made(
        s.Join,
        sources=tuples(field_paths, 1),
        separator=quoted,
        target=field_paths,
        type=maybe(types),
    ),
    made(
        s.Convert,
        target=field_paths,
        old=types,
        new=types,
        how=names,
        argument=maybe(numbers | names | quoted),
    ),
    made(s.Wrap, target=field_paths),
    made(s.Unwrap, target=field_paths),
    made(s.Nest, sources=tuples(field_paths, 1), target=field_paths),
    made(s.Hoist, source=field_paths, targets=tuples(field_paths, 1)),
    made(s.Status, old=statuses, new=statuses),
    made(
        s.Compute,
        target=field_paths,
        type=types,
        value=exprs,
        back=maybe(st.tuples(field_paths, exprs)),
    ),
    made(s.Was, type=types, up=pyrefs, down=pyrefs),
    made(s.Was, type=types, up=st.none(), down=st.none()),
    made(s.Todo, text=texts),
)
operations = recursive(
    leaf_operations,
    lambda inner: one_of(
        made(s.Each, target=field_paths, body=tuples(inner)),
        made(s.In, target=field_paths, body=tuples(inner)),
        made(s.When, target=field_paths, value=literals, body=tuples(inner)),
    ),
    max_leaves=3,
)
route_steps = one_of(
    operations,
    made(s.Moved, method=methods, path=paths),
    statements_but(NOT_DIRECTIVES | OPERATIONS),
)
changes = made(
    s.Change,
    tag=tags,
    why=maybe(texts),
    lossless=st.booleans(),
    body=tuples(
        made(s.TypeChange, name=names, body=tuples(operations))
        | made(s.RouteChange, name=names, body=tuples(route_steps))
        | made(s.RouteAdded, name=names)
        | made(s.RouteRemoved, name=names, route=routes)
    ),
    doc=docs,
)

moments = made(s.Moment, text=st.dates().map(str))
declarations = one_of(
    made(s.Include, pattern=texts),
    made(s.App, name=names, body=bodies, doc=docs),
    made(s.Version, date=moments, tags=tuples(tags), body=bodies, doc=docs),
    made(
        s.Secret,
        name=names,
        backend=names,
        args=tuples(args, most=2).filter(_no_two_paths),
        body=bodies,
        doc=docs,
    ),
    made(s.Module, name=names, target=pyrefs, body=bodies, doc=docs),
    made(s.Hook, name=names, target=pyrefs, body=bodies, doc=docs),
    made(s.Policy, name=names, body=bodies, doc=docs),
    made(s.Topic, name=dotted, type=types, body=bodies, doc=docs),
    made(s.On, topic=dotted, target=pyrefs, body=bodies, doc=docs),
    made(s.Rollout, words=tuples(args), body=bodies, doc=docs),
    made(s.TypeDef, name=names, params=tuples(names), type=types, doc=docs),
    groups,
    routes,
    changes,
)
files = made(s.File, declarations=tuples(declarations))
