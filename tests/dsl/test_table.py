from __future__ import annotations

import json
from pathlib import Path

import gatid_dsl
from gatid_dsl.parse import table


def test_the_shipped_table_is_that_of_the_grammar() -> None:
    shipped = Path(gatid_dsl.__file__).with_name("parse_table.json").read_text("utf-8")
    made_by = json.loads(shipped)["made_by"]
    assert made_by == json.loads(table())["made_by"], "run `python -m gatid_dsl.parse`"
