"""Property 1: what `check` says of a signature is what calling would say."""

from __future__ import annotations

import ast
import inspect
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatid_compiler.passes.lookup import accepts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from gatid_compiler.pipeline import Result

    Compile = Callable[[Mapping[str, str]], Result]

FOUR = ("req", "res", "gctx", "lctx")
FIVE = ("error", *FOUR)


@st.composite
def parameters(draw: st.DrawFn) -> str:
    """A parameter list of any kind that Python has."""
    names = iter("abcdefghijklmnopqrstuvwxyz")
    positional = draw(st.integers(0, 7))
    defaults = draw(st.integers(0, positional))
    parts = [next(names) for _ in range(positional)]
    parts = [p if i < positional - defaults else f"{p}=1" for i, p in enumerate(parts)]
    if positional and draw(st.booleans()):
        parts.insert(draw(st.integers(1, positional)), "/")
    star = draw(st.sampled_from(["", "*rest", "*"]))
    keywords = draw(st.lists(st.booleans(), max_size=2))
    if star == "*" and not keywords:
        star = ""
    if star:
        parts.append(star)
        parts += [f"{next(names)}=1" if default else next(names) for default in keywords]
    if draw(st.booleans()):
        parts.append("**more")
    return ", ".join(parts)


def _can_be_called(function: object, arguments: tuple[str, ...]) -> bool:
    """What Python itself says: the oracle."""
    assert callable(function)
    try:
        inspect.signature(function).bind(*arguments)
    except TypeError:
        return False
    return True


@pytest.mark.prop(1)
@given(parameters(), st.sampled_from(["def", "async def", "lambda"]), st.sampled_from([FOUR, FIVE]))
def test_a_signature_is_accepted_if_and_only_if_it_can_be_called(
    text: str, kind: str, arguments: tuple[str, ...]
) -> None:
    source = f"f = lambda {text}: None" if kind == "lambda" else f"{kind} f({text}):\n    pass"
    scope: dict[str, object] = {}
    exec(source, scope)  # noqa: S102 - the source is generated here
    statement = ast.parse(source).body[0]
    node = statement.value if isinstance(statement, ast.Assign) else statement
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    assert accepts(node, len(arguments)) == _can_be_called(scope["f"], arguments)


APP = """\
app shop {{
  listen "127.0.0.1:8080"
  auth   none
}}

route get GET / {{
  returns 204
  handler {target}
}}
"""

HANDLERS = [
    ("async def get(req, res, gctx, lctx):\n    pass", None),
    ("def get(*args):\n    pass", None),
    ("get = lambda req, res, gctx, lctx: None", None),
    ("def get(req, res, gctx, lctx, extra=None):\n    pass", None),
    ("def get(req, res, gctx):\n    pass", "python-signature"),
    ("def get(req, res, gctx, lctx, *, mode):\n    pass", "python-signature"),
    ("async def get(req, res, gctx, lctx):\n    yield 1", "python-signature"),
    ("def get(req, res, gctx, lctx):\n    yield from ()", "python-signature"),
    ("def get(req, res, gctx, lctx):\n    def inner():\n        yield 1", None),
    ("get = 3", "python-signature"),
    ("import json as get", "python-signature"),
    ("def other():\n    pass", "python-name-missing"),
    ("def other(req):\n    pass\n\n\nget = other", "python-signature"),
    ("class get:\n    def __init__(self, req):\n        pass", "python-signature"),
    ("class get:\n    def __init__(self, req, res, gctx, lctx):\n        pass", None),
    ("class get:\n    pass", "python-signature"),
    # What only running tells is left to the scout.
    ("def wrap(f):\n    return f\n\n\n@wrap\ndef get(req):\n    pass", None),
    ("import functools\n\nget = functools.partial(print)", None),
    ("try:\n    from fast import get\nexcept ImportError:\n    def get():\n        pass", None),
    ("from json import *", None),
    ("def __getattr__(name):\n    raise AttributeError(name)", None),
    ("globals()['get'] = print", None),
    ("class Base:\n    pass\n\n\nclass get(Base):\n    pass", "python-signature"),
    ("from json import JSONEncoder as Base\n\n\nclass get(Base.X):\n    pass", None),
    ("def get(a):\n    pass\n\n\nasync def get(a, b, c, d):\n    pass", None),
]


@pytest.mark.prop(1)
@pytest.mark.parametrize(("source", "code"), HANDLERS)
def test_what_the_source_shows_is_refused_with_its_line(
    compiled: Compile, source: str, code: str | None
) -> None:
    result = compiled({"app.gati": APP.format(target="shop:get"), "shop.py": source + "\n"})
    found = list(result.diagnostics)
    assert [d.code for d in found] == ([code] if code else [])
    if code == "python-signature":
        places = [found[0].span, *(label.span for label in found[0].labels)]
        assert {span.source.path for span in places} == {"app.gati", "shop.py"}


IMPORTS = [
    "from shop.inner import get",
    "from .inner import get",
    "from shop.inner import bad as get",
    "from shop import inner\n\nget = inner.bad",
    "from .inner import *",
]


@pytest.mark.parametrize("line", IMPORTS)
def test_names_are_followed_through_imports(compiled: Compile, line: str) -> None:
    inner = "def get(req, res, gctx, lctx):\n    pass\n\n\ndef bad(req):\n    pass\n"
    files = {"shop/__init__.py": "", "shop/outer.py": line + "\n", "shop/inner.py": inner}
    result = compiled({"app.gati": APP.format(target="shop.outer:get"), **files})
    codes = [d.code for d in result.diagnostics]
    assert codes == (["python-signature"] if "bad as get" in line else [])


def test_installed_handlers_are_looked_at_as_well(compiled: Compile) -> None:
    for target, codes in (
        ("json:loads", ["python-signature"]),
        ("json:load_all", ["python-name-missing"]),
        ("json.nowhere:get", ["python-module-missing"]),
        ("math:floor", []),
    ):
        result = compiled({"app.gati": APP.format(target=target)})
        assert [d.code for d in result.diagnostics] == codes, target


def test_code_of_the_project_does_not_run(compiled: Compile, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    body = f"open({str(mark)!r}, 'w').close()\n\n\ndef get(req, res, gctx, lctx):\n    pass\n"
    result = compiled(
        {
            "app.gati": APP.format(target="shop.orders:get"),
            "shop/__init__.py": body,
            "shop/orders.py": body,
        }
    )
    assert result.plan is not None
    assert not mark.exists()
