"""A pytest session with rigs: each test gets its rig, leaves its evidence, and is written down; then the report.

The plugin (plugin.py) registers it where `--rig` was given.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hil.errors import HilError
from hil.play.operator import OperatorError
from hil.rigs.capabilities import CAPABILITIES, names
from hil.rigs.registry import open_rig, why_not
from hil.rigs.rig import Rig
from hil.testing.board import NotDoneError
from hil.testing.book import default_book, verdicts
from hil.testing.book_file import Book
from hil.testing.evidence import gather
from hil.testing.report import FACT, Session, Shown, summary, write_report
from hil.testing.revision import revision
from hil.testing.session import Rigs
from hil.testing.watched import WatchedRig, watched
from sapper_host.errors import SapperError

_FAILURES = "failures"
_NAME_MOST = 100


class _Run:
    """What is known of a test that uses a rig, while it runs."""

    def __init__(self, number: int) -> None:
        self.number = number  # in the book
        self.began_s = time.monotonic()
        self.rig: WatchedRig | None = None
        self.facts: dict[str, str] = {}
        self.outcome = "passed"
        self.why = ""


_RUN = pytest.StashKey[_Run]()


class Scenarios:
    """A plugin of the session. In workers of pytest-xdist it runs tests, in their controller it reports."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.leads = not hasattr(config, "workerinput")
        self.folder: Path = config.rootpath / config.getoption("--rig-report")
        self.revision = revision(config.rootpath)
        self.session = Session(time.time(), self.folder, self.revision)
        self._rigs: Rigs | None = None
        self._book: Book | None = None
        self._phases: dict[str, list[pytest.TestReport]] = {}

    @property
    def rigs(self) -> Rigs:
        """Of this process."""
        if self._rigs is None:
            self._rigs = Rigs(self._open, self.config.getoption("--rig-firmware"))
        return self._rigs

    def _open(self, name: str, firmware: Path | None) -> Rig:
        path = self.config.getoption("--rig-config")
        options: dict[str, Any] = {"config": path} if path else {}
        if path:
            firmware = None  # a bench of hardware runs what it is flashed with (job.py)
        found: Rig | None = self.config.hook.pytest_sapper_open_rig(
            config=self.config, name=name, firmware=firmware, options=options
        )
        if found is not None:
            return found
        if self.config.getoption("--place"):
            raise HilError("--place: nobody here opens a farm's rigs; load the plugin hil.farm.plugin, too")
        try:
            return open_rig(name, firmware, **options)
        except TypeError as error:
            if "config" not in str(error):
                raise
            raise HilError(f"--rig-config: the rig {name} takes no configuration; leave it out") from None

    @property
    def book(self) -> Book:
        """The book, opened when it is first asked for."""
        if self._book is None:
            self._book = Book(self.config.getoption("--rig-book") or default_book())
        return self._book

    # While tests run

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """A capability that there is not is told before anything runs."""
        for item in items:
            _needs(item)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Skip by name what the rig lacks, before it is opened."""
        name = _rig_of(item)
        if name:
            item.user_properties += [(f"{FACT}rig", name), (f"{FACT}scenario", _scenario(item))]
            if missing := why_not(name, _needs(item)):
                pytest.skip(missing)

    def lent(self, item: pytest.Item, name: str) -> Iterator[WatchedRig]:
        """What the fixture `rig` gives."""
        wanted = self.rigs.under_test(name)
        run = _Run(self.book.begin(_scenario(item), wanted.on(name), wanted.hash, self.revision))
        item.stash[_RUN] = run
        if self.book.told:
            item.user_properties.append((f"{FACT}told", self.book.told))
            self.book.told = ""
        run.facts = {"rig": name, "in_book": wanted.on(name), "firmware": wanted.hash, "git": self.revision}
        found, job = self.rigs.lend(name)
        run.facts |= job.facts
        run.rig = watched(found)
        yield run.rig
        self.rigs.check_usb(found)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        report: pytest.TestReport = yield
        run = item.stash.get(_RUN, None)
        if run is None:
            return report
        added: dict[str, str] = {}
        if report.failed and run.outcome == "passed":
            run.outcome = "failed" if report.when == "call" else "error"
            run.why = _first_line(report)
            added = run.facts | self._evidence(item, run)
            if call.excinfo is not None and run.rig is not None and _rig_broke(call.excinfo.value):
                self.rigs.drop(run.rig.name)
        elif report.skipped:
            run.outcome = "skipped"
        elif report.when == "call":
            added = run.facts
        if report.when == "teardown":
            added |= self._write_down(run)
        properties = [(f"{FACT}{name}", value) for name, value in added.items() if name != "rig"]
        item.user_properties += properties
        report.user_properties += properties
        return report

    def _evidence(self, item: pytest.Item, run: _Run) -> dict[str, str]:
        """What a failure leaves, and its names; whatever happens in here, the failure itself is told."""
        if run.rig is None:
            return {}

        folder = f"{_FAILURES}/{_folder_name(item.nodeid)}"
        title = f"{item.name}: {run.why}"
        try:
            record = run.rig.hear_out()
            return {"folder": folder} | gather(record, self.folder / folder, title, run.facts | {"why": run.why})
        except Exception as error:
            return {"timeline_problem": f"{type(error).__name__}: {error}"}

    def _write_down(self, run: _Run) -> dict[str, str]:
        """Into the book; what people have to know where it does not take it."""
        try:
            if run.outcome == "skipped":
                self.book.forget(run.number)
            else:
                seconds = time.monotonic() - run.began_s
                self.book.end(run.number, run.outcome, seconds, run.facts.get("board", ""), run.why)
        except HilError as error:
            return {"told": str(error)}
        return {}

    def pytest_sessionstart(self) -> None:
        if self.leads and (self.folder / _FAILURES / ".sapper").exists():
            shutil.rmtree(self.folder / _FAILURES)
        if self.leads:
            (self.folder / _FAILURES).mkdir(parents=True, exist_ok=True)
            (self.folder / _FAILURES / ".sapper").write_text("What failed last; made anew by each run.\n")

    # At the end

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if self.leads:
            self._phases.setdefault(report.nodeid, []).append(report)

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self) -> Any:
        try:
            return (yield)
        finally:
            if self._rigs is not None:
                self._rigs.close()

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The report is made, and what is flaky told."""
        if not self.leads:
            return

        self.session.runs = [run for run in map(_shown, self._phases.values()) if run is not None]
        self.session.told += dict.fromkeys(
            run.properties["told"] for run in self.session.runs if "told" in run.properties
        )
        terminalreporter.section("scenarios on rigs")
        try:
            if any(run.outcome != "skipped" for run in self.session.runs):
                self._consult_the_book(terminalreporter)
            terminalreporter.write_line(f"{summary(self.session.runs)}; {write_report(self.session)}")
        except (HilError, SapperError) as error:
            self.session.told.append(str(error))
        for line in self.session.told:
            terminalreporter.write_line(line, yellow=True)

    def _consult_the_book(self, terminalreporter: pytest.TerminalReporter) -> None:
        mine = {
            tuple(r.properties.get(name) for name in ("scenario", "in_book", "firmware")) for r in self.session.runs
        }
        self.session.book = str(self.book.path)
        every = verdicts(self.book.runs())
        self.session.verdicts = [v for v in every if (v.scenario, v.rig, v.firmware) in mine]
        for verdict in self.session.verdicts:
            if verdict.flaky:
                terminalreporter.write_line(verdict.line, red=True)


def _rig_of(item: pytest.Item) -> str:
    callspec = getattr(item, "callspec", None)
    return str(callspec.params.get("rig_name", "")) if callspec else ""


def _needs(item: pytest.Item) -> list[type]:
    """The capabilities that a test's marks name."""
    by_name = {each.__name__: each for each in CAPABILITIES}
    found = []
    for mark in item.iter_markers("needs"):
        for need in mark.args:
            each = by_name.get(need) if isinstance(need, str) else need
            if each not in CAPABILITIES:
                raise pytest.UsageError(f"{item.nodeid} needs {need}; there are {names(CAPABILITIES)}")
            found.append(each)
    return found


def _scenario(item: pytest.Item) -> str:
    """The test's name in the book, without rig and round: 'scenarios/test_stops.py::test_estop[a]'."""
    rounds = re.compile(rf"(?:-|\[){re.escape(_rig_of(item))}(?:-\d+of\d+)?(?=[\]-])")
    name = rounds.sub(lambda match: "[" if match.group()[0] == "[" else "", item.nodeid, count=1)
    return name.replace("[-", "[").replace("[]", "")


def _folder_name(nodeid: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", nodeid.rpartition("/")[2]).strip("-")[:_NAME_MOST]


def _first_line(report: pytest.TestReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    text = crash.message if crash else str(report.longrepr)
    return text.split("\n")[0][:400]


def _rig_broke(error: BaseException) -> bool:
    """Whether it is the rig itself that gave up, and not its board that did something else."""
    return isinstance(error, HilError) and not isinstance(error, (OperatorError, NotDoneError))


def _shown(phases: list[pytest.TestReport]) -> Shown | None:
    """A test's phases as one line of the report; None of a test without a rig."""
    properties = {name: str(v) for report in phases for name, v in report.user_properties}
    if f"{FACT}rig" not in properties:
        return None
    worst = next((report for report in phases if report.failed), None)
    skipped = next((report for report in phases if report.skipped), None)
    shown = Shown(phases[0].nodeid.rpartition("/")[2], "passed", sum(report.duration for report in phases))
    shown.properties = {name.removeprefix(FACT): v for name, v in properties.items() if name.startswith(FACT)}
    if worst is not None:
        shown.outcome = "failed" if worst.when == "call" else "error"
        shown.why, shown.trace = _first_line(worst), worst.longreprtext
    elif skipped is not None:
        reason = skipped.longrepr[2] if isinstance(skipped.longrepr, tuple) else str(skipped.longrepr)
        shown.outcome, shown.why = "skipped", reason.removeprefix("Skipped: ")
    return shown
