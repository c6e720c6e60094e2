"""Runs tests of the tree that it is started in, in a process of its own each time: `python -P worker.py`, in a copy.

A job is a line of JSON on stdin, its answer a line of JSON on stdout:
  {"arguments": pytest's, "order": [test ids] or null, "cover": [folders] or null, "cpu_s": most, "wall_s": most}
  {"status": pytest's exit status, or null when time was up, "failed": id or "", "seconds": {id: CPU s}, "lines": {file:
  {line: [ids]}}}
order: only these run, in this order. cover: tell which tests run which lines of the files in these; "" is at import.
When stdin closes, it ends, and so does what it runs. What every test imports was imported before: a job takes half a
second less. It knows nothing of the project, for the tests are to import the copy's.
"""

import json
import os
import resource
import select
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import hypothesis.extra.numpy
import hypothesis.strategies
import numpy
import pytest

assert hypothesis.extra.numpy and hypothesis.strategies and numpy  # loaded for the children


class _Run:
    """pytest's side of a job."""

    def __init__(self, order: list[str] | None, coverage: Any) -> None:
        self._order = order
        self._coverage = coverage
        self.failed = ""
        self.seconds: dict[str, float] = {}

    def pytest_collection(self) -> None:
        """The same examples each time, and the first that fails is enough."""
        phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
        hypothesis.settings.register_profile("mutants", derandomize=True, database=None, deadline=None, phases=phases)
        hypothesis.settings.load_profile("mutants")

    @pytest.hookimpl(wrapper=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> Iterator[None]:
        yield
        if self._order is not None:
            place = {name: at for at, name in enumerate(self._order)}
            items[:] = sorted((item for item in items if item.nodeid in place), key=lambda item: place[item.nodeid])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        if self._coverage:
            self._coverage.switch_context(item.nodeid)
        since = time.process_time()
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid] = time.process_time() - since

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.failed:
            self.failed = report.nodeid


def _child(job: dict[str, Any], answer: str) -> int:
    """In the child: run the tests, write what came of it."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    resource.setrlimit(resource.RLIMIT_CPU, (job["cpu_s"], job["cpu_s"] + 5))
    coverage = None
    if job["cover"]:
        from coverage import Coverage

        coverage = Coverage(data_file=None, source=job["cover"], config_file=False)
        coverage.start()
    run = _Run(job["order"], coverage)
    status = int(pytest.main([*job["arguments"], "-q", "-p", "no:cacheprovider", "-p", "no:xdist"], plugins=[run]))
    lines: dict[str, dict[int, list[str]]] = {}
    if coverage:
        coverage.stop()
        data = coverage.get_data()
        here = Path.cwd()
        for file in data.measured_files():
            lines[Path(file).relative_to(here).as_posix()] = data.contexts_by_lineno(file)
    of = sys.modules.get("sapper")
    if of is not None and not str(of.__file__).startswith(os.getcwd() + os.sep):
        status = int(pytest.ExitCode.INTERNAL_ERROR)  # not the copy's: nothing was tried
    told = {"status": status, "failed": run.failed, "seconds": run.seconds, "lines": lines}
    Path(answer).write_text(json.dumps(told), encoding="utf-8")
    return 0


def _kill(child: int) -> None:
    for kill in (os.killpg, os.kill):
        try:
            kill(child, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _do(job: dict[str, Any]) -> dict[str, Any] | None:
    """The answer; None when stdin closed meanwhile."""
    with tempfile.NamedTemporaryFile(dir=os.getcwd(), suffix=".json") as answer:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                os.setpgid(0, 0)
                status = _child(job, answer.name)
            finally:
                os._exit(status)
        process = os.pidfd_open(child)
        try:
            ready, _, _ = select.select([0, process], [], [], job["wall_s"])
        finally:
            os.close(process)
        _kill(child)  # and whatever it started
        os.waitpid(child, 0)
        if 0 in ready:
            return None
        text = answer.read()
    return json.loads(text) if text else {"status": None, "failed": "", "seconds": {}, "lines": {}}


def main() -> None:
    """Job after job."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while line := sys.stdin.readline():
        answer = _do(json.loads(line))
        if answer is None:
            return
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
