"""The JSON-Schema-Test-Suite (draft 2020-12): never another answer than it expects.

Groups whose schema no type can say stand in suite_unsupported.txt, each with the keyword. The list
is exact: a group that comes to be read leaves it. GATID_UPDATE_CASES=1 writes it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from gatid_compiler.gtypes import Invalid, Schema, Unsupported, from_json_schema, member, validator
from tests.compiler.gtypes.collections import Group, suite

LISTED = Path(__file__).parent / "suite_unsupported.txt"


@pytest.fixture(scope="module")
def groups() -> list[Group]:
    return suite()


def read(schema: Any) -> Schema | str:
    """The type of the schema, or the keyword that it has no type for."""
    try:
        return from_json_schema(schema)
    except Unsupported as error:
        return error.keyword


def accepted(schema: Schema, value: Any) -> tuple[bool, bool, bool]:
    """What the validator says of the data, what it says of the bytes, and the interpreter."""
    held = validator(schema)
    judged = []
    for judge, data in ((held.python, value), (held.json, json.dumps(value).encode())):
        try:
            judge(data)
        except Invalid:
            judged.append(False)
        else:
            judged.append(True)
    return judged[0], judged[1], member(value, schema)


def test_every_group_is_agreed_with_or_listed(groups: list[Group]) -> None:
    unsupported: list[str] = []
    wrong: list[str] = []
    agreed = total = 0
    for group in groups:
        total += len(group.tests)
        schema = read(group.schema)
        if isinstance(schema, str):
            unsupported.append(f"{schema}: {len(group.tests)}: {group.name}")
            continue
        for name, value, valid in group.tests:
            if accepted(schema, value) == (valid,) * 3:
                agreed += 1
            else:
                wrong.append(f"{group.name}: {name}")
    assert wrong == []
    written = "".join(
        f"{line}\n" for line in [f"agreed: {agreed} of {total}", *sorted(unsupported)]
    )
    if os.environ.get("GATID_UPDATE_CASES"):
        LISTED.write_text(written)
    assert written == LISTED.read_text()
