"""Handler code as one generation sees it: loaded from the plan, apart from every other one.

The sources of a plan live under a package of their own, `gatid_plan_<number>_<hash>`, so two
generations can hold two versions of `desk.models` in one process. Inside them `import
desk.models`, relative imports and `importlib.import_module("desk.models")` mean the modules
of the same generation: the modules' builtins hold an `__import__` that knows. Everything else
in the process imports as ever, and the project shadows installed packages in its own code
only.

`__file__` is where the source was, below the project's root, so data files beside a module
are found; source lines in tracebacks come from the plan, whatever the file says by now.
"""

from __future__ import annotations

import builtins
import gc
import importlib
import importlib.machinery
import importlib.util
import linecache
import logging
import re
import sys
import threading
import traceback
import types
import typing
import weakref
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.readers import FileReader
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from importlib.machinery import ModuleSpec

    from gatid_compiler.plan import Code, PyRef

_PREFIX = re.compile(r"gatid_plan_\d+_[0-9a-f]{8}[./]")
_ANCHOR = "__gatid_anchor__"

Progress = typing.Callable[[str, bool], None]
"""Told the path of a source file when its run begins (True) and when it ends (False)."""


def plain(text: str) -> str:
    """The text with the generations' package names taken out: names as users wrote them."""
    return _PREFIX.sub("", text)


class LoadError(Exception):
    """Handler code that cannot be loaded; `traceback` is its text, with the user's own names."""

    def __init__(self, message: str, traceback_text: str = "") -> None:
        super().__init__(message)
        self.traceback = traceback_text


class _Anchor:
    """Lives exactly as long as the globals that hold it."""

    __slots__ = ("__weakref__",)


class _Sources:
    """The modules that a plan's files make: by dotted name, packages with their folders."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files: dict[str, str] = {}
        self.packages: set[str] = set()
        for path in files:
            pure = PurePosixPath(path)
            if pure.suffix != ".py":
                continue
            parents = pure.parts[:-1]
            for depth in range(1, len(parents) + 1):
                self.packages.add(".".join(parents[:depth]))
            name = ".".join(parents if pure.name == "__init__.py" else (*parents, pure.stem))
            if pure.name == "__init__.py" or name not in self.files:
                self.files[name] = path
        self.top = {name.partition(".")[0] for name in (*self.files, *self.packages)}

    def __contains__(self, name: str) -> bool:
        return name in self.files or name in self.packages

    def claims(self, name: str) -> bool:
        """Whether the project's own code means a module of the project by this name.

        A folder without `__init__.py` shares its name with installed packages, as namespace
        packages do; a name that is built into the interpreter is never shadowed.
        """
        top = name.partition(".")[0]
        if top not in self.top or top in sys.builtin_module_names:
            return False
        return name in self or top in self.files or not _installed(top)


def _installed(top: str) -> bool:
    try:
        return importlib.util.find_spec(top) is not None
    except ValueError:  # a module without a spec, `__main__` among them
        return True


class _Lines:
    """What `linecache` shows for a path: the lines of the newest generation that has it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._texts: dict[str, dict[int, str]] = {}

    def put(self, path: str, number: int, text: str) -> None:
        with self._lock:
            self._texts.setdefault(path, {})[number] = text
            self._show(path)

    def drop(self, path: str, number: int) -> None:
        with self._lock:
            texts = self._texts.get(path, {})
            texts.pop(number, None)
            if texts:
                self._show(path)
            else:
                self._texts.pop(path, None)
                linecache.cache.pop(path, None)

    def _show(self, path: str) -> None:
        texts = self._texts[path]
        text = texts[max(texts)]
        # Without a modification time `linecache.checkcache` leaves an entry alone.
        linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)


_lines = _Lines()


class _Loader(InspectLoader):
    """Runs one module of a generation."""

    def __init__(self, owner: LoadedCode, name: str, path: str | None) -> None:
        self._owner = owner
        self._name = name
        self._relative = path
        self.path = owner.place(path if path is not None else name.replace(".", "/") + "/_")

    def create_module(self, spec: ModuleSpec) -> None:
        """Modules are made as importlib makes them."""

    def exec_module(self, module: types.ModuleType) -> None:
        """Run the source with the generation's builtins."""
        namespace = module.__dict__
        namespace["__builtins__"] = self._owner.builtins
        namespace[_ANCHOR] = self._owner.anchor(self._name)
        if self._relative is None:
            return
        code = self.get_code(module.__name__)
        self._owner.progress(self._relative, True)
        try:
            exec(code, namespace)  # noqa: S102 - running the project's code is what this is for
        finally:
            self._owner.progress(self._relative, False)

    def get_code(self, fullname: str) -> types.CodeType:
        """Compile the plan's source under the path it came from."""
        return compile(self.get_source(fullname), self.path, "exec", dont_inherit=True)

    def get_source(self, fullname: str) -> str:
        """The text in the plan; empty for a folder without `__init__.py`."""
        return "" if self._relative is None else self._owner.files[self._relative]

    def get_filename(self, fullname: str) -> str:
        """Where the source was."""
        return self.path

    def is_package(self, fullname: str) -> bool:
        """Whether the module has submodules."""
        return self._relative is None or self._relative.endswith("__init__.py")

    def get_data(self, path: str) -> bytes:
        """A data file beside the sources, for `pkgutil.get_data`."""
        return Path(path).read_bytes()

    def get_resource_reader(self, fullname: str) -> FileReader:
        """Data files beside the sources, for `importlib.resources`."""
        return FileReader(typing.cast(typing.Any, self))


class LoadedCode(MetaPathFinder):
    """The code of one generation. Modules run when they are first resolved or imported."""

    def __init__(
        self, code: Code, number: int, plan_id: str, root: Path | None, progress: Progress
    ) -> None:
        self.package = f"gatid_plan_{number}_{plan_id[:8]}"
        self.files = code.files
        self.number = number
        self.progress = progress
        self._root = root
        self._sources = _Sources(code.files)
        self._anchors: dict[str, weakref.ref[_Anchor]] = {}
        self._loaded = True
        self.builtins = {**vars(builtins), "__import__": self._import}
        self._importlib = _importlib_of(self)
        self._open()

    def _open(self) -> None:
        package = types.ModuleType(self.package)
        package.__path__ = []
        package.__spec__ = importlib.machinery.ModuleSpec(self.package, None, is_package=True)
        sys.modules[self.package] = package
        sys.meta_path.insert(0, self)
        for path, text in self.files.items():
            _lines.put(self.place(path), self.number, text)

    def place(self, path: str) -> str:
        """The file name of a source: below the project's root where there is one."""
        return str(self._root / path) if self._root is not None else f"{self.package}/{path}"

    def anchor(self, name: str) -> _Anchor:
        """An object for a module's globals, watched until they die."""
        anchor = _Anchor()
        self._anchors[name] = weakref.ref(anchor)
        return anchor

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: types.ModuleType | None = None,
    ) -> ModuleSpec | None:
        """The spec of a module of this generation; a name below its package that the plan
        does not hold is not looked for on disk, compiled extensions excepted.
        """
        if not fullname.startswith(self.package + "."):
            return None
        name = fullname[len(self.package) + 1 :]
        source = self._sources.files.get(name)
        if source is not None:
            loader = _Loader(self, name, source)
            package = loader.is_package(fullname)
            spec = importlib.util.spec_from_file_location(
                fullname,
                loader.path,
                loader=loader,
                submodule_search_locations=[str(Path(loader.path).parent)] if package else None,
            )
            if spec is not None:
                spec.cached = None
            return spec
        if name in self._sources.packages:
            loader = _Loader(self, name, None)
            spec = importlib.machinery.ModuleSpec(fullname, loader, is_package=True)
            spec.submodule_search_locations = [str(Path(loader.path).parent)]
            return spec
        found = importlib.machinery.PathFinder.find_spec(fullname, path) if path else None
        if found and isinstance(found.loader, importlib.machinery.ExtensionFileLoader):
            return found
        # The full name is what importlib compares; `_import` gives the user's own.
        raise ModuleNotFoundError(f"No module named {name!r}", name=fullname)

    def _import(
        self,
        name: str,
        globals: Mapping[str, object] | None = None,
        locals: Mapping[str, object] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> types.ModuleType:
        """What `import` means in the project's own code."""
        try:
            if level:
                self._check_relative(name, globals, level)
                return builtins.__import__(name, globals, locals, fromlist or (), level)
            if not self._sources.claims(name):
                module = builtins.__import__(name, globals, locals, fromlist or (), 0)
                return self._importlib if module is importlib else module
            return self._own(name, globals, locals, fromlist)
        except ModuleNotFoundError as error:
            if error.name is not None:
                error.name = plain(error.name)
            raise

    def _own(
        self,
        name: str,
        namespace: Mapping[str, object] | None,
        local: Mapping[str, object] | None,
        fromlist: Sequence[str] | None,
    ) -> types.ModuleType:
        if not self._loaded:
            raise ModuleNotFoundError(f"No module named {name!r}: its plan was replaced", name=name)
        full = f"{self.package}.{name}"
        if fromlist:
            return builtins.__import__(full, namespace, local, fromlist, 0)
        importlib.import_module(full)
        return sys.modules[f"{self.package}.{name.partition('.')[0]}"]

    def _check_relative(
        self,
        name: str,
        globals: Mapping[str, object] | None,
        level: int,
    ) -> None:
        package = str((globals or {}).get("__package__") or "")
        if package == self.package:
            raise ImportError("attempted relative import with no known parent package", name=name)
        if package.startswith(self.package + ".") and package.count(".") < level:
            raise ImportError("attempted relative import beyond top-level package", name=name)

    def import_module(self, name: str, package: str | None = None) -> types.ModuleType:
        """`importlib.import_module` as the project's own code sees it."""
        absolute = importlib.util.resolve_name(name, package) if name.startswith(".") else name
        if not self._sources.claims(absolute):
            return importlib.import_module(absolute)
        self._import(absolute)
        return sys.modules[f"{self.package}.{absolute}"]

    def resolve(self, ref: PyRef) -> object:
        """The object that a reference names.

        Raises `LoadError` when its module does not load or does not have the name.
        """
        try:
            found: object = self.import_module(ref.module)
        except BaseException as error:  # noqa: BLE001 - SystemExit and KeyboardInterrupt too
            raise self._refusal(ref, error) from None
        for part in ref.name.split("."):
            try:
                found = getattr(found, part)
            except AttributeError:
                raise LoadError(f"`{ref.module}` has no `{ref.name}`") from None
        return found

    def _refusal(self, ref: PyRef, error: BaseException) -> LoadError:
        report = traceback.TracebackException.from_exception(error)
        last = [*report.format_exception_only()][-1].strip()
        _without_our_frames(report)
        lines = report.format() if report.stack else report.format_exception_only()
        text = plain("".join(lines))
        return LoadError(f"`{ref.module}` cannot be imported: {plain(last)}", text)

    def owns(self, cls: type) -> bool:
        """Whether a class was defined by this code."""
        return cls.__module__.startswith(self.package + ".")

    def unload(self) -> tuple[str, ...]:
        """Forget the modules, and name those that something still holds.

        Nothing of the generation may be referred to by the caller any more.
        """
        self._loaded = False
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        prefix = self.package + "."
        for name in [n for n in sys.modules if n == self.package or n.startswith(prefix)]:
            del sys.modules[name]
        for path in self.files:
            _lines.drop(self.place(path), self.number)
        _forget_loggers(prefix)
        for clear in getattr(typing, "_cleanups", ()):
            clear()  # `Optional[Book]` stays in a cache of `typing`, and keeps `Book` alive
        gc.collect()
        return tuple(sorted(name for name, ref in self._anchors.items() if ref() is not None))


def _without_our_frames(report: traceback.TracebackException) -> None:
    """Leave the frames of the user's code, in the causes too."""
    kept = [frame for frame in report.stack if not _ours(frame.filename)]
    report.stack = traceback.StackSummary.from_list(kept)
    for cause in (report.__cause__, report.__context__):
        if cause is not None:
            _without_our_frames(cause)


def _ours(filename: str) -> bool:
    return filename in (__file__, importlib.__file__) or filename.startswith("<frozen importlib")


def _importlib_of(owner: LoadedCode) -> types.ModuleType:
    """`importlib` for the project's own code: `import_module` stays in the generation."""
    shim = types.ModuleType("importlib", importlib.__doc__)
    shim.__dict__.update(
        {k: v for k, v in vars(importlib).items() if k not in ("__name__", "__doc__")}
    )
    shim.__dict__["import_module"] = owner.import_module
    shim.__dict__["__import__"] = owner.builtins["__import__"]
    shim.__dict__["__getattr__"] = _importlib_attribute
    return shim


def _importlib_attribute(name: str) -> object:
    return getattr(importlib, name)


def _forget_loggers(prefix: str) -> None:
    loggers = logging.Logger.manager.loggerDict
    package = prefix.rstrip(".")
    for name in [n for n in list(loggers) if n == package or n.startswith(prefix)]:
        loggers.pop(name, None)


def _silent(path: str, begins: bool) -> None:
    pass


def load(
    code: Code,
    number: int,
    plan_id: str,
    root: Path | None,
    progress: Callable[[str, bool], None] = _silent,
) -> LoadedCode:
    """Make a plan's code importable for one generation. Nothing runs yet."""
    return LoadedCode(code, number, plan_id, root, progress)
