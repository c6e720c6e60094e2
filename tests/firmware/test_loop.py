"""What the loop makes of its ticks, of those that do not complete, and when it ends."""

import ast
import importlib
import sys
from types import ModuleType, SimpleNamespace

import machine
import pytest
from bench import Bench

from sapper import app
from sapper.safety.supervisor import ARMED, FAULT, SWEEP
from sapper_host.files.checkout import ROOT

pytestmark = pytest.mark.unit


class Clock:
    """Ticks as they are due, 10 ms each."""

    def __init__(self):
        self.waits = 0

    def wait(self):
        self.waits += 1
        return 0

    def elapsed_ms(self):
        return 10


@pytest.fixture
def run(monkeypatch):
    """The module `run`, its board and the time of a machine that takes none."""
    import time

    board = ModuleType("sapper.hardware.board")
    board.Board = SimpleNamespace
    monkeypatch.setitem(sys.modules, "sapper.hardware.board", board)
    monkeypatch.delitem(sys.modules, "sapper.run", raising=False)
    monkeypatch.setattr(machine, "Timer", SimpleNamespace, raising=False)
    for name in ("sleep_ms", "sleep_us", "ticks_add", "ticks_ms"):
        monkeypatch.setattr(time, name, None, raising=False)  # the real Clock's
    monkeypatch.setattr(time, "ticks_us", lambda: 0, raising=False)
    monkeypatch.setattr(time, "ticks_diff", lambda a, b: a - b, raising=False)
    return importlib.import_module("sapper.run")


def looped(run, bench, ticks, each):
    """run.loop over so many ticks. each(n): before the nth. The order of feeding, a letter each."""
    app, order, count = bench.app, [], 0
    tick, report, feed, told = app.tick, app.report, app.feed, app.told

    def ticked(elapsed_ms, start_us):
        nonlocal count
        count += 1
        order.append("t")
        each(count)
        tick(elapsed_ms, start_us)

    app.tick = ticked
    app.report = lambda second, start_us: order.append("r") or report(second, start_us)
    app.feed = lambda: order.append("f") or feed()
    app.told = lambda: count >= ticks or told()
    app.leave_for = ""
    bench.board.watchdog.feed = lambda: order.append("w") or (count >= ticks and setattr(app, "leave_for", "repl"))
    run.loop(app, Clock())
    return "".join(order)


def test_a_tick_is_worked_told_and_then_fed_watchdog_last(run):
    bench = Bench().to(ARMED)
    bench.board.watchdog.running = False
    assert looped(run, bench, 3, lambda n: None) == "trfw" * 3
    assert bench.board.watchdog.running


def test_a_tick_that_raises_feeds_no_interlock_and_the_watchdog_still_and_is_a_fault(run):
    bench = Bench().to(SWEEP)
    feeds = bench.board.interlock.feeds

    def each(n):
        if n == 2:
            raise ValueError("injected")

    assert looped(run, bench, 4, each) == "trfw" + "tw" + "trfw" * 2
    assert bench.app.state == FAULT and bench.still() and bench.board.interlock.feeds == feeds + 1


def test_ticks_that_all_raise_end_the_loop_at_the_tenth_and_a_whole_one_in_between_begins_anew(run):
    def always(n):
        raise ValueError("injected")

    bench = Bench().to(SWEEP)
    with pytest.raises(ValueError, match="injected"):
        looped(run, bench, 100, always)
    assert bench.app.stats.ticks == 9 and bench.still()

    def mostly(n):
        if n % 10:
            raise ValueError("injected")

    bench = Bench().to(SWEEP)
    looped(run, bench, 40, mostly)
    assert bench.app.state == FAULT


def test_upkeep_comes_every_250_ticks_and_the_trial_is_judged_at_the_tenth(run):
    bench = Bench()
    at = []
    bench.app.upkeep = lambda: at.append(("upkeep", bench.app.stats.ticks))
    bench.app.prove = lambda: at.append(("prove", bench.app.stats.ticks))
    looped(run, bench, 600, lambda n: None)
    assert at == [("upkeep", 0), ("prove", 10), ("upkeep", 250), ("upkeep", 500)]


def test_the_loop_ends_once_asked_and_told(run):
    bench = Bench()
    ticks = []
    bench.board.watchdog.feed = lambda: ticks.append(1)
    bench.ports[0].room = 0
    bench.ports[0].waiting = b"reboot\n"

    tick = bench.app.tick

    def ticked(elapsed_ms, start_us):
        if len(ticks) == 20:
            bench.ports[0].room = 1000
        tick(elapsed_ms, start_us)

    bench.app.tick = ticked
    run.loop(bench.app, Clock())
    assert bench.app.leave_for == "reboot"
    assert 20 < len(ticks) < 25 and b"ok" in bench.ports[0].sent


def test_nobody_keeps_the_tables_that_the_heap_is_rid_of_at_the_start(run):
    """Whoever imports one as a module, and not its values, holds all of it."""
    keep = []
    for path in (ROOT / "firmware" / "sapper").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            for package, tables in app._TABLES:
                if isinstance(node, ast.ImportFrom) and node.module == package.__name__:
                    keep += [(path.name, name.name) for name in node.names if name.name in tables]
    assert keep == [("fields.py", "wire")]  # which no board imports
    assert not [path for path in (ROOT / "firmware" / "sapper").rglob("*.py") if "import fields" in path.read_text()]
