"""What a change of the application's state does to the board, and what its upkeep does."""

import pytest
from bench import Bench

from sapper.hardware import heap
from sapper.safety.supervisor import ARMED, CONTACT, FAULT, SAFE, STOPPED, SWEEP, TELEOP
from sapper.shared.events import STATES
from sapper.storage import log_file

pytestmark = pytest.mark.unit

ENABLED = (ARMED, TELEOP, SWEEP, CONTACT)
states = pytest.mark.parametrize("state", ENABLED, ids=[STATES[state] for state in ENABLED])


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


def test_a_collection_that_nobody_asked_for_is_told_once_where_the_rover_is_armed(monkeypatch):
    counted = [0]
    monkeypatch.setattr(heap, "collections", lambda: counted[0])
    monkeypatch.setattr(heap, "took_us", lambda: 12_300)
    bench = Bench()
    app = bench.app
    counted[0] = 1
    app.report(1)
    assert bench.told("heap_full") == [], "nothing can move"
    bench.to(SWEEP)
    counted[0] = 2
    app.report(0)
    assert bench.told("heap_full") == [], "once a second is soon enough"
    app.report(1)
    app.report(1)
    [told] = bench.told("heap_full")
    assert told["took_us"] == 12_300


def test_a_collection_that_was_asked_for_is_not_told(monkeypatch):
    import gc

    counted = [0]
    monkeypatch.setattr(heap, "collections", lambda: counted[0])
    collect = gc.collect
    monkeypatch.setattr(gc, "collect", lambda: counted.__setitem__(0, counted[0] + 1) or collect())
    bench = Bench().to(ARMED)
    for _ in range(4):
        bench.app.upkeep()
        bench.app.report(1)
    assert counted[0] >= 3 and bench.told("heap_full") == []


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


@pytest.mark.parametrize("refuses", [False, True])
@pytest.mark.parametrize("before", [0, 1], ids=["looked last", "collected last"])
def test_what_the_logs_text_took_of_the_heap_is_free_before_anybody_looks(monkeypatch, before, refuses):
    import gc

    bench = Bench().to(ARMED)
    for _ in range(before):
        bench.app.upkeep()
    bench.say("disarm")
    done = []

    def save(_log):
        done.append("log")
        if refuses:
            raise OSError(5)

    monkeypatch.setattr(log_file, "save", save)
    monkeypatch.setattr(gc, "collect", lambda: done.append("collect"))
    monkeypatch.setattr(gc, "mem_free", lambda: done.append("look") or 12_345, raising=False)
    for _ in range(4):
        bench.app.upkeep()
    assert done.count("log") == 1 and done[done.index("log") + 1] == "collect"
