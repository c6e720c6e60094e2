"""The firmware's interlock, run by the emulated PIO: MOTOR_EN while the emergency-stop loop opens and closes."""

from __future__ import annotations

import pytest

from sapper.shared.pins import GPIO

pytestmark = pytest.mark.virtual
MS = 1_000_000
US = 1000
START = "from sapper.hardware.interlock import Interlock\ni = Interlock()\n"
# Feeds every millisecond, as the loop that keeps time does, while `rounds` last.
FEED = "def feed(rounds):\n    for _ in range(rounds):\n        i.feed(); time.sleep_ms(1)\n"


@pytest.fixture
def loop(repl):
    """The emergency-stop loop's pin, closed; MOTOR_EN is watched."""
    pin = repl.pico.pin(GPIO["ESTOP_OK"])
    pin.drive(1)
    repl.execute(START + FEED)
    repl.pico.pin(GPIO["MOTOR_EN"]).watch()
    return pin


def motor_edges(repl) -> list[tuple[int, int]]:
    return repl.pico.pin(GPIO["MOTOR_EN"]).edges()


def test_with_the_loop_open_arming_gives_no_pulse(repl, loop):
    loop.drive(0)
    repl.execute("i.arm(); feed(5)")
    assert repl.execute("print(i.enabled())").strip() == "0"
    assert motor_edges(repl) == []


def test_with_the_loop_closed_arming_raises_it_and_without_feeding_it_falls(repl, loop):
    repl.execute("i.arm(); feed(5); time.sleep_ms(100)")
    (_, up), (_, down) = motor_edges(repl)
    assert (up, down) == (1, 0)


def test_once_the_loop_has_opened_feeding_does_not_raise_it_again(repl, loop):
    repl.execute("i.arm()")
    opened = repl.pico.now_ns + 5 * MS
    loop.drive_edges([opened, opened + 60 * US], [0, 1])
    repl.execute("feed(20)")
    (_, up), (fell, down) = motor_edges(repl)
    assert (up, down) == (1, 0) and 0 < fell - opened <= 60 * US
    assert repl.execute("i.arm(); feed(2); print(i.enabled())").strip() == "1"
