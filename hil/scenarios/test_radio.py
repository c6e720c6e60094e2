"""The operator at the radio: lines signed with the board's key, and what anybody may say unsigned."""

from collections.abc import Iterator

import pytest

from hil.play.operator import Operator
from hil.testing.board import Board
from sapper_host.board.answers import Answer
from sapper_host.board.counters import Counters
from sapper_host.board.signing import RadioEncoder, question

KEY = bytes(range(11, 43))


class OwnCounters(Counters):
    """Of this scenario alone: a board's nonce is new at every boot."""

    def __init__(self) -> None:
        self._used = 0

    def reserve(self, nonce: str, least: int, size: int = 64) -> range:
        first = max(self._used, least) + 1
        self._used = first + size - 1
        return range(first, first + size)


@pytest.fixture
def radio(board: Board) -> Iterator[Operator]:
    """A second person, at the radio. The board has the key; it goes out of it at the end."""
    board.operator.must("key " + KEY.hex(), 3000)
    yield Operator(board.rig, board.operator.run, board.rig.uart[0])
    board.operator.keep_alive(False)
    board.operator.must("disarm", 2000)
    board.operator.must("key none", 3000)


def signer(radio: Operator) -> RadioEncoder:
    encoder = RadioEncoder(KEY, "0" * 16, OwnCounters())
    line = question()
    encoder.renew(Answer(line, "ok " + radio.must(line, 2000)))
    return encoder


def test_a_signed_line_is_taken_once_and_an_unsigned_one_that_moves_anything_never(
    board: Board, radio: Operator
) -> None:
    assert radio.ask("set sweep_mm_s 200", 2000)[0].startswith("err ")
    before = board.operator.must("get sweep_mm_s").split()[0]
    signed = signer(radio)("set sweep_mm_s 200").decode().rstrip("\n")
    radio.must(signed, 2000)
    assert board.operator.must("get sweep_mm_s").split()[0] != before
    assert radio.ask(signed, 2000)[0].startswith("err counter"), "a line that was heard can be sent again"
    board.operator.must("defaults")


@pytest.mark.parametrize("signed", [True, False], ids=["signed", "unsigned"])
def test_stop_over_the_radio_ends_a_sweep_signed_or_not(board: Board, radio: Operator, signed: bool) -> None:
    encoder = signer(radio)
    board.sweep()
    line = encoder("disarm").decode().rstrip("\n") if signed else "stop"
    radio.ask(line, 2000)
    board.until_state("STOPPED", "SAFE", within_s=2)
    assert board.state == ("SAFE" if signed else "STOPPED")
    board.run(0.3)
    assert not board.still_on()
