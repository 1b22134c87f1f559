"""What holds for every test: Hypothesis, tools that may be missing, numbered properties."""

from __future__ import annotations

import os
import shutil
import tomllib
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.statistics import collector

# No test may fail because a machine is slow; on CI the same examples run every time.
settings.register_profile("house", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("house")

_PROPS = Path(__file__).with_name("props.toml")
_EXAMPLES = pytest.StashKey[int]()
_RAN = "examples of property"
_MISSING = "tool that is missing"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--props",
        action="store_true",
        help="print the table of numbered properties, and fail where one has no passing test",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(_Tools(), "gatid-tools")
    if config.getoption("--props"):
        config.pluginmanager.register(_Properties(), "gatid-props")


class _Tools:
    """Skips what `needs` a tool that is missing, and names the tool at the end."""

    def __init__(self) -> None:
        self.missing: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for key, tool in report.user_properties:
            if key == _MISSING and report.when == "setup":
                self.missing[tool] += 1

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        for mark in item.iter_markers("needs"):
            for tool in mark.args:
                if shutil.which(tool) is None:
                    item.user_properties.append((_MISSING, tool))
                    pytest.skip(f"needs {tool}")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for tool, tests in sorted(self.missing.items()):
            terminalreporter.write_line(f"{tool} is missing here: {tests} tests did not run")


class _Properties:
    """Counts, for each numbered property, the tests that passed and the examples they ran.

    A Hypothesis test counts its valid examples; any other test is one example, or as many as
    it says by `record_property("examples", n)`.
    """

    def __init__(self) -> None:
        self.passed: defaultdict[int, list[str]] = defaultdict(list)
        self.examples: Counter[int] = Counter()

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> object:
        outer = collector.value  # Hypothesis' own plugin listens too

        def listen(statistics: dict) -> None:
            if outer is not None:
                outer(statistics)
            ran = sum(
                case["status"] == "valid"
                for phase in ("reuse-phase", "generate-phase")
                for case in statistics.get(phase, {}).get("test-cases", ())
            )
            pyfuncitem.stash[_EXAMPLES] = pyfuncitem.stash.get(_EXAMPLES, 0) + ran

        with collector.with_value(listen):
            return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo) -> None:
        """What was run goes with the report, which may be read in another process."""
        if call.when == "call":
            said = sum(value for key, value in item.user_properties if key == "examples")
            ran = item.stash.get(_EXAMPLES, said or 1)
            for number in {mark.args[0] for mark in item.iter_markers("prop")}:
                item.user_properties.append((_RAN, (number, ran)))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            for number, ran in (value for key, value in report.user_properties if key == _RAN):
                self.passed[number].append(report.nodeid)
                self.examples[number] += ran

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if hasattr(session.config, "workerinput"):
            return  # one of several processes, each of which ran some of the tests
        if any(not self.passed[number] for number in _built()) and not session.exitstatus:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("properties: number, passing tests, examples run")
        for number, promise in _built().items():
            tests = len(self.passed[number])
            line = f"{number:3}  {tests:4}  {self.examples[number]:8}  {promise}"
            terminalreporter.write_line(line if tests else f"{line}  <- no passing test")
        for number in sorted(set(self.passed) - set(_built())):
            terminalreporter.write_line(f"{number:3}  has tests, and is not in {_PROPS.name}")


def _built() -> dict[int, str]:
    table = tomllib.loads(_PROPS.read_text(encoding="utf-8"))["built"]
    return {int(number): promise for number, promise in table.items()}
