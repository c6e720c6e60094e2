"""The console's `status` line as telemetry frames, for links on which telemetry is not to be had."""

from __future__ import annotations

from collections.abc import Mapping

from sapper.shared import wire
from sapper.shared.fields import FRAME_FIELDS, FRAME_NAMES, answer_values
from sapper_host.board.decoder import Frame

# Word of the status line -> bit of STATUS.flags.
_FLAGS = {"loop": 0, "key": 1, "enabled": 2, "weakened": 5}


def frames_of_status(values: Mapping[str, str], t_ms: int) -> list[Frame]:
    """STATUS, DETECT and LOOP frames of the words of a `status` answer; fields it does not tell are 0.

    t_ms: the board's time, used when the line does not tell it. ValueError when a word does not fit the table.
    """
    numbers = {"t_ms": t_ms}
    for name, value in answer_values("status", values).items():
        numbers[name] = FRAME_NAMES[name].index(value) if name in FRAME_NAMES else value
    numbers["flags"] = sum(bool(numbers.get(word, 0)) << bit for word, bit in _FLAGS.items())
    # Not told by `status`; a screen must not cry about it.
    numbers.setdefault("level", 1)
    frames = []
    for frame in (wire.NAMES[kind] for kind in (wire.STATUS, wire.DETECT, wire.LOOP)):
        # Counters have more room in text: in a frame they stop at its most.
        fields = {name: min(numbers.get(name, 0), most) for name, (_, most) in FRAME_FIELDS[frame].items()}
        frames.append(Frame(frame, 0, fields))
    return frames
