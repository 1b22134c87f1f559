"""Named types that a route spreads over text: `params`, `headers`, `query`, `cookies`.

What happens to such a type happens to the route: its path has other parameters, and what is
read from text has to stay what text can say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_compiler.gtypes.model import Object
from gatid_compiler.rules.project import NOT_SUPPORTED_YET
from gatid_compiler.timescape import codes
from gatid_compiler.timescape.expect import expect
from gatid_compiler.timescape.lenses import keys
from gatid_compiler.timescape.lenses.misuse import MisuseError
from gatid_compiler.timescape.messages import TEXTUAL
from gatid_compiler.timescape.paths import lower_ops, outer_paths
from gatid_compiler.timescape.reshape import aliases
from gatid_compiler.timescape.standings import renamed
from gatid_dsl import syntax

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from gatid_compiler.gtypes.model import Definitions
    from gatid_compiler.timescape.messages import Standing


def spread(
    standings: Mapping[str, Standing], defs: Definitions, types: Collection[str]
) -> Iterator[tuple[str, str]]:
    """The routes, and the parts of their messages, that one of the types is spread over."""
    for route, standing in standings.items():
        request = expect(Object, defs[keys.request(standing.era.key)])
        for part in TEXTUAL:
            field = request.field(part)
            if field is not None and not set(types).isdisjoint(aliases(field.type, defs)):
                yield route, part
        for known in standing.era.told:
            message = expect(Object, defs[keys.response(standing.era.key, known)])
            field = message.field("header")
            if field is not None and not set(types).isdisjoint(aliases(field.type, defs)):
                yield route, "response.header"


def respelt(standing: Standing, name: str, ops: Sequence[syntax.Operation]) -> Standing:
    """Where a route stood before operations on the type `name` of its path's parameters."""
    for op in reversed(ops):
        if isinstance(op, syntax.Rename | syntax.Move) and _is_plain(op):
            standing = renamed(op.source.parts[0], op.target.parts[0], standing)
        elif not isinstance(op, syntax.Map | syntax.Todo) or not _is_plain(op):
            raise MisuseError(
                codes.PATH_PARAMETER.at(
                    op.span,
                    f"fields of `{name}` are parameters of a path, which can be renamed and mapped "
                    "only",
                    help="another path is another route",
                )
            )
    return standing


def spelt_for(key: str, ops: Sequence[syntax.Operation]) -> tuple[syntax.Operation, ...]:
    """The operations as they are on the definition: names of headers are in lower case."""
    if not keys.is_headers(key):
        return tuple(ops)
    for op in ops:
        if isinstance(op, syntax.Was):
            raise MisuseError(
                NOT_SUPPORTED_YET.at(
                    op.span,
                    "`was` for a type whose fields are headers is not supported yet where their "
                    "names are not in lower case",
                    help="write the names of headers in lower case",
                )
            )
    return lower_ops(ops)


def _is_plain(op: syntax.Operation) -> bool:
    return all(len(way.parts) == 1 for way in outer_paths(op))
