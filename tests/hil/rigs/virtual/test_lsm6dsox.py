"""The IMU by its registers (DS12814), as MicroPython's own I2C sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

pytestmark = pytest.mark.virtual
MS = 1_000_000
SET_UP = """
from machine import I2C
i = I2C(1, sda=Pin(6), scl=Pin(7), freq=400_000, timeout=2000)
def put(r, *v): i.writeto_mem(0x6A, r, bytes(v))
def got(r, n=1): return list(i.readfrom_mem(0x6A, r, n))
def rows():
    b = i.readfrom_mem(0x6A, 0x20, 14)
    v = [b[2 * n] | b[2 * n + 1] << 8 for n in range(7)]
    return [x - 65536 if x > 32767 else x for x in v]
"""
ON = "put(0x10, 0x40, 0x40, 0x44)"
ROW = [640, 100, -200, 300, 1000, -2000, 16_000]

Ask = Callable[[str], object]


@pytest.fixture
def ask(repl) -> Iterator[Ask]:
    """What an expression gives, of a part that has had its power for 20 ms; or a statement, done."""
    repl.pico.imu.play([0], [ROW])
    repl.pico.imu.plug()
    repl.pico.run(20 * MS)
    repl.execute(SET_UP)
    yield lambda code: eval(repl.execute(code if code.startswith("put") else f"print({code})").strip() or "None")
    repl.pico.imu.fault("none")
    repl.pico.imu.plug(False)


def test_it_starts_with_its_defaults_and_without_values(repl, ask: Ask) -> None:
    assert ask("i.scan()") == [0x6A]
    assert ask("got(0x0F)") == [0x6C]
    assert ask("got(0x10, 10)") == [0, 0, 0x04, 0, 0, 0, 0, 0, 0xE0, 0]
    repl.pico.run(200 * MS)
    assert ask("got(0x1E)") == [0] and ask("rows()") == [0] * 7


def test_it_does_not_answer_for_its_first_10_ms(repl, ask: Ask) -> None:
    repl.pico.imu.plug(False)
    repl.pico.imu.plug()
    since_ns = repl.pico.now_ns
    assert ask("i.scan()") == []
    repl.pico.run(since_ns + 10 * MS - repl.pico.now_ns if repl.pico.now_ns < since_ns + 10 * MS else 0)
    repl.pico.run(MS)
    assert ask("got(0x0F)") == [0x6C]


def test_values_come_when_each_has_settled_104_times_a_second(repl, ask: Ask) -> None:
    repl.execute(
        f"t = time.ticks_us(); {ON}; first = [0, 0]; n = 0; seen = []\n"
        "while time.ticks_diff(time.ticks_us(), t) < 1_000_000:\n"
        "    s = got(0x1E)[0]; u = time.ticks_diff(time.ticks_us(), t)\n"
        "    for k in (0, 1):\n"
        "        if s >> k & 1 and not first[k]: first[k] = u\n"
        "    if s & 2: seen.append(u); rows()\n"
    )
    accel_us, gyro_us = eval(repl.execute("print(first)"))
    assert 10_000 <= accel_us < 12_000 and 70_000 <= gyro_us < 72_000
    steps = np.diff(eval(repl.execute("print(seen)")))
    assert np.mean(steps) == pytest.approx(1e6 / 104, rel=0.005)
    assert ask("rows()") == ROW


def test_what_was_read_is_not_ready_until_there_is_new(repl, ask: Ask) -> None:
    ask(ON)
    repl.pico.run(300 * MS)
    assert ask("got(0x1E)") == [7]
    assert ask("(rows(), got(0x1E))[1]") == [0]
    repl.pico.run(20 * MS)
    assert ask("(got(0x2D), got(0x1E))[1]") == [6], "the accelerometer's alone"


def test_power_down_leaves_no_new_values_and_a_reset_forgets_all(repl, ask: Ask) -> None:
    ask(ON)
    repl.pico.run(300 * MS)
    ask("put(0x10, 0, 0)")
    ask("put(0x14, 0x05)")
    repl.pico.run(50 * MS)
    repl.pico.imu.play([repl.pico.now_ns], [[1] * 7])
    ask("rows()")
    repl.pico.run(50 * MS)
    assert ask("got(0x1E)") == [0] and ask("rows()") == ROW
    ask("put(0x12, 0x05)")
    assert ask("got(0x10, 5)") == [0, 0, 0x04, 0, 0] and ask("rows()") == [0] * 7


@pytest.mark.parametrize(
    ("control", "divided"), [(0x40, 1), (0x44, 2), (0x48, 4), (0x4C, 8), (0x42, 0.5)], ids=lambda v: str(v)
)
def test_a_full_scale_of_the_gyro_scales_it(repl, ask: Ask, control: int, divided: float) -> None:
    ask(f"put(0x10, 0x40, {control}, 0x44)")
    repl.pico.run(200 * MS)
    assert ask("rows()[1:4]") == [int(value / divided) for value in ROW[1:4]]


@pytest.mark.parametrize(("control", "divided"), [(0x40, 1), (0x44, 8), (0x48, 2), (0x4C, 4)])
def test_a_full_scale_of_the_accelerometer_scales_it(repl, ask: Ask, control: int, divided: int) -> None:
    ask(f"put(0x10, {control}, 0x40, 0x44)")
    repl.pico.run(200 * MS)
    assert ask("rows()[4:]") == [int(value / divided) for value in ROW[4:]]


@pytest.mark.parametrize(("scale", "dps_a_digit", "least", "most"), [(0x40, 0.00875, 20, 80), (0x4C, 0.070, 150, 700)])
@pytest.mark.parametrize(("bits", "gyro", "accel"), [(0x05, 1, 1), (0x0E, -1, -1), (0x00, 0, 0)])
def test_the_self_test_moves_it_within_the_data_sheets_bounds(
    repl, ask: Ask, scale: int, dps_a_digit: float, least: int, most: int, bits: int, gyro: int, accel: int
) -> None:
    repl.pico.imu.play([repl.pico.now_ns], [[0, 0, 0, 0, 0, 0, 0]])
    ask(f"put(0x10, 0x48, {scale}, 0x44)")
    ask(f"put(0x14, {bits})")
    repl.pico.run(200 * MS)
    values = ask("rows()[1:]")
    assert isinstance(values, list)
    for value in values[:3]:
        assert (least <= gyro * value * dps_a_digit <= most) if gyro else value == 0
    for value in values[3:]:
        assert (50 <= accel * value * 0.122 <= 1700) if accel else value == 0


def test_with_bdu_a_slow_read_is_of_one_moment_and_without_it_is_torn(repl, ask: Ask) -> None:
    """At 10 kHz the 14 bytes take longer than there are new ones."""
    steps = np.arange(4000)
    repl.pico.imu.play(repl.pico.now_ns + steps * MS, np.repeat(steps[:, None], 7, axis=1))
    repl.execute("i = I2C(1, sda=Pin(6), scl=Pin(7), freq=10_000)")
    spreads = []
    for bdu in (0x44, 0x04):
        ask(f"put(0x10, 0x40, 0x40, {bdu})")
        repl.pico.run(150 * MS)
        told = eval(repl.execute("print([rows() for n in range(20)])"))
        spreads.append(max(max(row[1:4]) - min(row[1:4]) for row in told))
    assert spreads[0] == 0 and spreads[1] > 5


def test_another_rate_goes_on_at_that_rate(repl, ask: Ask) -> None:
    ask("put(0x10, 0x40, 0x60, 0x44)")  # gyro 416 Hz
    repl.pico.run(200 * MS)
    repl.execute("rows(); n = 0; t = time.ticks_us()")
    repl.execute("while time.ticks_diff(time.ticks_us(), t) < 500_000:\n    if got(0x1E)[0] & 2: n += 1; rows()\n")
    assert eval(repl.execute("print(n)")) == pytest.approx(208, abs=4)


def test_faults_show_at_the_registers(repl, ask: Ask) -> None:
    ask(ON)
    repl.pico.run(200 * MS)
    repl.pico.imu.fault("stuck")
    repl.pico.imu.play([repl.pico.now_ns], [[9] * 7])
    repl.pico.run(50 * MS)
    assert ask("rows()") == ROW and ask("got(0x0F)") == [0x6C]
    repl.pico.imu.fault("wrong_id")
    assert ask("got(0x0F)") == [0x6A]
    repl.pico.imu.fault("none")
    repl.pico.run(50 * MS)
    assert ask("rows()") == [9] * 7
