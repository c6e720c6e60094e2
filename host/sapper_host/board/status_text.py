"""The console's `status` line as telemetry frames, for links on which telemetry is not to be had."""

from __future__ import annotations

from collections.abc import Mapping

from sapper.shared import events, wire
from sapper_host.board.decoder import Frame

# Word of the status line -> bit of STATUS.flags.
_FLAGS = {"loop": 0, "key": 1, "enabled": 2, "weakened": 5}
_NAMED = {"state": events.STATES, "reason": events.REASON_NAMES, "fault": events.FAULTS}


def frames_of_status(values: Mapping[str, str], t_ms: int) -> list[Frame]:
    """STATUS, DETECT and LOOP frames of the words of a `status` answer; fields it does not tell are 0.

    t_ms: the board's time, used when the line does not tell it. ValueError when a word is not what it should be.
    """
    words = dict(values)
    numbers = {name: int(text) for name, text in words.items() if name not in _NAMED}
    numbers.setdefault("t_ms", t_ms)
    for name, names in _NAMED.items():
        if name in words:
            numbers[name] = names.index(words[name])
    numbers["flags"] = sum(bool(numbers.get(word, 0)) << bit for word, bit in _FLAGS.items())
    # Not told by `status`; a screen must not cry about it.
    numbers.setdefault("level", 1)
    kinds = (wire.STATUS, wire.DETECT, wire.LOOP)
    return [Frame(wire.NAMES[kind], 0, {name: numbers.get(name, 0) for name in wire.FIELDS[kind]}) for kind in kinds]
