"""Arming is a ceremony: loop closed, key on, `arm`, the code typed back in time. Whatever lacks, it does not arm."""

from collections.abc import Callable

import pytest

from hil.testing.board import Board
from sapper.shared.settings import row_of
from sapper_host.limits import limit

CODE_MS = row_of("arm_code_ms")[1]


def offer(board: Board) -> str:
    """`arm`'s answer: the code to type back."""
    return dict(word.split("=", 1) for word in board.operator.must("arm").split() if "=" in word)["code"]


def test_key_and_code_arm_and_disarming_lets_go(board: Board) -> None:
    board.operator.arm()
    board.until_state("ARMED", within_s=1)
    board.until(lambda: board.still_on("MOTOR_EN"), 0.5, "MOTOR_EN high")
    assert not board.still_on("MOTOR_LEFT", "MOTOR_RIGHT"), "armed is not driving"
    board.operator.must("disarm")
    board.until_state("SAFE", within_s=1)
    board.until(lambda: not board.still_on("MOTOR_EN"), 0.5, "MOTOR_EN low")


def _key_off(board: Board) -> str:
    return board.operator.ask("arm")[0]


def _loop_open(board: Board) -> str:
    board.world.key(True)
    board.world.emergency_stop(True)
    board.run(0.05)
    return board.operator.ask("arm")[0]


def _wrong_code(board: Board) -> str:
    board.world.key(True)
    board.run(0.05)
    code = int(offer(board))
    return board.operator.ask(f"arm {code % 9000 + 1000 if code % 9000 + 1000 != code else 1000}")[0]


def _code_too_late(board: Board) -> str:
    board.world.key(True)
    board.run(0.05)
    code = offer(board)
    board.run(CODE_MS / 1000 + 0.1)
    return board.operator.ask(f"arm {code}")[0]


def _key_turned_back(board: Board) -> str:
    board.world.key(True)
    board.run(0.05)
    code = offer(board)
    board.world.key(False)
    board.run(0.05)
    return board.operator.ask(f"arm {code}")[0]


def _supply_low(board: Board) -> str:
    """Below vsys_low_mv, above vsys_critical_mv."""
    low_mv = (row_of("vsys_low_mv")[1] + row_of("vsys_critical_mv")[1]) / 2
    board.world.world.supply_mv = lambda t_ns: low_mv  # type: ignore[method-assign]
    board.world.key(True)
    board.run(limit("SUPPLY_NO_ARM_MS").value / 1000)
    return board.operator.ask("arm")[0]


@pytest.mark.parametrize(
    ("lacking", "word"),
    [
        (_key_off, "key"),
        (_loop_open, "loop"),
        (_wrong_code, "code"),
        (_code_too_late, "code"),
        (_key_turned_back, "key"),
        (_supply_low, "battery"),
    ],
    ids=["key off", "loop open", "wrong code", "code too late", "key turned back", "supply low"],
)
def test_it_does_not_arm_and_says_what_lacks(board: Board, lacking: Callable[[Board], str], word: str) -> None:
    answer = lacking(board)
    assert answer.startswith("err ") and word in answer, answer
    board.run(0.3)
    assert board.state == "SAFE"
    assert not any(value for _, value in board.record.rows["MOTOR_EN"]), "MOTOR_EN was up"
