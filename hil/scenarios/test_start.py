"""A board that starts: what it says it is, and that it stands, whatever it did before."""

import pytest

from hil.rigs.capabilities import power_of, reset_of
from hil.rigs.rig import NS_PER_MS
from hil.testing.board import MOTORS, Board
from hil.testing.job import OFF_NS
from sapper.shared.version import VERSION

HELD_MS = 20  # in reset


def assert_off_since_it_began(board: Board) -> None:
    moved = [name for name in MOTORS if any(value for _, value in board.record.rows[name])]
    assert not moved, f"{moved} were on, and nobody had armed"


def test_it_boots_into_safe_and_tells_its_version_with_its_motors_off_all_the_while(board: Board) -> None:
    assert board.state == "SAFE"
    assert board.version["sapper"] == VERSION and board.version["source"] == "factory"
    assert len(board.version["board"]) == 16
    answer = board.operator.must("selftest", 8000)
    assert "failed" not in answer, answer
    assert_off_since_it_began(board)


@pytest.mark.needs("Power")
def test_after_a_power_cut_in_a_sweep_it_comes_up_in_safe_and_stands(board: Board) -> None:
    board.sweep()
    cut_ns = board.now_ns
    power_of(board.rig).power_cut()
    board.world.run(OFF_NS)
    assert not board.still_on(), "without power"
    power_of(board.rig).power_on()
    board.again()
    assert board.state == "SAFE"
    board.run(0.5)
    assert [
        value for name in MOTORS for t_ns, value in board.record.rows[name] if t_ns > cut_ns + OFF_NS and value
    ] == []


@pytest.mark.needs("Reset")
def test_a_reset_by_run_in_a_sweep_ends_it_and_arms_nothing(board: Board) -> None:
    board.sweep()
    reset_of(board.rig).run_pin(0)
    board.world.run(HELD_MS * NS_PER_MS)
    assert not board.still_on(), "held in reset"
    reset_of(board.rig).run_pin(1)
    board.again()
    assert board.state == "SAFE"
    answer, _ = board.operator.ask("sweep 1000")
    assert answer.startswith("err state")
    board.run(0.5)
    assert not board.still_on()
