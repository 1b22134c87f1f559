"""What others wrote about JSON Schema, in the source distributions that `make install` fetches."""

from __future__ import annotations

import copy
import json
import sys
import tarfile
import unittest
import warnings
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import Any
from unittest.mock import patch

FOLDER = Path(sys.prefix) / "collections"


@dataclass(frozen=True)
class Group:
    """A schema of the JSON-Schema-Test-Suite with its values, each judged."""

    name: str
    schema: Any
    tests: list[tuple[str, Any, bool]]


def files(archive: str, folder: str, suffix: str) -> dict[str, str]:
    """The files of a folder, none of those below, by their names."""
    path = FOLDER / archive
    if not path.exists():
        raise AssertionError(f"{path} is not there: `make install` fetches it")
    found = {}
    with tarfile.open(path) as tar:
        for member in tar:
            inside = PurePosixPath(member.name)
            if inside.suffix == suffix and str(inside.parent) == folder:
                held = tar.extractfile(member)
                assert held is not None
                found[inside.name] = held.read().decode()
    assert found, f"{archive} has no {folder}"
    return dict(sorted(found.items()))


def suite() -> list[Group]:
    """The groups of draft 2020-12, without the optional ones."""
    folder = "jsonschema-4.26.0/json/tests/draft2020-12"
    found = files("jsonschema-4.26.0.tar.gz", folder, ".json")
    return [
        Group(
            f"{name.removesuffix('.json')}: {group['description']}",
            group["schema"],
            [(test["description"], test["data"], test["valid"]) for test in group["tests"]],
        )
        for name, text in found.items()
        for group in json.loads(text)
    ]


@dataclass(frozen=True)
class Pair:
    """Two schemas, and whether the first is said to be inside the second; None if nobody says."""

    name: str
    one: Any
    other: Any
    inside: bool | None


def pairs() -> list[Pair]:
    """The different pairs that the tests of jsonsubschema 0.0.8 compare.

    Its tests are run with a stand-in for the library that notes what it is asked, and what they
    assert of the answer.
    """
    found = files("jsonsubschema-0.0.8.tar.gz", "jsonsubschema-0.0.8/test", ".py")
    different: dict[str, Pair] = {}
    for name, text in found.items():
        for pair in _Notes(name.removesuffix(".py")).of(text):
            different.setdefault(json.dumps([pair.one, pair.other], sort_keys=True), pair)
    return list(different.values())


class _Notes:
    """Notes what one module of tests asks."""

    def __init__(self, module: str) -> None:
        self._module = module
        self._test = ""
        self._found: list[Pair] = []

    def of(self, text: str) -> list[Pair]:
        names = ModuleType(self._module)
        with patch.dict(sys.modules, self._stand_ins()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(compile(text, self._module, "exec"), names.__dict__)  # noqa: S102 - hashes pin it
            cases = unittest.defaultTestLoader.loadTestsFromModule(names)
            with (
                patch.object(
                    unittest.TestCase, "assertTrue", lambda _, v, *__: self._says(v, True)
                ),
                patch.object(
                    unittest.TestCase, "assertFalse", lambda _, v, *__: self._says(v, False)
                ),
                patch.object(unittest.TestCase, "assertEqual", lambda *_: None),
            ):
                for case in (c for suite in cases for c in suite):
                    self._test = case.id()
                    case.run(unittest.TestResult())
        return self._found

    def _asked(self, one: Any, other: Any) -> int:
        # Tests go on to change what they have asked about.
        self._found.append(Pair(self._test, copy.deepcopy(one), copy.deepcopy(other), None))
        return len(self._found)

    def _says(self, asked: object, inside: bool) -> None:
        if isinstance(asked, int) and not isinstance(asked, bool):
            self._found[asked - 1] = replace(self._found[asked - 1], inside=inside)

    def _stand_ins(self) -> dict[str, ModuleType]:
        modules = {name: _StandIn(name) for name in _IMPORTED}
        for name, asked in (("isSubschema", self._asked), ("isEquivalent", self._both)):
            setattr(modules["jsonsubschema"], name, asked)
        return dict(modules)

    def _both(self, one: Any, other: Any) -> None:
        self._asked(one, other)
        self._asked(other, one)


class _StandIn(ModuleType):
    """A module that has every name."""

    __all__ = ()

    def __getattr__(self, name: str) -> Any:
        if name[0].isupper():
            return type(name, (Exception,), {})
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *_: None


_IMPORTED = (
    "jsonschema", "jsonschema.exceptions", "jsonsubschema", "jsonsubschema._canonicalization",
    "jsonsubschema._checkers", "jsonsubschema._utils", "jsonsubschema.exceptions",
)  # fmt: skip
