"""Whether a bench can put a gate at its rail: its converter need not come so far (MCP4728: 1.25 % of gain, 20 mV).

The board tells what it reads. It is believed only in that a row was not run, which never counts as kept.
"""

from __future__ import annotations

from hil.prove.safety.frame_phase import MV_PER_UNIT
from hil.prove.safety.stage import Stage
from sapper.detector.rail import HIGH


def falls_short(stage: Stage, gate: int, heard: int) -> str:
    """'' when the board read a gate at its rail; else how far it came, in words. heard: as many frames had come in when
    it was put at 3.3 V."""
    told = [frame.fields[f"gate{gate}"] for frame in stage.operator.heard.frames[heard:] if frame.name == "DETECT"]
    most = max(told, default=None)
    if most is None or most >= HIGH:
        return ""
    return (
        f"the converter of this bench brings gate {gate} to {most * MV_PER_UNIT:.0f} mV, and its rail begins at "
        f"{HIGH * MV_PER_UNIT:.0f}; take another MCP4728, or another output of it"
    )
