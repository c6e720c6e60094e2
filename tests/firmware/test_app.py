"""The application's joints: who may do what while armed, the arming code, what a change of state does to the board, and
what the loop makes of a tick that does not complete."""

import importlib
import os
import sys
from types import ModuleType, SimpleNamespace

import machine
import pytest
from bench import Bench
from operators import RADIO, USB, two

from sapper.safety.arming import Arming
from sapper.safety.supervisor import ARMED, CONTACT, FAULT, SAFE, STOPPED, SWEEP, TELEOP
from sapper.shared.commands import COMMANDS
from sapper.shared.events import PORTS, STATES

pytestmark = pytest.mark.unit

ENABLED = (ARMED, TELEOP, SWEEP, CONTACT)
# A line of each that is well written, where its name alone is not.
LINES = {
    "arm": "arm 0000",
    "drive": "drive 100 0",
    "sweep": "sweep 5000",
    "verdict": "verdict clutter",
    "pinpoint": "pinpoint on",
    "set": "set sweep_mm_s 310",
    "clock": "clock 1790000000",
}
VALID = ("status", "telemetry off", "ping", "get sweep_mm_s")
ports = pytest.mark.parametrize("port", [USB, RADIO], ids=PORTS)
states = pytest.mark.parametrize("state", ENABLED, ids=[STATES[state] for state in ENABLED])


# Ownership


def standing(app):
    """All that a link which does not own the rover must leave as it is."""
    return (
        app.state,
        app.reason,
        app.owner,
        app.leave_for,
        app.pinpointing,
        app._marks,
        app.settings.dump_lines(),
        app.watch._pinged,
        app.motion._speed,
        app.motion._goal_mm,
    )


@states
@ports
def test_while_armed_the_other_link_changes_nothing_with_any_command_that_changes_state(port, state):
    owner, other = two(port)
    owner.to(state)
    before = standing(owner.bench.app)
    for name in [row[0] for row in COMMANDS if row[3] == "link" and row[0] != "disarm"]:
        if state == TELEOP:
            owner.say("drive 200 0", 1)
        else:
            owner.say("status", 1)
        expected = f"err owner: armed over {PORTS[port]}; use that link, or `disarm`"
        assert other.last(LINES.get(name, name)) == expected, name
        assert standing(owner.bench.app) == before, name


@states
@ports
@pytest.mark.parametrize(("line", "left_in"), [("stop", STOPPED), ("disarm", SAFE)])
def test_while_armed_the_other_link_may_stop_and_disarm(port, state, line, left_in):
    owner, other = two(port)
    owner.to(state)
    assert other.last(line) == "ok state=" + STATES[left_in]
    assert owner.bench.app.state == left_in and owner.bench.still()


@ports
def test_the_owner_may_do_all_of_it(port):
    owner, _ = two(port)
    owner.to(ARMED)
    for line in ("mark", "pinpoint on", "pinpoint off", "ping", "drive 100 0", "arm"):
        if line != "arm":
            assert owner.last(line).startswith("ok"), line
    assert owner.bench.app.owner == port


@ports
def test_who_disarmed_gives_it_away(port):
    owner, other = two(port)
    owner.to(ARMED)
    owner.say("disarm")
    assert other.arm() == "ok state=ARMED" and owner.bench.app.owner == other.port
    assert owner.last("drive 100 0").startswith("err owner")


@pytest.mark.parametrize(("port", "line"), [(port, line) for port in (USB, RADIO) for line in VALID])
def test_the_other_link_does_not_keep_a_moving_rover_alive_whatever_it_says(port, line):
    owner, other = two(port)
    owner.to(SWEEP)
    owner.say("status", 1)
    for tick in range(1, 160):
        other.say(line, 1)
        if owner.bench.app.state != SWEEP:
            break
    assert (tick, owner.bench.app.state) == (150, STOPPED)
    assert owner.bench.told("state")[-1]["reason"] == "link_lost"


@pytest.mark.parametrize(("port", "line"), [(USB, ""), *((port, line) for port in (USB, RADIO) for line in VALID)])
def test_any_valid_line_of_the_owners_keeps_it_alive(port, line):
    owner, _ = two(port)
    owner.to(SWEEP)
    for _ in range(6):
        owner.say(line, 140)
        assert owner.bench.app.state == SWEEP


# The arming code


def code_of(bench):
    return bench.last("arm")[8:12]


def ready():
    """A board that could be armed."""
    bench = Bench()
    bench.board.inputs.key = 1
    bench.tick(5)
    return bench


def test_a_code_is_the_boards_random_bytes_all_of_them(monkeypatch):
    bench = ready()
    asked = []
    for given in (b"\x00\x00\x00", b"\x00\x00\x07", b"\x01\x02\x03", b"\xff\xff\xff", b"\x00\x27\x0f", b"\x00\x27\x10"):
        monkeypatch.setattr(os, "urandom", lambda count, given=given: asked.append(count) or given)
        assert code_of(bench) == f"{int.from_bytes(given, 'big') % 10_000:04d}"
    assert asked == [3] * 6


def test_codes_differ_and_every_digit_comes_in_every_place():
    """By chance alone a right board fails this once in 10**7 runs or less."""
    bench = ready()
    codes = [code_of(bench) for _ in range(200)]
    assert len(set(codes)) > 170
    assert all({code[place] for code in codes} == set("0123456789") for place in range(4))
    other = ready()
    assert [code_of(other) for _ in range(5)] != codes[:5]


def test_a_code_is_good_until_its_time_is_over_and_not_a_tick_longer():
    for ticks, answer in ((99, "ok state=ARMED"), (100, "err code")):
        bench = ready()
        bench.say("set arm_code_ms 1000")
        bench.say("arm", ticks=1)
        code = bench.app.arming._code
        bench.tick(ticks - 1)
        assert bench.last("arm " + code, ticks=1).startswith(answer), ticks
        assert bench.app.state == (ARMED if ticks == 99 else SAFE)


def test_a_code_is_good_to_its_last_millisecond():
    arming = Arming()
    code = arming.offer(USB, 7, 1000)
    arming.elapse(999)
    assert arming.pending()
    arming.elapse(1)
    assert not arming.pending() and not arming.confirm(USB, code)


def test_a_code_is_spent_by_the_right_answer_by_a_wrong_one_and_by_a_newer_code():
    bench = ready()
    code = code_of(bench)
    assert bench.last("arm " + code) == "ok state=ARMED"
    bench.say("disarm")
    assert bench.last("arm " + code).startswith("err code"), "used once"
    code = code_of(bench)
    assert bench.last("arm " + f"{(int(code) + 1) % 10_000:04d}").startswith("err code")
    assert bench.last("arm " + code).startswith("err code"), "spent by the wrong one"
    code, newer = code_of(bench), code_of(bench)
    while newer == code:
        newer = code_of(bench)
    assert bench.last("arm " + code).startswith("err code"), "a newer one took its place"
    assert bench.app.state == SAFE


@ports
def test_a_code_arms_on_the_link_it_was_given_to_alone(port):
    mine, others = two(port)
    code = mine.last("arm")[8:12]
    assert others.last("arm " + code).startswith("err code")
    assert mine.last("arm " + code).startswith("err code"), "spent"
    assert mine.bench.app.state == SAFE and mine.bench.still()


def test_each_boot_has_a_nonce_of_its_own_of_16_random_bytes(monkeypatch):
    nonces = [Bench().app.gate.nonce for _ in range(20)]
    assert len(set(nonces)) == 20 and {len(nonce) for nonce in nonces} == {16}
    for place in range(16):
        assert len({nonce[place] for nonce in nonces}) > 5, "a byte that hardly changes"
    monkeypatch.setattr(os, "urandom", lambda count: bytes(range(count)))
    bench = Bench()
    assert bench.app.gate.nonce == bytes(range(16))
    assert bench.last("nonce").startswith("ok nonce=000102030405060708090a0b0c0d0e0f counter=0 ")


# What a change of state does to the board


def test_ctrl_c_leads_to_the_prompt_in_safe_alone():
    assert [port.interrupts for port in Bench().ports] == [True, True]
    for state in (*ENABLED, STOPPED, FAULT):
        bench = Bench().to(state)  # STOPPED and FAULT: from SAFE
        assert [port.interrupts for port in bench.ports] == [False, False], STATES[state]
        bench.say("disarm")
        assert [port.interrupts for port in bench.ports] == [True, True]
    for latch in ("stop", "exception"):
        bench = Bench().to(SWEEP)
        bench.say("stop") if latch == "stop" else bench.app.fail(ValueError("injected"))
        assert [port.interrupts for port in bench.ports] == [False, False], latch


def test_arming_engages_the_motors_at_duty_0_before_motor_en_rises_and_forgets_what_was_asked_before():
    bench = Bench().to(TELEOP)
    bench.tick(10)
    assert all(motor.duty_pm for motor in bench.board.motors)
    bench.say("disarm")
    assert bench.still()
    order, place_mm = [], bench.app.drive.odometry.s_mm
    interlock, motors = bench.board.interlock, bench.board.motors
    arm, engage = interlock.arm, motors[1].engage
    interlock.arm = lambda: order.append("arm") or arm()
    motors[1].engage = lambda: order.append("engage") or engage()
    bench.to(ARMED)
    assert order == ["engage", "arm"]
    bench.tick(20)
    assert [motor.duty_pm for motor in motors] == [0, 0] and interlock.up
    assert bench.app.motion._speed == 0 and bench.app.drive.odometry.s_mm == place_mm > 0


@states
def test_a_stop_drops_motor_en_and_releases_the_motors_in_the_same_tick(state):
    bench = Bench().to(state)
    bench.say("stop", ticks=1)
    assert bench.app.state == STOPPED and bench.still()
    assert (
        bench.told("state")[-1] | {"to": "STOPPED", "from": STATES[state], "reason": "operator"}
        == (bench.told("state")[-1])
    )


@pytest.mark.parametrize("state", [SAFE, *ENABLED, STOPPED], ids=lambda state: STATES[state])
def test_an_exception_is_a_fault_told_by_name_on_both_links(state):
    bench = Bench().to(state)
    for port in bench.ports:
        port.sent = b""
    bench.app.fail(ValueError("lost"))
    assert (bench.app.state, bench.told("state")[-1]["reason"]) == (FAULT, "exception") and bench.still()
    assert bench.told("fault")[-1]["fault"] == "exception"
    bench.tick(3)
    assert all(b"* exception ValueError: lost" in port.sent for port in bench.ports)


@pytest.mark.parametrize("side", [0, 1], ids=["left", "right"])
def test_a_track_at_fault_is_told_by_its_side_and_disarm_clears_it(side):
    bench = Bench().to(SWEEP)
    bench.app.drive.fault_side = side
    bench.tick()
    assert bench.app.state == FAULT
    assert [row["fault"] for row in bench.told("fault")] == ["encoder_" + ("left", "right")[side]]
    assert bench.last("disarm") == "ok state=SAFE"
    assert bench.app.drive.fault_side == -1 and bench.arm() == "ok state=ARMED"


def test_disarm_clears_a_detectors_fault_from_any_state():
    for state in (SAFE, ARMED, STOPPED):
        bench = Bench().to(state)
        bench.app.detector.health.fault = 4
        assert bench.last("disarm") == "ok state=SAFE" and bench.app.detector.health.fault == 0


def test_the_applications_clock_is_the_sum_of_what_passed():
    bench = Bench()
    bench.tick(7)
    bench.tick(1, 35)
    assert bench.app.t_ms == 105


@pytest.mark.parametrize("state", range(len(STATES)), ids=STATES)
def test_only_a_state_that_may_hold_motor_en_feeds_the_interlock_and_once_a_tick(state):
    bench = Bench().to(state)
    feeds = bench.board.interlock.feeds
    bench.tick(5)
    assert bench.board.interlock.feeds - feeds == (5 if state in ENABLED else 0)


def test_upkeep_collects_and_looks_in_turn_standing_and_does_nothing_while_moving(monkeypatch):
    import gc

    bench = Bench().to(ARMED)
    done = []
    monkeypatch.setattr(gc, "collect", lambda: done.append("collect"))
    monkeypatch.setattr(gc, "mem_free", lambda: done.append("look") or 12_345, raising=False)
    monkeypatch.setattr(bench.board.acquisition, "renew", lambda: done.append("renew"))
    for _ in range(4):
        bench.app.upkeep()
    assert done == ["look", "collect", "renew"] * 2 and bench.app.heap_free == 12_345
    bench.say("sweep 1000", ticks=1)
    done.clear()
    for _ in range(4):
        bench.app.upkeep()
    assert done == []


# The loop


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
    monkeypatch.setattr(time, "ticks_us", lambda: 0, raising=False)
    monkeypatch.setattr(time, "ticks_diff", lambda a, b: a - b, raising=False)
    return importlib.import_module("sapper.run")


def looped(run, bench, ticks, each):
    """run.loop over so many ticks. each(n): before the nth. The order of feeding, a letter each."""
    app, order, count = bench.app, [], 0
    tick, report, feed, told = app.tick, app.report, app.feed, app.told

    def ticked(elapsed_ms):
        nonlocal count
        count += 1
        order.append("t")
        each(count)
        tick(elapsed_ms)

    app.tick = ticked
    app.report = lambda second: order.append("r") or report(second)
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

    def ticked(elapsed_ms):
        if len(ticks) == 20:
            bench.ports[0].room = 1000
        tick(elapsed_ms)

    bench.app.tick = ticked
    run.loop(bench.app, Clock())
    assert bench.app.leave_for == "reboot"
    assert 20 < len(ticks) < 25 and b"ok" in bench.ports[0].sent
