"""A random mix of handlers that misbehave: every request is answered rightly, and none notices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import uvloop

from tests.gatid.lifecycle.misbehaving import Mix

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

REQUESTS = 100_000


@pytest.mark.prop(6)
@pytest.mark.prop(8)
def test_whatever_handlers_do_all_are_answered(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    mix = Mix(tmp_path)
    uvloop.run(mix.run(iter(range(REQUESTS)), 500))
    faults = mix.faults()
    mix.close()
    assert faults[:10] == []
    assert sum(mix.asked.values()) == REQUESTS
    assert all(mix.asked[name] for name, kind in mix.kinds.items() if kind.weight)
    record_property("examples", REQUESTS)
