"""Handler code is loaded from the plan, apart for every generation, and gone after it."""

from __future__ import annotations

import gc
import importlib
import inspect
import linecache
import pickle
import subprocess
import sys
import threading
import traceback
import typing
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatid.endpoint.loading import LoadedCode, LoadError, load, plain
from gatid_compiler.plan import Code, PyRef

if typing.TYPE_CHECKING:
    from pathlib import Path


class Loads:
    """Loads projects written as keyword-free dictionaries of paths, and unloads them all."""

    def __init__(self) -> None:
        self.loaded: list[LoadedCode] = []
        self.number = 0

    def __call__(self, files: dict[str, str], root: Path | None = None) -> LoadedCode:
        self.number += 1
        texts = {path: dedent(text) for path, text in files.items()}
        code = load(Code(texts, {}), self.number, f"{self.number:08x}" * 8, root)
        self.loaded.append(code)
        return code


@pytest.fixture
def loads() -> typing.Iterator[Loads]:
    made = Loads()
    yield made
    for code in made.loaded:
        code.unload()


def get(code: LoadedCode, module: str, name: str) -> typing.Any:
    return code.resolve(PyRef(module, name))


@pytest.mark.parametrize(
    "statement",
    [
        "from desk.models import NAME",
        "import desk.models; NAME = desk.models.NAME",
        "import desk.models as m; NAME = m.NAME",
        "from . import models; NAME = models.NAME",
        "from .models import NAME",
        "from .sub.deep import NAME",
        "from desk.sub import deep; NAME = deep.NAME",
        "import importlib; NAME = importlib.import_module('desk.models').NAME",
        "import importlib; NAME = importlib.import_module('.models', 'desk').NAME",
        "import importlib; NAME = importlib.import_module('.models', __package__).NAME",
        "from importlib import import_module; NAME = import_module('desk.models').NAME",
        "import importlib.util, desk.models; NAME = desk.models.NAME; importlib.util.find_spec",
        "NAME = __import__('desk.models').models.NAME",
        "NAME = __import__('desk.models', fromlist=['NAME']).NAME",
        "exec('from desk.models import NAME')",
        "import desk; from desk import models; NAME = desk.models.NAME",
        "from desk.models import *",
    ],
)
def test_imports_inside_the_project_stay_in_the_generation(loads: Loads, statement: str) -> None:
    def project(name: str) -> dict[str, str]:
        return {
            "desk/__init__.py": "",
            "desk/models.py": f"NAME = {name!r}",
            "desk/sub/deep.py": "from ..models import NAME",
            "desk/handlers.py": statement,
        }

    old, new = loads(project("old")), loads(project("new"))
    assert get(old, "desk.handlers", "NAME") == "old"
    assert get(new, "desk.handlers", "NAME") == "new"
    assert "desk" not in sys.modules


def test_imports_when_a_request_comes_and_in_threads(loads: Loads) -> None:
    files = {
        "desk/__init__.py": "",
        "desk/late.py": "VALUE = {}",
        "desk/handlers.py": """
            def lazy(out):
                from desk.late import VALUE
                import importlib
                out.append((VALUE, importlib.import_module("desk.late").VALUE))
            """,
    }
    codes = [loads({**files, "desk/late.py": f"VALUE = {n}"}) for n in range(3)]
    found: list[list[tuple[int, int]]] = [[], [], []]
    threads = [
        threading.Thread(target=get(code, "desk.handlers", "lazy"), args=(found[n],))
        for n, code in enumerate(codes)
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[(n, n)] * 4 for n in range(3)]


def test_a_folder_without_init_is_a_package(loads: Loads) -> None:
    code = loads({"ns/a.py": "from ns import b\nV = b.V", "ns/b.py": "import ns.a\nV = 1"})
    assert get(code, "ns.a", "V") == 1
    with pytest.raises(LoadError, match=r"No module named 'ns\.c'"):
        get(code, "ns.c", "x")


def test_circular_imports_as_python_does(loads: Loads) -> None:
    code = loads(
        {
            "a.py": "import b\ndef f(): return b.g()",
            "b.py": "import a\ndef g(): return a.__name__",
            "c.py": "from d import X\nY = 1",
            "d.py": "from c import Y\nX = 1",
        }
    )
    assert plain(get(code, "a", "f")()) == "a"
    with pytest.raises(LoadError, match="partially initialized module 'c'"):
        get(code, "c", "Y")


def test_the_project_shadows_installed_packages_in_its_own_code_only(loads: Loads) -> None:
    code = loads(
        {
            "click.py": "MINE = True",
            "handlers.py": "import click, json, orjson\nMINE = click.MINE\nJSON = json",
        }
    )
    assert get(code, "handlers", "MINE") is True
    assert not hasattr(importlib.import_module("click"), "MINE")
    assert get(code, "handlers", "JSON") is importlib.import_module("json")
    assert get(code, "orjson", "dumps") is importlib.import_module("orjson").dumps


def test_a_namespace_is_shared_with_installed_packages(
    loads: Loads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sharedns").mkdir()
    (tmp_path / "sharedns" / "theirs.py").write_text("V = 'theirs'")
    monkeypatch.syspath_prepend(tmp_path)
    code = loads(
        {
            "sharedns/ours.py": "V = 'ours'",
            "h.py": "import sharedns.theirs as t\nfrom sharedns.ours import V\nT = t.V",
        }
    )
    assert (get(code, "h", "V"), get(code, "h", "T")) == ("ours", "theirs")
    del sys.modules["sharedns.theirs"], sys.modules["sharedns"]


@pytest.mark.parametrize(
    ("source", "error", "says"),
    [
        ("import nowhere.x", ModuleNotFoundError, "No module named 'nowhere'"),
        ("import desk.nowhere", ModuleNotFoundError, "No module named 'desk.nowhere'"),
        ("from desk import nowhere", ImportError, "cannot import name 'nowhere' from 'desk'"),
        ("from desk.models import nowhere", ImportError, "cannot import name 'nowhere'"),
        ("from .... import x", ImportError, "beyond top-level package"),
        ("x = = 1", SyntaxError, "invalid syntax"),
        ("1 / 0", ZeroDivisionError, "division by zero"),
        ("raise SystemExit(3)", SystemExit, "3"),
        ("raise BaseException('odd')", BaseException, "odd"),
    ],
)
def test_what_does_not_load_says_why_in_the_users_names(
    loads: Loads, source: str, error: type[BaseException], says: str
) -> None:
    code = loads(
        {"desk/__init__.py": "", "desk/models.py": "", "desk/bad.py": f"def f():\n  pass\n{source}"}
    )
    with pytest.raises(LoadError) as caught:
        get(code, "desk.bad", "f")
    assert error.__name__ in str(caught.value)
    assert says in str(caught.value)
    assert "`desk.bad` cannot be imported" in str(caught.value)
    assert "gatid_plan" not in str(caught.value) + caught.value.traceback
    assert "line 3" in caught.value.traceback
    assert "importlib" not in caught.value.traceback
    assert "loading.py" not in caught.value.traceback


def test_the_cause_is_in_the_traceback(loads: Loads) -> None:
    code = loads(
        {"a.py": "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise ValueError from e"}
    )
    with pytest.raises(LoadError) as caught:
        get(code, "a", "f")
    assert "ZeroDivisionError" in caught.value.traceback
    assert "ValueError" in caught.value.traceback


def test_not_found_errors_name_the_module_as_written(loads: Loads) -> None:
    code = loads(
        {
            "desk/__init__.py": "",
            "desk/h.py": """
                try:
                    import desk.extra
                except ModuleNotFoundError as error:
                    NAME = error.name
                try:
                    from . import extra
                except ImportError:
                    extra = None
                """,
        }
    )
    assert get(code, "desk.h", "NAME") == "desk.extra"
    assert get(code, "desk.h", "extra") is None


def test_missing_names_are_refused(loads: Loads) -> None:
    with pytest.raises(LoadError, match="`a` has no `f`"):
        get(loads({"a.py": ""}), "a", "f")


def test_a_module_that_failed_is_not_left_half_made(loads: Loads) -> None:
    code = loads({"a.py": "import b", "b.py": "V = 1\n1 / 0"})
    for _ in range(2):
        with pytest.raises(LoadError, match="division"):
            get(code, "a", "f")


MODELS = """
    from __future__ import annotations
    import enum
    from dataclasses import dataclass, field
    from typing import ClassVar, NamedTuple, Optional, TypedDict, get_type_hints

    class Colour(enum.Enum):
        RED = 1

    class Point(NamedTuple):
        x: int

    class Shelf(TypedDict):
        books: list[Book]

    @dataclass
    class Book:
        count: ClassVar[int] = 0
        title: str = "t"
        next: Optional[Book] = None
        colour: Colour = Colour.RED

    def hints():
        return get_type_hints(Book), get_type_hints(Shelf)
    """


def test_pickles_dataclasses_hints_and_sources(loads: Loads, tmp_path: Path) -> None:
    code = loads({"desk/models.py": MODELS}, tmp_path)
    book, point = get(code, "desk.models", "Book"), get(code, "desk.models", "Point")
    assert [f for f in book.__dataclass_fields__ if f != "count"] == ["title", "next", "colour"]
    assert pickle.loads(pickle.dumps(book("x"))) == book("x")  # noqa: S301
    assert pickle.loads(pickle.dumps(point(1))) == point(1)  # noqa: S301
    hints, shelf = get(code, "desk.models", "hints")()
    assert hints["next"] == typing.Optional[book]  # noqa: UP045
    assert shelf["books"] == list[book]
    assert inspect.getsource(book).startswith("@dataclass")
    assert inspect.getsource(get(code, "desk.models", "hints")).startswith("def hints")
    assert plain(book.__module__) == "desk.models"


def test_data_files_beside_a_module_are_found(loads: Loads, tmp_path: Path) -> None:
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "page.txt").write_text("hello")
    code = loads(
        {
            "desk/__init__.py": "",
            "desk/h.py": """
                import importlib.resources, pkgutil
                from pathlib import Path
                PLAIN = Path(__file__).with_name("page.txt").read_text()
                RESOURCE = importlib.resources.files(__package__).joinpath("page.txt").read_text()
                DATA = pkgutil.get_data(__package__, "page.txt").decode()
                """,
        },
        tmp_path,
    )
    assert {get(code, "desk.h", n) for n in ("PLAIN", "RESOURCE", "DATA")} == {"hello"}
    assert get(code, "desk.h", "__file__") == str(tmp_path / "desk" / "h.py")


def test_files_written_after_compiling_are_not_seen(loads: Loads, tmp_path: Path) -> None:
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "later.py").write_text("V = 1")
    (tmp_path / "desk" / "h.py").write_text("V = 'on disk'")
    code = loads(
        {"desk/h.py": "V = 'in the plan'\ntry:\n    import desk.later\nexcept ImportError: ..."},
        tmp_path,
    )
    assert get(code, "desk.h", "V") == "in the plan"
    with pytest.raises(LoadError, match=r"No module named 'desk\.later'"):
        get(code, "desk.later", "V")


def test_tracebacks_show_the_lines_of_the_plan(loads: Loads, tmp_path: Path) -> None:
    (tmp_path / "h.py").write_text("nothing like it\n" * 5)
    old = loads({"h.py": "def f():\n    return 1 / 0  # old"}, tmp_path)
    new = loads({"h.py": "\ndef f():\n    return 1 / 0  # new"}, tmp_path)

    def shown(code: LoadedCode) -> str:
        f = get(code, "h", "f")
        linecache.checkcache()
        try:
            f()
        except ZeroDivisionError:
            return traceback.format_exc()
        raise AssertionError

    assert "return 1 / 0  # new" in shown(new)
    new.unload()
    assert "return 1 / 0  # old" in shown(old)


def test_unloading_names_what_leaks(loads: Loads) -> None:
    code = loads(
        {
            "desk/__init__.py": "",
            "desk/kept.py": "def f(): ...",
            "desk/gone.py": "import logging\nlog = logging.getLogger(__name__)\ndef f(): ...",
            "desk/typed.py": "import typing\nclass A: ...\nB = typing.Optional[A]",
        }
    )
    kept = get(code, "desk.kept", "f")
    get(code, "desk.gone", "f")
    get(code, "desk.typed", "B")
    assert code.unload() == ("desk.kept",)
    assert kept is not None
    assert not [n for n in sys.modules if n.startswith(code.package)]


def test_what_is_still_held_after_unloading_cannot_import(loads: Loads) -> None:
    code = loads({"a.py": "def f():\n    import b", "b.py": ""})
    f = get(code, "a", "f")
    code.unload()
    with pytest.raises(ModuleNotFoundError, match="its plan was replaced"):
        f()


names = st.sampled_from(["alpha", "beta", "gamma", "delta"])


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(names, st.lists(names, max_size=3), min_size=1, max_size=4),
    st.booleans(),
)
def test_any_import_graph_loads_as_python_loads_it(
    graph: dict[str, list[str]], packaged: bool
) -> None:
    """Random module graphs, cycles among them, record the order in which they run."""
    prefix = "p." if packaged else ""
    place = "p/" if packaged else ""
    files = {
        f"{place}{name}.py": "\n".join(
            [f"import {prefix}{other}" for other in imports if other in graph]
            + [f"import builtins; builtins.ORDER.append({name!r})"]
        )
        for name, imports in graph.items()
    }
    first = next(iter(graph))
    expected = _order_in_python(graph, first)
    order: list[str] = []
    sys.modules["builtins"].ORDER = order  # type: ignore[attr-defined]
    code = load(Code(files, {}), 9, "ab" * 32, None)
    try:
        code.import_module(f"{prefix}{first}")
    finally:
        code.unload()
        del sys.modules["builtins"].ORDER  # type: ignore[attr-defined]
    assert order == expected


def _order_in_python(graph: dict[str, list[str]], first: str) -> list[str]:
    """The order by Python's rule: depth first, a module that has begun is not run again."""
    begun: set[str] = set()
    order: list[str] = []

    def run(name: str) -> None:
        begun.add(name)
        for other in graph[name]:
            if other in graph and other not in begun:
                run(other)
        order.append(name)

    run(first)
    return order


def test_two_hundred_generations_do_not_grow_memory() -> None:
    """In a process of its own, for what others allocate here would hide or show growth."""
    script = dedent(
        """
        import gc, os, sys
        from pathlib import Path
        from gatid_compiler.plan import Code, PyRef
        from gatid.endpoint.loading import load

        MODULE = '''
        import logging, typing, dataclasses
        log = logging.getLogger(__name__)
        TABLE = ["%d" % n for n in range(2000)]
        @dataclasses.dataclass
        class Book:
            title: str = ""
            next: typing.Optional["Book"] = None
        Maybe = typing.Optional[Book]
        def handle():
            return Book()
        '''

        def rss():
            return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

        def swap(number):
            files = {f"desk/m{n}.py": MODULE for n in range(10)}
            code = load(Code(files, {}), number, "cd" * 32, None)
            for n in range(10):
                code.resolve(PyRef(f"desk.m{n}", "handle"))()
            leaked = code.unload()
            assert leaked == (), leaked

        for number in range(30):
            swap(number)
        before = rss()
        for number in range(30, 200):
            swap(number)
        print(rss() - before)
        """
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    # One generation's tables alone are 1 MB: a single one kept of 170 would be seen.
    assert int(done.stdout) < 4 << 20
    gc.collect()
