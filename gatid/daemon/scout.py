"""Trying a candidate before any worker does: load and link it in a job, then throw it away.

Handler files may raise, hang, end the process or print; here they can do so to nobody. No
module is started.
"""

from __future__ import annotations

import faulthandler
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatid.daemon.facts import Facts, facts
from gatid.daemon.fixed import Fixed, Overrides
from gatid.daemon.job import Job, Outcome
from gatid.daemon.store import read_plan
from gatid.daemon.verdict import Refusal
from gatid.endpoint.link import LinkError, link
from gatid.endpoint.loading import LoadError, load, plain
from gatid.observe.capture import scrubbed
from gatid.observe.logs import Log
from gatid.observe.pages import MeterPages
from gatid.policies.rate import RateTable
from gatid.services.host import Host
from gatid.services.secrets import needed
from gatid_compiler import plan_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatid.daemon.messages import Prepare
    from gatid.daemon.reactor import Reactor

_EARLIER = 0.2
"""How long before the job is killed the place where it hangs is printed."""


@dataclass(frozen=True, slots=True)
class Scouted:
    """The candidate loads and links. `printed` is what its files wrote while imported, `facts`
    what its plan says.
    """

    fixed: Fixed
    facts: Facts
    printed: str


def start(
    reactor: Reactor,
    candidate: Prepare,
    base: Path,
    overrides: Overrides,
    timeout: float,
    done: Callable[[Scouted | Refusal, Fixed | None], None],
) -> Job:
    """Try a stored plan; tell `done`, with the settings it wants if known."""
    path, plan_id = Path(candidate.path), candidate.hash

    def body(tell: Callable[[Any], None]) -> int:
        faulthandler.dump_traceback_later(max(timeout - _EARLIER, timeout / 2), file=2)
        plan = plan_json.loads(read_plan(path, plan_id))
        tell({"fixed": Fixed.of(plan, overrides).to_json()})

        def progress(file: str, begins: bool) -> None:
            tell({"begins" if begins else "ends": file})

        host = Host.create(
            base=base,
            worker=0,
            pages=MeterPages.create(1),
            rates=RateTable.create(),
            log=Log.stderr("warning"),
        )
        scrubber = host.log.output.scrubber
        host.secrets.of(plan.secrets).learn(needed(plan))
        sys.stdout = scrubbed(sys.stdout, scrubber)
        sys.stderr = scrubbed(sys.stderr, scrubber)
        try:
            code = load(plan.code, 0, plan_id, base, progress)
            link(plan, 0, host, code, plan_id=plan_id)
        except (LoadError, LinkError) as error:
            details = error.traceback if isinstance(error, LoadError) else ""
            cause = error.__cause__
            if not details and isinstance(cause, LoadError):
                details = cause.traceback
            reason = str(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, the candidate is not fit
            details = plain("".join(traceback.format_exception(error)))
            reason = f"the plan cannot be linked: {plain(str(error))}"
        else:
            tell({"linked": facts(plan).to_json()})
            return 0
        tell({"reason": scrubber.text(reason), "details": scrubber.text(details)})
        return 0

    def ended(outcome: Outcome) -> None:
        done(*_understand(outcome, timeout))

    return Job(reactor, body, timeout, ended)


def _understand(outcome: Outcome, timeout: float) -> tuple[Scouted | Refusal, Fixed | None]:
    fixed: Fixed | None = None
    running: list[str] = []
    for said in outcome.told:
        if "fixed" in said:
            fixed = Fixed.from_json(said["fixed"])
        elif "begins" in said:
            running.append(said["begins"])
        elif "ends" in said:
            running.pop()
        elif "reason" in said:
            return Refusal(said["reason"], said["details"]), fixed
        elif "linked" in said and fixed is not None:
            return Scouted(fixed, Facts.from_json(said["linked"]), outcome.printed), fixed
    where = f"`{running[-1]}`" if running else "the candidate"
    if outcome.timed_out:
        reason = f"importing {where} took longer than {timeout:g} s"
    elif running:
        reason = f"importing {where} ended the process ({outcome.exit})"
    else:
        reason = f"the scout ended unexpectedly ({outcome.exit})"
    return Refusal(reason, plain(outcome.printed)), fixed
