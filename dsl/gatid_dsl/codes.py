"""The rules of writing: what makes a text no `.gati` file, each with its page."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from gatid_dsl.diagnostic import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

SYNTAX_ERROR = Rule(
    "syntax-error",
    """\
Something stands where it cannot stand.

```gati
route get_order GET /{id: Uuid} {
  timeout: 10s          # error: statements configure, without a colon
}
```

Two habits make the whole of the language: statements configure (`timeout 10s`, no colon),
colons type (`id: Uuid`). A newline ends a statement, except inside `(` and `[`, after a comma,
and before a line that begins with `|` or `&`.
""",
)

MERGE_CONFLICT = Rule(
    "merge-conflict",
    """\
Two branches edited the same lines, and the marks of the merge are still in the file.

```gati
<<<<<<< HEAD                # error
version 2026-03-01 as v2
=======
version 2026-04-01 as v2
>>>>>>> other
```

Keep one side, or what both mean together, and take the marks away. Until then the first side is
read, so that whatever else there is to say is said in the same run.
""",
)

UNKNOWN_KEYWORD = Rule(
    "unknown-keyword",
    """\
A word stands where only a few words can, and is none of them.

```gati
polcy staff {           # error: did you mean `policy`?
  auth none
}
```

Declarations begin with `include`, `app`, `version`, `secret`, `module`, `hook`, `policy`,
`topic`, `on`, `rollout`, `type`, `group`, `route` or `change`.
""",
)

MISPLACED_DECLARATION = Rule(
    "misplaced-declaration",
    """\
A declaration stands inside a block that cannot hold it, or a statement outside every block.

```gati
app shop {
  type Order { id: Uuid }   # error: types are declared at the top of a file
}
```

Groups hold groups and routes; every other declaration stands by itself. Statements such as
`timeout 10s` stand inside an `app`, a `policy`, a `group`, a `route`, ….
""",
)

UNCLOSED_BLOCK = Rule(
    "unclosed-block",
    """\
A `{`, `(` or `[` has no partner.

```gati
group /orders {
  route get_order GET /{id: Uuid} {
    returns Order
}                       # closes the route; the group stays open
```

The place named is where the partner was missed; the label shows what is open there.
""",
)

UNCLOSED_STRING = Rule(
    "unclosed-string",
    """\
A string has no closing quote on its line.

```gati
include "types/*.gati   # error
```

`"…"` strings have the escapes of JSON (`\\n` for a newline), `'…'` strings have none and are
meant for patterns. Neither goes over the end of a line.
""",
)

BAD_STRING = Rule(
    "bad-string",
    """\
A string holds an escape that does not exist, or a control character.

```gati
include "types\\orders.gati"   # error: `\\o` is no escape
```

In `"…"` the escapes are those of JSON: `\\"`, `\\\\`, `\\/`, `\\b`, `\\f`, `\\n`, `\\r`, `\\t` and
`\\u` with four hexadecimal digits; a surrogate must have its partner. Patterns read best in
`'…'`, which knows no escapes.
""",
)

BAD_NUMBER = Rule(
    "bad-number",
    """\
A number is larger than a number can be.

```gati
type Huge = number(0..1e999)   # error
```

Whole numbers have at most 1,000 digits; others must be finite double-precision values.
""",
)

UNKNOWN_UNIT = Rule(
    "unknown-unit",
    """\
A number carries a unit that does not exist, or a fraction.

```gati
timeout 10sec           # error: write `10s`
```

Durations are whole numbers of `ms`, `s`, `m`, `h` or `d`; sizes of `B`, `KiB`, `MiB` or `GiB`;
rates are counted per `s`, `min`, `h` or `d`, as in `600/min`.
""",
)

BAD_DATE = Rule(
    "bad-date",
    """\
A version is named by a day or a moment that the calendar does not have.

```gati
version 2026-02-30 as v2   # error
```

Write a day, `2026-03-01`, or a moment in UTC, `2026-03-01T09:00:00Z`.
""",
)

TOO_DEEP = Rule(
    "too-deep",
    """\
Blocks and brackets stand in one another more than 64 deep, or more than 64 operators stand in
one expression.

Give the inner part a name of its own (`type Inner { … }`) and use the name.
""",
)

UNREADABLE_FILE = Rule(
    "unreadable-file",
    """\
A file cannot be read: it is not there, is a directory, or may not be opened.

Paths in `include` are relative to the file they stand in.
""",
)

NOT_TEXT = Rule(
    "not-text",
    """\
A file is not UTF-8 text.

The diagnostic names the place of the first byte that is none. Save the file as UTF-8; a byte
order mark at its start is allowed and ignored.
""",
)

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        rule.code: rule
        for rule in (
            SYNTAX_ERROR,
            MERGE_CONFLICT,
            UNKNOWN_KEYWORD,
            MISPLACED_DECLARATION,
            UNCLOSED_BLOCK,
            UNCLOSED_STRING,
            BAD_STRING,
            BAD_NUMBER,
            UNKNOWN_UNIT,
            BAD_DATE,
            TOO_DEEP,
            UNREADABLE_FILE,
            NOT_TEXT,
        )
    }
)
