"""What these tools start ends with them; what they are told by a signal they obey, once and soon."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from sapper_host import processes
from sapper_host.files.temporary import temporary_folder
from tests.family import Family

CHILD = """
import subprocess, sys, time
from sapper_host import processes
start = processes.start if sys.argv[1] == "ours" else subprocess.Popen
start(["sleep", "3600.5"])
print("started", flush=True)
time.sleep(3600)
"""
DEAF = """
import sys, time
from sapper_host import processes
def main():
    try:
        print("under way", flush=True)
        time.sleep(3600)
    finally:
        time.sleep(float(sys.argv[1]))
sys.exit(processes.command(main))
"""


def family(tmp_path: Path, code: str, *words: str) -> Family:
    return Family([sys.executable, "-c", code, *words], tmp_path)


@pytest.mark.parametrize("how", ["ours", "plain"])
def test_a_program_ends_with_whoever_started_it(tmp_path: Path, how: str) -> None:
    """With the plain way, the same test sees it go on."""
    with family(tmp_path, CHILD, how) as made:
        made.wait_until("sleep 3600.5", 1, 60)
        # A kill -9 between the program's start and the next lines of `start` is beyond what can be arranged for.
        while "started" not in made.said:
            time.sleep(0.02)
        made.process.kill()
        left = made.left_after(2.0 if how == "ours" else 0.5)
        assert ["sleep 3600.5" in line for line in left.values()] == ([] if how == "ours" else [True])


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a program has to look by itself")
def test_a_program_that_ends_by_itself_costs_nothing() -> None:
    processes.run(["true"], check=True)
    files = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        assert processes.run(["echo", "said"], capture_output=True, text=True).stdout == "said\n"
    assert len(os.listdir("/proc/self/fd")) == files


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_command_that_is_ended_says_so_and_has_the_shells_status(tmp_path: Path, number: signal.Signals) -> None:
    with family(tmp_path, DEAF, "0") as made:
        while "under way" not in made.said:
            time.sleep(0.02)
        made.process.send_signal(number)
        assert made.process.wait(60) == 128 + number
        assert made.said.splitlines()[-1] == ("stopped" if number == signal.SIGINT else f"stopped by {number.name}")


def test_putting_away_that_never_ends_is_cut_short(tmp_path: Path) -> None:
    with family(tmp_path, DEAF, "3600") as made:
        while "under way" not in made.said:
            time.sleep(0.02)
        made.process.terminate()
        assert made.process.wait(60) == 143
        assert "without putting everything away" in made.said


def test_nohup_keeps_its_meaning() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with processes.endings():
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
            assert callable(signal.getsignal(signal.SIGTERM))
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_process_ends_with_the_one_that_is_named(tmp_path: Path) -> None:
    with (
        psutil.Popen(["sleep", "3600"]) as named,
        Family([sys.executable, "-c", DEAF, "0"], tmp_path, {processes.VARIABLE: str(named.pid)}) as made,
    ):
        while "under way" not in made.said:
            time.sleep(0.02)
        assert made.process.poll() is None
        named.kill()
        assert made.process.wait(60) == 143


def test_temporary_folders_of_who_was_killed_are_removed_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with psutil.Popen(["true"]) as gone:
        gone.wait()
    dead, alive, other = (tmp_path / f"sapper-{name}" for name in (f"x-{gone.pid}-a", f"x-{os.getpid()}-b", "x-notes"))
    for folder in (dead, alive, other):
        folder.mkdir()
    with temporary_folder("x") as made:
        assert not dead.exists() and alive.is_dir() and other.is_dir() and Path(made).is_dir()
    assert not Path(made).exists()


def test_a_ctrl_c_amid_the_making_of_a_temporary_folder_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    make = tempfile.mkdtemp

    def made_and_ended(*words: Any) -> str:
        make(*words)
        raise KeyboardInterrupt

    with temporary_folder("x") as other:
        monkeypatch.setattr("tempfile.mkdtemp", made_and_ended)
        with pytest.raises(KeyboardInterrupt):
            temporary_folder("x")
        assert [str(path) for path in tmp_path.iterdir()] == [other]
