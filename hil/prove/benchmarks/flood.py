"""Ten seconds of forged lines at the radio's full rate, in SWEEP: the loop keeps its time, and the heap its room."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from hil.errors import HilError
from hil.prove.benchmarks.column import Column
from hil.prove.benchmarks.heap import LOOK_S, loops, minutes
from hil.prove.benchmarks.row import Row
from hil.prove.safety.radio import KEY
from hil.prove.safety.stage import Stage
from hil.rigs.rig import NS_PER_S, Rig
from sapper.shared.pins import UART_RADIO_BAUD

_FLOOD_S = 10
_BYTES_A_SECOND = UART_RADIO_BAUD // 10


def forged(chance: random.Random) -> bytes:
    """A line as an operator's, of a wrong key."""
    return b"@%d %016x drive 300 0\n" % (chance.randrange(1, 10**9), chance.getrandbits(64))


def measure(rig: Rig, column: Column) -> list[Row]:
    """Needs a freshly powered rig."""
    stage = Stage(rig)
    stage.operator.must("key " + KEY.hex(), 3000)
    stage.operator.must("telemetry on")
    stage.to("ARMED")
    stage.run(LOOK_S * NS_PER_S)
    before_b = loops(stage.operator)[-1]["heap_free"]
    stage.operator.must("sweep 900000")
    stage.run(NS_PER_S)
    stage.operator.heard.frames.clear()
    chance = random.Random(2)
    flood = bytearray()
    while len(flood) < _FLOOD_S * _BYTES_A_SECOND:
        flood += forged(chance)
    stage.rig.uart[0].write(bytes(flood))
    stage.run((_FLOOD_S + 1) * NS_PER_S)
    told = loops(stage.operator)
    if stage.state != "SWEEP" or len(told) < _FLOOD_S or told[-1]["refused"] == told[0]["refused"]:
        raise HilError(f"no sweep under a flood: {stage.state}, {len(told)} LOOP frames")
    stage.operator.must("stop")
    stage.run(LOOK_S * NS_PER_S)
    collected = any(event.kind == "heap_full" for event in stage.operator.heard.events)
    return rows(told, before_b, before_b - loops(stage.operator)[-1]["heap_free"], collected, column)


def rows(told: Sequence[Mapping[str, int]], before_b: int, used_b: int, collected: bool, column: Column) -> list[Row]:
    """The figures of a flood: its LOOP frames, the bytes of heap that were free before it, how many it left used, and
    whether the heap was collected in it."""
    longest_ms = max(loop["tick_max_us"] for loop in told) / 1000
    load = max(loop["load_pm"] for loop in told) / 10
    return [
        Row("longest tick under a flood of forged lines", longest_ms, "ms", column.at_most("FLOOD_TICK_MS")),
        Row("CPU load under it, in the worst second", load, "%", ""),
        Row(
            "motion under it before a heap collection",
            0 if collected else minutes(before_b, used_b, _FLOOD_S),
            "min",
            column.at_least("FLOOD_HEAP_MIN"),
            note=f"{before_b} B free when the sweep began, {used_b} B less after it and {_FLOOD_S} s of flood",
        ),
    ]
