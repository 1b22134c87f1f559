"""`docs/breaking.md`, written from the table of rules: `python -m gatid_compiler.breaking.page`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from gatid_compiler.breaking.rules import RULES

if TYPE_CHECKING:
    from gatid_compiler.breaking.rules import Direction, Rule

_HEAD = """\
# What changed, and whom it breaks

<!-- Written by `python -m gatid_compiler.breaking.page` from the table of rules. -->

`gatid diff OLD NEW` compares two configurations and lists what changed, each change with its
verdict. `OLD` and `NEW` are entry files, folders, `.plan` files, OpenAPI documents (`.json`,
`.yaml`), or any of these as `REVISION:path` in the git repository around the current folder.
Routes belong together by name, else by method and path; the contracts compared are those of
head, or with `--version TAG` those of a release.

```sh
gatid diff main:api/app.gati api/app.gati --format markdown
```

A verdict is decided by meaning, never by the name of a rule:

- **breaking**: a request that was taken is refused now, or something is answered now that never
  was. A *witness* shows it, a message that both validators were asked about.
- **compatible**: proved of every message. Narrowing a type that was never sent breaks nobody.
- **unknown**: neither was shown; the reason says what was not decided.

Requests are read by what clients know: each value of the old type must be one of the new type.
Answers are read the other way round: each value of the new type must be one of the old type, so
a new field in a *closed* object of an answer is breaking, in an open one (`...`) it is not.
A body is read only where one is declared, by servers and clients alike. Path, query, header and
cookie values are compared as the texts they are: an `int` that became a `string` refuses nobody.
Headers and cookies that were not declared count as not sent, and those not declared any more are
not read. Errors (4xx and 5xx) could always be problem documents, so declaring one breaks nobody.
What an OpenAPI document says and `gatid import` lists as not expressed (other media types,
optional bodies) takes no part; a change of it is told, and counts as unknown.

Keys that are counted or told by a pattern, and tuples that go on, are compared as the document
has them, though no project can write them; they are shown as
`{ ...string(pattern 'x.*'): int }(1..3)` and `[int, ...string[]]`.

Of OpenAPI documents, forms and other media are compared as JSON of their schemas; a field that a
request's schema does not name counts as not taken, whatever `additionalProperties` says by its
absence; and an answer's field that could be anything and is gone is unknown, since no value shows
that it was there.

`--fail-on breaking` (the default) exits with 1 if a change is breaking, `--fail-on unknown` also
if one is unknown, `--fail-on never` always exits with 0. `--format json` prints one object:
`verdict`, the number of changes of each verdict, and `changes`, each with `rule`, `direction`,
`verdict`, `route`, `part` (`path query headers cookies body answer answer-headers`), `status`,
`pointer`, `sentence`, and `witness` or `reason` where there is one. In a pointer, `*` stands for
any item of an array or any other key of an object.

A difference of a type with a name that several routes reach is told once, at the type, with the
routes: thousands of lines that say the same of each route hide the few that say something else.
`route`, `part`, `status`, `pointer` and `witness` are then those of the route that has it
nearest; JSON has all of them in `routes`, and in `type` and `type_pointer` the type as it is
called now and the place in it. The verdict is asked of every route by itself: where it, its
reason or the value of the type that shows it is another, the routes are told apart. Two places in
the messages of one route alone are two changes.

"As a rule" says what a kind of change does where nothing else in the message makes up for it.
"""

_TITLES: dict[Direction, str] = {
    "operation": "Operations",
    "request": "Requests",
    "response": "Answers",
}


def page() -> str:
    """The whole page."""
    parts = [_HEAD]
    for direction, title in _TITLES.items():
        rows = [_row(rule) for rule in RULES.values() if rule.direction == direction]
        table = "\n".join(["| rule | as a rule | says |", "|---|---|---|", *rows])
        parts.append(f"## {title}\n\n{table}\n")
    return "\n".join(parts)


def _row(rule: Rule) -> str:
    words = {"name": "…", "old": "OLD", "new": "NEW"}
    return f"| `{rule.id}` | {rule.harm} | {rule.sentence.format(**words)} |"


if __name__ == "__main__":
    sys.stdout.write(page())
