"""Compiling the entry, in a job: the supervisor itself never reads `.gati` or plans."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gatid.daemon.job import Job, Outcome
from gatid.daemon.verdict import Refusal
from gatid_compiler import pipeline, plan_json
from gatid_dsl.render import render_json, render_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gatid.daemon.reactor import Reactor


@dataclass(frozen=True, slots=True)
class Compiled:
    """A plan's bytes, the app's name, and the warnings as text."""

    name: str
    data: bytes
    warnings: str


def start(
    reactor: Reactor, entry: Path, timeout: float, done: Callable[[Compiled | Refusal], None]
) -> Job:
    """Compile an entry file, or read a plan, in a child; tell `done` what came of it."""

    def body(tell: Callable[[Any], None]) -> int:
        tell(_read(entry) if entry.suffix == ".plan" else _compile(entry))
        return 0

    def ended(outcome: Outcome) -> None:
        done(_understand(outcome, entry, timeout))

    return Job(reactor, body, timeout, ended)


def _compile(entry: Path) -> dict[str, Any]:
    if not entry.is_file():
        return {"reason": f"there is no file `{entry}`"}
    result = pipeline.compile_project(entry)
    text = render_text(result.diagnostics)
    if result.plan is None:
        found = json.loads(render_json(result.diagnostics))
        count = found["errors"]
        reason = f"`{entry.name}` has {count} error{'' if count == 1 else 's'}"
        return {"reason": reason, "details": text, "diagnostics": found}
    data = plan_json.dumps(result.plan)
    return {"name": result.plan.app.name, "plan": data.decode(), "warnings": text}


def _read(path: Path) -> dict[str, Any]:
    try:
        data = path.read_bytes()
        name = plan_json.loads(data).app.name
    except OSError as error:
        return {"reason": f"cannot read `{path}`: {(error.strerror or '').lower()}"}
    except plan_json.BadPlanError as error:
        return {"reason": f"`{path}` is no plan: {error}"}
    return {"name": name, "plan": data.decode(), "warnings": ""}


def _understand(outcome: Outcome, entry: Path, timeout: float) -> Compiled | Refusal:
    if outcome.told:
        said = outcome.told[0]
        if "plan" in said:
            return Compiled(said["name"], said["plan"].encode(), said["warnings"])
        return Refusal(said["reason"], said.get("details", ""), said.get("diagnostics", {}))
    if outcome.timed_out:
        return Refusal(f"compiling `{entry.name}` took longer than {timeout:g} s")
    return Refusal(f"the compiler ended unexpectedly ({outcome.exit})", outcome.printed)
