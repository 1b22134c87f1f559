"""What may be written how: newlines, words, comments, strings, numbers, units."""

from __future__ import annotations

import pytest

from gatid_dsl import syntax as s
from gatid_dsl.parse import parse
from gatid_dsl.source import Source
from tests.dsl.trees import DECLARATIONS, TYPED, bare


def read(text: str) -> tuple[s.Declaration, ...]:
    parsed = parse(Source("f.gati", text))
    assert [d.message for d in parsed.diagnostics] == []
    return parsed.file.declarations


def faults(text: str) -> list[tuple[str, str]]:
    return [(d.code, d.span.text) for d in parse(Source("f.gati", text)).diagnostics]


def same(left: str, right: str) -> None:
    assert bare(read(left)) == bare(read(right))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("policy p { roles any(\n a,\n\n b # c\n )\n}", "policy p { roles any(a, b) }"),
        ("type A = string(\n1..2\n,\npattern\n'a'\n)", "type A = string(1..2, pattern 'a')"),
        ("type A = [\nint\n,\n{ a: int\nb: int }\n]", "type A = [int, { a: int, b: int }]"),
        ("type A = (\nint\n|\nnull\n)", "type A = (int | null)"),
        ("type A = X<int,\n\n# c\nnull>", "type A = X<int, null>"),
        ("policy p { before a,\n b }", "policy p { before a, b }"),
        ("type A =\n  | int\n  # c | d\n\n  | null\n", "type A = int | null"),
        ("type A = { a: int }\n  & B", "type A = { a: int } & B"),
        ("type A { a: int\n | null\n b: int }", "type A { a: int | null, b: int }"),
        ("type A {a:int,b:int,}", "type A {\n\n a: int\n\n b: int\n\n}"),
        ("type A {\n a: int,\n b: int,\n}", "type A { a: int, b: int }"),
        ("app a { config { a: [1,\n2\n,3]\n b: {} } }", "app a { config { a: [1, 2, 3], b: {} } }"),
        ("policy p {\n\n\n}", "policy p {}"),
        ("type A = int # c\r\n\r\ntype B = int\r\n", "type A = int\ntype B = int"),
        ("\ufefftype A = int", "type A = int"),
        (
            "change v { type A { compute a: int = (b\n+ c) } }",
            "change v { type A { compute a: int = (b + c) } }",
        ),
    ],
)
def test_newlines(written: str, meant: str) -> None:
    same(written, meant)


@pytest.mark.parametrize(
    "text", ["", "\n", "\r\n\r\n", "# only", "## only", "# a\n\n  # b", "\ufeff", " \t"]
)
def test_files_that_declare_nothing(text: str) -> None:
    assert read(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "type A\n= int",
        "type A =\nint",
        "policy p { timeout\n10s }",
        "policy p { before a\n, b }",
        "type A { a: int b: int }",
        "policy p { warm warm2, }",
        "type A { , }",
        "type A { a: int,, b: int }",
        "app a { timeout 10s } app b { }",
        "app a\n{\n}",
    ],
)
def test_newlines_that_end_too_early_or_are_missing(text: str) -> None:
    assert faults(text)


WORDS = sorted(
    DECLARATIONS
    | {*TYPED, "added", "removed", "in", "by", "from", "as", "do", "default", "true_", "unique"}
    | {"rename", "lossless", "back", "via", "returns", "GET", "map", "each", "null_", "if", "else"}
)


@pytest.mark.parametrize("word", WORDS)
def test_keywords_are_names_where_names_stand(word: str) -> None:
    (kind,) = read(f"type {word} {{ {word}: {word}, b?: {word}[] = 1, c: secret {word} }}")
    assert isinstance(kind, s.TypeDef)
    assert isinstance(kind.type, s.TypeObject)
    assert [f.key for f in kind.type.fields] == [word, "b", "c"]
    assert [f.secret for f in kind.type.fields] == [False, False, True]
    route, change = read(
        f"route {word} GET /{word}/{{{word}: {word}}} {{\n body {word}\n use {word}\n"
        f" query {{ {word}: {word} }}\n returns {word}, 404 {word}\n}}\n"
        f"change {word} {{\n route {word} added\n"
        f" route {word} {{ rename {word} -> {word}.{word} }}\n"
        f" type {word} {{ in {word} {{ add {word}: {word} }}\n map {word} {{}}\n"
        f" compute {word}: {word} = x.{word} }}\n}}"
    )
    assert isinstance(route, s.Route)
    assert route.name.text == word
    assert isinstance(change, s.Change)
    assert [type(c) for c in change.body] == [s.RouteAdded, s.RouteChange, s.TypeChange]


def test_docs_are_the_lines_directly_above() -> None:
    app, kind, group, change = read(
        "## Not this.\n\n## One.\n##\n##  Two. \napp a { ## nor this\n}\n"
        "# plain\ntype A {\n  ## Field.\n  ## More.\r\n  a: int ## beside\n  b: int,\n"
        "  ## Third.\n  c: int\n  ## lost\n}\n"
        "## Group.\ngroup / {\n  ## Route.\n  route r GET / {}\n  ## not for this\n  warm\n}\n"
        "## Change.\nchange v { }\n## lost"
    )
    assert app.doc == "One.\n\n Two."
    assert [(f.key, f.doc) for f in kind.type.fields] == [
        ("a", "Field.\nMore."),
        ("b", ""),
        ("c", "Third."),
    ]
    assert (kind.doc, group.doc, change.doc) == ("", "Group.", "Change.")
    assert [m.doc for m in group.body if isinstance(m, s.Route)] == ["Route."]


def args(text: str) -> list[object]:
    (policy,) = read(f"policy p {{ x {text} }}")
    (directive,) = policy.body
    return [a for group in directive.groups for a in group]


def test_groups_of_arguments() -> None:
    (policy,) = read("policy p { a\n b c d, e\n f any(x, y) { g }\n h {} }")
    a, b, f, h = policy.body
    assert [len(g) for g in b.groups] == [2, 1]
    assert (a.groups, a.block) == ((), None)
    assert isinstance(f.groups[0][0], s.Call)
    assert [d.keyword.text for d in f.block] == ["g"]
    assert h.block == ()


def test_units() -> None:
    durations = [a.milliseconds for a in args("50ms 10s 5m 2h 30d 0s")]
    assert durations == [50, 10_000, 300_000, 7_200_000, 2_592_000_000, 0]
    assert [a.bytes for a in args("512B 32KiB 1MiB 2GiB")] == [
        512,
        32_768,
        1_048_576,
        2_147_483_648,
    ]
    assert [(a.count, a.period) for a in args("1/s 600/min 5/h 7/d")] == [
        (1, 1_000),
        (600, 60_000),
        (5, 3_600_000),
        (7, 86_400_000),
    ]


@pytest.mark.parametrize(
    ("written", "fix"),
    [
        ("10sec", "10s"),
        ("10min", "10m"),
        ("1MB", "1MiB"),
        ("1.5s", "1500ms"),
        ("0.5GiB", "512MiB"),
        ("5/minute", "5/min"),
        ("5/m", "5/min"),
        ("5/sec", "5/s"),
        ("5/fortnight", None),
        ("3parsec", None),
        ("0.0001ms", None),
    ],
)
def test_wrong_units_and_what_to_write_instead(written: str, fix: str | None) -> None:
    (found,) = parse(Source("f.gati", f"policy p {{ x {written} }}")).diagnostics
    assert (found.code, found.span.text, found.fix) == ("unknown-unit", written, fix)


def test_numbers_and_words() -> None:
    values = [a.value for a in args("1 -2 1.5 -2e3 1E-2 12345678901234567890")]
    assert values == [1, -2, 1.5, -2000.0, 0.01, 12345678901234567890]
    assert [type(v) for v in values] == [int, int, float, float, float, int]
    words = [a.text for a in args("latest order.created v1.2-beta 2026-03-01 2026-03-01T09:00:00Z")]
    assert words == ["latest", "order.created", "v1.2-beta", "2026-03-01", "2026-03-01T09:00:00Z"]


def test_strings() -> None:
    given = r""""a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é" 'a\d"' "" """
    assert [a.value for a in args(given)] == ['a"\\/\b\f\n\r\té😀é', 'a\\d"', ""]
    for bad in (r"\x", r"\u12", r"\ud800", r"\udc00", "\t", r"\u12g4", "\x7f"[:0] + "\x01"):
        assert [code for code, _ in faults(f'include "{bad}"')] == ["bad-string"], bad


@pytest.mark.parametrize(
    "text", ["2026-02-30", "2026-13-01", "2026-03-01T09:00", "2026-03-01T25:00:00Z", "0000-01-01"]
)
def test_days_that_do_not_exist(text: str) -> None:
    assert faults(f"version {text} as v1") == [("bad-date", text)]


def test_statuses_stand_before_types() -> None:
    (route,) = read("route r GET / { returns 201, 404 Problem, A | 5, 200 42, -1 }")
    (returns,) = route.body
    assert [(a.status and a.status.value, a.type is not None) for a in returns.answers] == [
        (201, False),
        (404, True),
        (None, True),
        (200, True),
        (None, True),
    ]


def test_operators_bind_as_in_arithmetic() -> None:
    def value(text: str) -> object:
        (change,) = read(f"change v {{ type A {{ compute a: int = {text} }} }}")
        return bare(change.body[0].body[0].value)

    assert value("a + b * c - d") == value("(a + (b * c)) - d")
    assert value("a - b - c") == value("(a - b) - c")
    assert value("a -1") == value("a - 1")
    assert value("a if b else c if d else e") == value("a if b else (c if d else e)")
    assert value("a + b if c else d") == value("(a + b) if c else d")


def test_slashes_in_paths() -> None:
    def parts(text: str) -> list[str]:
        (group,) = read(f"group {text} {{}}")
        return [getattr(p, "text", "{}") for p in group.path.segments]

    assert parts("/") == []
    assert parts("/a") == ["a"]
    assert parts("/a/") == ["a", ""]
    assert parts("/{a}/b/{c: int}") == ["{}", "b", "{}"]
    assert parts("/a.json/~b/@c/%20") == ["a.json", "~b", "@c", "%20"]
    for bad in ("/a /b", "//a", "a", "/a//b", "/{a}b"):
        assert faults(f"group {bad} {{}}"), bad
