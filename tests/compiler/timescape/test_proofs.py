"""Nothing proved ever fails, and nothing is refuted without a message that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, event, given, note, settings
from hypothesis import strategies as st

from tests.compiler.timescape.histories import histories
from tests.compiler.timescape.proving import Held

if TYPE_CHECKING:
    from tests.compiler.timescape.projects import Project


@pytest.mark.prop(14)
@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(histories(most=3), st.data())
def test_verdicts_on_random_histories_hold(read: Project, data: st.DataObject) -> None:
    note(read.text)
    held = Held(read)
    for kind in ("proved", "refuted", "unknown"):
        event(f"{kind}: {held.counts[kind] > 0}")
    held.hold(data, 2)
