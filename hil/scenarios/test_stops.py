"""Protective stops of a sweep, each within its limit: by the times of the pins, on rigs that have the truth of time."""

from collections.abc import Sequence
from typing import Any

import pytest

from hil.rigs.capabilities import cable_of
from hil.testing.board import Board

DUTIES = ("MOTOR_LEFT", "MOTOR_RIGHT")


class Cut:
    """An encoder's wire that is cut: its edges arrive nowhere."""

    def drive(self, level: int, at_ns: int | None = None) -> None:
        pass

    def drive_edges(self, times_ns: Sequence[Any], levels: Sequence[Any]) -> None:
        pass


@pytest.mark.needs("Time")
def test_the_emergency_stop_takes_motor_en_down_within_its_limit(board: Board) -> None:
    board.sweep()
    at_ns = board.now_ns
    board.world.emergency_stop(True)
    assert board.off_after_us(at_ns, "MOTOR_EN", within="ESTOP_OPEN_US") <= board.within_us("ESTOP_OPEN_US")
    board.until_state("STOPPED", within_s=1)
    assert board.reason == "estop_open"


def test_after_an_emergency_stop_nothing_but_arming_anew_moves_it(board: Board) -> None:
    board.sweep()
    board.world.emergency_stop(True)
    board.until_state("STOPPED", within_s=1)
    board.world.emergency_stop(False)
    board.run(1)
    assert board.operator.ask("sweep 1000")[0].startswith("err state")
    assert board.operator.ask("arm")[0].startswith("err state")
    assert board.state == "STOPPED"
    board.operator.must("disarm")
    board.run(0.3)
    assert board.state == "SAFE" and not board.still_on()
    board.sweep(up_to_speed_s=0.5)


@pytest.mark.needs("Time")
def test_an_operator_who_falls_silent_is_missed_in_time(board: Board) -> None:
    board.sweep()
    board.operator.must("ping")
    said_ns = max(said.t_ns for said in board.record.said if said.to_board)
    board.operator.keep_alive(False)
    took_us = board.off_after_us(said_ns, within="SILENCE_MS")
    assert took_us <= board.within_us("SILENCE_MS")
    assert (board.state, board.reason) == ("STOPPED", "link_lost")


@pytest.mark.needs("Time")
@pytest.mark.parametrize("how", ["stop", "key"])
def test_the_operators_stop_and_the_key_end_it_in_time(board: Board, how: str) -> None:
    board.sweep()
    at_ns = board.now_ns
    if how == "stop":
        board.operator.ask("stop")
    else:
        board.world.key(False)
    assert board.off_after_us(at_ns, *DUTIES, within="OPERATOR_STOP_MS") <= board.within_us("OPERATOR_STOP_MS")
    assert (board.state, board.reason) == ("STOPPED", {"stop": "operator", "key": "key_off"}[how])


@pytest.mark.needs("Time")
def test_a_drive_command_that_is_not_repeated_goes_stale_in_time(board: Board) -> None:
    board.operator.arm()
    for _ in range(4):
        at_ns = board.now_ns
        board.operator.must("drive 250 0")
        board.run(0.1)
    assert board.state == "TELEOP" and min(board.record.rows[name][-1][1] for name in DUTIES) > 0
    assert board.off_after_us(at_ns, *DUTIES, within="DRIVE_STALE_MS") <= board.within_us("DRIVE_STALE_MS")


def test_an_encoder_that_is_cut_is_a_fault_soon_and_names_the_encoder(board: Board) -> None:
    board.sweep()
    at_ns = board.now_ns
    cut: Any = Cut()
    board.world.wires |= {"left_a": cut, "left_b": cut}
    board.until_state("FAULT", within_s=2)
    assert board.reason == "encoder"
    assert board.off_after_us(at_ns, within="ENCODER_STOP_MS") <= board.within_us("ENCODER_STOP_MS")


@pytest.mark.needs("Cable", "Time")
def test_a_usb_cable_that_is_pulled_stops_it_in_time(board: Board) -> None:
    """The operator goes on talking, into a cable that leads nowhere."""
    board.sweep()
    at_ns = board.now_ns  # the last line that it can have heard came before
    cable_of(board.rig).unplug_usb()
    assert board.off_after_us(at_ns, within="SILENCE_MS") <= board.within_us("SILENCE_MS")
    board.operator.keep_alive(False)
    cable_of(board.rig).mend()
    board.run(1)
    answer = board.operator.must("status", 3000)
    assert "state=STOPPED" in answer and "reason=link_lost" in answer
