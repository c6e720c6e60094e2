"""Flash is written within `on_flash` and nowhere else: whatever is said, slow flash is never met by the watchdog."""

import builtins
import os

import pytest
from bench import Bench

from sapper.shared.commands import COMMANDS
from sapper.storage import file_system
from sapper.update import running

pytestmark = pytest.mark.unit

LINES = {
    "key": ("key " + "ab" * 32, "key none"),
    "teamkey": ("teamkey " + "ab" * 32,),
    "name": ("name rover-7", "name none"),
    "storage": ("storage", "storage erase"),
    "update": ("update", "update run factory", "update run slot_a"),
    "set": ("set sweep_mm_s 310",),
    "log": ("log", "log saved"),
    "clock": ("clock",),
    "digest": ("digest 0 256",),
}


class Slots:
    """The board's own module, as far as the application writes flash with it."""

    running = "a"
    why = "trial"
    API = 0

    def __init__(self, write):
        self.point_to = lambda *_: write("slots")
        self._write = write

    def keep(self):
        self._write("slots")
        self.why = "chosen"

    def on_trial(self):
        return self.why == "trial"

    def __getattr__(self, name):
        return lambda *_: {"trailer": {}, "idle": "b", "mpy_version": 0}.get(name, "")


@pytest.fixture
def writes(tmp_path, monkeypatch):
    """(bench, [(what was written, whether the watchdog ran)])."""
    monkeypatch.setattr("sapper.safety.checks._TEST_FILE", str(tmp_path / "selftest.tmp"))
    bench = Bench()
    seen = []

    def write(what):
        seen.append((what, bench.board.watchdog.running))

    def opened(path, mode="r", *more, **named):
        if set(mode) & set("wax+"):
            write(f"open {os.path.basename(path)}")
        return kept_open(path, mode, *more, **named)

    kept_open = builtins.open
    monkeypatch.setattr(builtins, "open", opened)
    for name in ("rename", "remove", "unlink", "mkdir", "rmdir", "sync"):
        work = getattr(os, name)

        def changed(*words, _name=name, _work=work):
            write(_name)
            return _work(*words)

        monkeypatch.setattr(os, name, changed)
    monkeypatch.setattr(file_system, "erase", lambda: write("erase"))
    monkeypatch.setattr(running, "slots", Slots(write))
    return bench, seen


@pytest.mark.parametrize("name", [row[0] for row in COMMANDS])
def test_no_command_writes_flash_while_the_watchdog_runs(writes, name):
    bench, seen = writes
    for line in LINES.get(name, (name,)):
        bench.say(line, ticks=30)
    assert not [what for what, watched in seen if watched]
    if name in ("save", "selftest", "key", "name", "storage", "update"):
        assert seen, "or the test looks at nothing"


def test_a_mission_and_a_trial_write_no_flash_while_the_watchdog_runs(writes):
    bench, seen = writes
    bench.tick(10)
    bench.app.prove()
    assert bench.arm() == "ok state=ARMED"
    bench.say("stop")
    for _ in range(4):
        bench.app.upkeep()
    assert not [what for what, watched in seen if watched]
    assert [what for what, _ in seen if what == "slots"] and [what for what, _ in seen if "log" in what]
