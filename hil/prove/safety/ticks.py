"""Where the board stands in its control tick, told from the chip's inside: its core's sleep and its DMA's count."""

from __future__ import annotations

from hil.prove.safety.stage import Stage
from hil.rigs.capabilities import insight_of
from hil.rigs.rig import TICK_NS

_LOOK_NS = 20_000
_LOOKS = 2000
_FRAME_SAMPLES = 100
_SAMPLE_NS = 100_000
_TAKE_NS = 200_000  # from a tick's start to its look for a frame, at least
# RP2040 datasheet 2.5.7: CHx_TRANS_COUNT
_DMA_COUNT = 0x50000008
_DMA_CHANNEL = 0x40
_DMA_CHANNELS = 12
_DMA_SAMPLES = 0x7FFFFFFF


def at_end_of_tick(stage: Stage) -> int:
    """Run to the end of a control tick (the core sleeps after long work), found to 20 us; the time of it."""
    insight = insight_of(stage.rig)
    awake = 0
    for _ in range(_LOOKS):
        stage.rig.run(_LOOK_NS)
        if not insight.asleep:
            awake += 1
        elif awake > 40:  # 0.8 ms of work: this was no mere interrupt
            break
        else:
            awake = 0
    stage.note()
    return stage.now_ns


def at_start_of_tick(stage: Stage) -> int:
    """Run to the start of a control tick (the core wakes and stays awake), found to 20 us; the time of it."""
    insight = insight_of(stage.rig)
    asleep = 0
    for _ in range(_LOOKS):
        stage.rig.run(_LOOK_NS)
        if insight.asleep:
            asleep += 1
        elif asleep > 100:  # 2 ms asleep: this is no mere interrupt in between
            break
    stage.note()
    return stage.now_ns


def frame_start_ns(stage: Stage, tick_ns: int, stop_ns: int) -> int:
    """When the first sample was taken of the frame that the control tick before stop_ns looked at.

    tick_ns: the start of any tick. Ticks and frames are both 10 ms long and of one clock; how frames lie among the
    ticks is told by the DMA's count (RP2040 datasheet 2.5.7), of 100 samples a frame.
    """
    insight = insight_of(stage.rig)
    count = max(insight.read_word(_DMA_COUNT + _DMA_CHANNEL * n) for n in range(_DMA_CHANNELS))
    done = _DMA_SAMPLES - count
    boundary = stage.now_ns - done % _FRAME_SAMPLES * _SAMPLE_NS
    tick = stop_ns - (stop_ns - tick_ns) % TICK_NS
    taken = tick + _TAKE_NS
    return taken - (taken - boundary) % TICK_NS - TICK_NS
