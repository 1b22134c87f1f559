"""Nothing proved ever fails, and nothing is refuted without a message that fails."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, event, given, note, settings
from hypothesis import strategies as st

from gatid_compiler.timescape.proofs.verdict import word
from tests.compiler.timescape.histories import histories
from tests.compiler.timescape.members import Drawn, Rolled
from tests.compiler.timescape.projects import project
from tests.compiler.timescape.proving import Held

if TYPE_CHECKING:
    from tests.compiler.timescape.projects import Project

OPEN = """
version 2025-01-01 as v1
version 2025-02-01 as v2
version 2025-03-01 as v3
type Person { name: string, score?: string, ... }
route put_person PUT /people {
  body    Person
  returns Person
  handler desk:put
}
change v2 { type Person { drop score?: int(0..100) } }
change v3 { type Person { add score?: string } }
"""

RING = """
version 2025-01-01 as v1
version 2025-02-01 as v2
version 2025-03-01 as v3
type Ring { d: Ring[], e?: Ring | null }
route put_ring PUT /ring {
  body    Ring
  returns Ring
  handler desk:put
}
change v2 { type Ring { drop c?: int } }
change v3 { type Ring { each d { require d = [{ d: [], e: null }] } } }
"""


@pytest.mark.prop(14)
@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(histories(most=3), st.data())
def test_verdicts_on_random_histories_hold(read: Project, data: st.DataObject) -> None:
    note(read.text)
    held = Held(read)
    for kind in ("proved", "refuted", "unknown"):
        event(f"{kind}: {held.counts[kind] > 0}")
    held.hold(Drawn(data.draw), 2)


def test_what_an_open_object_discards_is_proved_to_be_gone() -> None:
    proofs = Held(project(OPEN)).proofs
    assert [word(proof.verdict) for proof in proofs] == ["proved"] * len(proofs)
    assert len(proofs) >= 3


def test_a_type_that_changes_inside_of_itself_is_carried_as_proved() -> None:
    held = Held(project(RING))
    held.hold(Rolled(Random(1)), 50)  # noqa: S311 - repeatable, no secret
    assert held.counts["proved"] == 4
    assert held.counts["messages"] > 100
