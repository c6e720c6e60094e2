"""Ctrl-C while several boards are worked on is heard whenever it comes, and loses no board's result."""

from __future__ import annotations

import _thread
import os
import random
import signal
import threading
import time

import pytest

from sapper_host.screen.several import at_once

pytestmark = pytest.mark.unit


def test_results_come_in_order() -> None:
    assert at_once([lambda: time.sleep(0.05) or 1, lambda: 2, lambda: 3]) == [1, 2, 3]
    assert at_once([]) == []


def test_what_a_work_raises_is_raised_when_all_have_ended() -> None:
    done = []

    def fails() -> int:
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        at_once([fails, lambda: time.sleep(0.1) or done.append(1)])
    assert done == [1]


@pytest.mark.parametrize("seed", range(8))
def test_ctrl_c_at_any_moment_stops_all_and_still_gives_every_result(seed: int) -> None:
    stop = threading.Event()
    pause_s = random.Random(seed).choice([0.0, 0.0, 0.001, 0.05, 0.2])

    def press() -> str:
        for _ in range(1 + seed % 3):
            time.sleep(pause_s)
            os.kill(os.getpid(), signal.SIGINT)
        return work()

    def work() -> str:
        return "stopped" if stop.wait(5) else "went on"

    assert at_once([press, work, work, work], stop.set) == ["stopped"] * 4


def test_ctrl_c_leaves_at_once_when_nobody_takes_it() -> None:
    go_on = threading.Event()
    threading.Timer(0.2, _thread.interrupt_main).start()
    begin = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        at_once([lambda: go_on.wait(5)])
    assert time.monotonic() - begin < 3
    go_on.set()
