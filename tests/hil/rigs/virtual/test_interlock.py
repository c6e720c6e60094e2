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


INSTR, MOV_X_Y = 0x502000D8, 0xA022
INSTRUCTION_NS = 20 * US  # of the program, at 50 kHz: it looks at the loop, and raises MOTOR_EN in the next one
STOP_NS = 3 * INSTRUCTION_NS
SYNCHRONISER_NS = 16  # before it looks, a change has passed two flip-flops
AHEAD_US = 5000
ARM = (
    "while time.ticks_diff(time.ticks_us(), {at_us}) < 0: pass\n"
    "i.arm(); feed(3); i.drop(); time.sleep_us(1000); print(i.enabled())"
)


def armed_while(repl, loop, after_ns: int, level: int) -> tuple[int, list[tuple[int, int]]]:
    """It is armed when the timer has gone on by AHEAD_US, and that much after then the loop's pin gets this level: the
    time of that, and MOTOR_EN's edges."""
    pico = repl.pico
    changed = pico.now_ns + AHEAD_US * US + after_ns
    loop.drive(level, changed)
    assert repl.execute(ARM.format(at_us=pico.cpu.timer_us + AHEAD_US)).strip() == "0"
    return changed, motor_edges(repl)


@pytest.mark.parametrize("opens", [True, False], ids=["opens", "closes"])
def test_whenever_the_loop_changes_around_arming_it_is_closed_at_the_look_before_a_rise(repl, loop, opens):
    """Moments from 1.5 ms before MOTOR_EN rises to 1.5 ms after it, and each 3 us of the instructions around it. With
    the loop open at its look MOTOR_EN does not move; opened since, it is down again within the time of a stop."""
    loop.drive(1)
    at, ((usual, _), _) = armed_while(repl, loop, 0, 1)  # it rises so long after the timer's word
    raised_us = (usual - at) // US
    about_us = [raised_us + late for late in (*range(-1500, 1500, 150), *range(-90, 90, 3))]
    rises = pulses = 0
    for after_us in about_us:
        loop.drive(1 if opens else 0)
        changed, edges = armed_while(repl, loop, after_us * US, 0 if opens else 1)
        if not edges:
            continue
        (rose, up), (fell, down) = edges
        assert (up, down) == (1, 0)
        rises += 1
        looked = rose - INSTRUCTION_NS - SYNCHRONISER_NS
        if opens:
            assert changed >= looked and fell - changed <= STOP_NS + SYNCHRONISER_NS or changed > fell
            pulses += fell - rose < MS
        else:
            assert changed < looked
    assert 5 <= rises <= len(about_us) - 5
    assert pulses or not opens


def test_with_the_loop_open_no_moment_of_the_program_lets_arming_raise_it(repl, loop):
    """Arming comes at any of its clock's phases, also again and again before it has looked."""
    loop.drive(0)
    repl.execute("for n in range(400):\n    i.arm()\n    for _ in range(n % 23): pass\n    i.arm(); i.feed()")
    repl.execute("for n in range(100):\n    i.arm(); time.sleep_us(20 + n)")
    assert motor_edges(repl) == []
    loop.drive(1)
    repl.pico.run(MS)
    assert motor_edges(repl) == []


def test_arming_that_raises_it_before_it_looks_is_seen(repl, loop):
    """As the program once was entered: a pulse of one instruction, long after the loop opened."""
    loop.drive(0)
    repl.execute(f"mem32[{INSTR}] = {MOV_X_Y}; mem32[{INSTR}] = i._dead + 1; time.sleep_us(1000)")
    (rose, up), (fell, down) = motor_edges(repl)
    assert (up, down) == (1, 0) and INSTRUCTION_NS <= fell - rose <= 2 * INSTRUCTION_NS
