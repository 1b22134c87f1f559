"""Generated Python, compiled so that tracebacks show its lines."""

from __future__ import annotations

import linecache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Sources:
    """The generated sources of one generation; `forget` takes their lines out again."""

    __slots__ = ("_files", "_number")

    def __init__(self, number: int) -> None:
        self._number = number
        self._files: list[str] = []

    def function(
        self,
        name: str,
        source: str,
        function: str,
        calls: Mapping[str, Callable[..., Any]] | None = None,
    ) -> Callable[..., Any]:
        """The function that a source defines, which may call others by their names. `name` is
        how tracebacks call the source.
        """
        file = f"<gatid {self._number} {name}>"
        code = compile(source, file, "exec", dont_inherit=True)
        namespace: dict[str, Any] = {"__name__": f"gatid.generated.{function}", **(calls or {})}
        exec(code, namespace)  # noqa: S102 - the compiler wrote it, and the plan's hash seals it
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        self._files.append(file)
        found: Callable[..., Any] = namespace[function]
        return found

    def forget(self) -> None:
        """Ends showing the lines."""
        for file in self._files:
            linecache.cache.pop(file, None)
        self._files.clear()
