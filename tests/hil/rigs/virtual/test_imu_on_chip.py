"""The IMU's driver on the chip: nothing of it stays on the heap, whatever the bus does; what a tick of it costs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

pytestmark = pytest.mark.virtual

MS = 1_000_000
MADE = """
import micropython
from sapper.hardware.imu import Imu
from sapper.sensors.inertial import Inertial
imu = Imu(); inertial = Inertial()
took = [[], []]
def tick(standing, kept):
    time.sleep_ms(9)
    micropython.heap_lock()
    a = time.ticks_us(); imu.read(); b = time.ticks_us(); inertial.take(imu, standing, 10); c = time.ticks_us()
    micropython.heap_unlock()
    if kept: took[0].append(time.ticks_diff(b, a)); took[1].append(time.ticks_diff(c, b))
"""
OF_MEAN_US = (120, 130)  # read, take: none of it in the hot set, some of it out of the cache
OF_WORST_US = (220, 600)


@pytest.fixture
def board(repl) -> Iterator:
    """At its prompt, with the IMU's driver."""
    repl.execute(MADE)
    yield repl
    repl.pico.imu.fault("none")
    repl.pico.imu.plug(False)


def played(repl) -> None:
    """Ten seconds of noise, and the part plugged in."""
    chance = np.random.default_rng(3)
    rows = np.round(chance.standard_normal((1000, 7)) * [0, 3, 3, 3, 10, 10, 10] + [300, 0, 0, 40, 0, 0, 16_384])
    repl.pico.imu.play(repl.pico.now_ns + np.arange(1000) * 10 * MS, rows)
    repl.pico.imu.plug()


def ticks(repl, count: int, standing: bool = False) -> list[str]:
    """So many of them; present, fault, state, trusted at their end."""
    repl.execute(f"for n in range({count}): tick({standing}, False)", 20_000)
    return repl.execute("print(imu.present, imu.fault or '-', inertial.state, inertial.trusted)").split()


def test_nothing_of_it_stays_on_the_heap_whatever_the_bus_does(board) -> None:
    assert ticks(board, 120) == ["False", "unplugged", "5", "False"]
    played(board)
    assert ticks(board, 250, True) == ["True", "-", "0", "True"]
    board.pico.imu.fault("sda_low")
    assert ticks(board, 220)[:3] == ["False", "bus", "1"]
    board.pico.imu.fault("stuck")
    assert ticks(board, 130)[2] == "4"
    board.pico.imu.fault("none")
    board.pico.imu.plug(False)
    assert ticks(board, 130)[:3] == ["False", "unplugged", "5"]


@pytest.mark.parametrize("seed", range(3))
def test_a_device_of_any_contents_is_read_or_refused(board, seed: int) -> None:
    """256 bytes of chance behind its address, some of them what the driver looks for."""
    chance = np.random.default_rng(seed)
    contents = [int(byte) for byte in chance.integers(0, 256, 256)]
    if seed:
        contents[0x0F] = 0x6C
    call = board.pico.call
    bus = call("i2c", "bus", 6, 7)
    try:
        call("i2c", "registers", bus, 0x6A, contents, {"takes": int(chance.integers(1, 4))})
        assert ticks(board, 130)[1] in (("wrong_id",) if seed == 0 else ("-", "bus", "unplugged", "starting"))
        call("i2c", "fault", bus, "sclLow", True)
        assert ticks(board, 20)[0] == "False"
        call("i2c", "fault", bus, "sclLow", False)
        ticks(board, 120)
    finally:
        call("i2c", "clear")


def test_a_tick_of_it_costs_what_is_said(board) -> None:
    played(board)
    assert ticks(board, 250, True)[3] == "True"
    for standing in (True, False):
        board.execute(f"took = [[], []]\nfor n in range(100): tick({standing}, True)", 20_000)
        told = board.execute("for t in took: print(sum(t) // len(t), max(t))")
        for line, mean_most, worst_most in zip(told.splitlines(), OF_MEAN_US, OF_WORST_US, strict=True):
            mean_us, worst_us = map(int, line.split())
            print(standing, mean_us, worst_us)
            assert mean_us <= mean_most and worst_us <= worst_most
