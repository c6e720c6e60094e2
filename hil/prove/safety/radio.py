"""The operator at the radio: lines signed as `sapper` signs them; the board's key goes in over USB."""

from __future__ import annotations

from hil.play.operator import Operator
from hil.prove.safety.lines import OperatorsLine
from hil.prove.safety.stage import Stage
from hil.rigs.rig import NS_PER_MS
from sapper_host.board.answers import Answer
from sapper_host.board.counters import Counters
from sapper_host.board.signing import RadioEncoder, question

KEY = bytes(range(7, 39))
_QUIET_NS = 200 * NS_PER_MS  # a full send buffer takes 178 ms of the line
_HEAR_OUT_MOST = 50  # a long answer takes seconds of the line


class _Counters(Counters):
    """Counters of this process alone: a board's nonce is new at every boot."""

    def __init__(self) -> None:
        self._used = 0

    def reserve(self, nonce: str, least: int, size: int = 64) -> range:
        """The next ones."""
        first = max(self._used, least) + 1
        self._used = first + size - 1
        return range(first, first + size)


def ask_nonce(stage: Stage) -> Answer:
    """What the board answers to `nonce` over the radio, whatever came over it before."""
    radio = stage.rig.uart[0]
    radio.write(b"\n")  # ends what noise may have begun
    for _ in range(_HEAR_OUT_MOST):  # answers to what was sent before, to their end: half of one would spoil the next
        stage.run(_QUIET_NS)
        if not radio.read():
            break
    line = question()
    return Answer(line, "ok " + Operator(stage.rig, stage._advance, radio).must(line))


def take_radio(stage: Stage) -> None:
    """On a board in SAFE: from now on the operator sits at the radio, with the board's key. `Stage.safe` ends it."""
    stage.operator.must("key " + KEY.hex(), 3000)
    encoder = RadioEncoder(KEY, "0" * 16, _Counters())
    encoder.renew(ask_nonce(stage))
    stage.line = OperatorsLine(stage.rig.uart[0], encoder)
    stage.line.at(stage.now_ns)
    stage.operator = Operator(stage.rig, stage._advance, stage.line)
