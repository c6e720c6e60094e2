"""The work that the hot set is chosen by: what has a limit of time, each on a board of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from hil.errors import HilError
from hil.play.field_stage import FieldStage
from hil.play.lane_run import LaneRun
from hil.play.operator import Operator
from hil.prove.benchmarks import detector_on_board
from hil.prove.benchmarks.column import Column
from hil.prove.benchmarks.lanes import empty_lane
from hil.prove.hot_set.traced import Figures, Trace, TracedPico
from hil.prove.safety.stage import Stage
from hil.prove.updates.board import BOOT_NS, SimulatedBoard
from hil.rigs.rig import NS_PER_MS, NS_PER_S
from hil.world.world import World
from hil.world.world_file import load_world_file
from sapper.shared import limits
from sapper.shared.pins import GPIO
from sapper_host.update.bundle import read
from sapper_host.update.update import update

_WARM_UP_NS = 2 * NS_PER_S
_NEW_NS = 1500 * NS_PER_MS
_COUNTED_NS = 5 * NS_PER_S
_LOOK_NS = 200 * NS_PER_MS
_FINDS_M = 3.4  # two of the demo's
_ALMOST = 0.97
_RADIO_B_S = 5760
_FRAMES = 1200  # of the detector's script
# What the firmware aims at with a flash as it is taken to be; the limits of `make bench` hold with a slower one, too.
_LOAD_US = 10_000 * limits.LOAD_PERCENT
_FIELD_LOAD_US = 10_000 * limits.FIELD_LOAD_PERCENT
_TICK_US = 8000
_FLOOD_US = 9000
_FRAME_US = 1500
_BOOT_US = 450_000


@dataclass(frozen=True)
class Work:
    """What is done, and the limits that it is held to, in us of the core's work: in a second of it, and in its longest
    tick. None: there is no such limit."""

    trace: Callable[[TracedPico, Path], Trace]
    second_us: float | None = None
    tick_us: float | None = None


def _sweep(pico: TracedPico, bundle: Path) -> Trace:
    run = LaneRun(pico, World(empty_lane(10.0)))
    run.prepare()
    run.operator.must("sweep 10000")
    run.operator.run(_WARM_UP_NS)
    pico.begin_at_tick()
    heard = len(run.operator.heard.frames)
    run.operator.run(_COUNTED_NS)
    trace = pico.end()
    return _as_told(trace, run.operator, heard)


def _as_told(trace: Trace, operator: Operator, heard: int) -> Trace:
    """Its load as the board tells it, since the limit is of that: the ticks' work, without what USB interrupts."""
    loads_pm = [frame.fields["load_pm"] for frame in operator.heard.frames[heard:] if frame.name == "LOOP"]
    return replace(trace, a_second=Figures(1000 * sum(loads_pm) / len(loads_pm), trace.a_second.misses))


def _field(pico: TracedPico, bundle: Path) -> Trace:
    """A lane in a field: place from GNSS and gyro, the ground's map, the tracks' permission."""
    stage = FieldStage(pico)
    stage.prepare()
    operator = stage.operator
    stage.lane(4000)
    operator.run(_WARM_UP_NS)
    pico.begin_at_tick()
    heard = len(operator.heard.frames)
    end_ns = pico.now_ns + _COUNTED_NS
    while pico.now_ns < end_ns:
        operator.run(_LOOK_NS)
        # With nothing in RAM the board is so late that the detector may take its frames for a find.
        if operator.state == "CONTACT":
            operator.must("verdict clutter")
            stage.lane(4000)
    trace = pico.end()
    if operator.state != "SWEEP":
        raise HilError(f"the lane in a field ended in {operator.state}")
    return _as_told(trace, operator, heard)


def _finds(pico: TracedPico, bundle: Path) -> Trace:
    """Some of the demo's lane: alerts, contacts, marks, verdicts."""
    file = load_world_file("demo")
    run = LaneRun(pico, World(replace(file, world=replace(file.world, lane_length_m=_FINDS_M))))
    run.prepare()
    pico.begin_at_tick()
    ended: list[Trace] = []

    def progress(share: float) -> None:
        """At the lane's end, before the board puts its log away and collects its heap."""
        if share > _ALMOST and not ended:
            ended.append(pico.end())

    result = run.drive(progress)
    if not result.stops:
        raise HilError("nothing was found in the demo's lane")
    return ended[0]


def _teleop(pico: TracedPico, bundle: Path) -> Trace:
    stage = Stage(pico)
    stage.operator.must("telemetry on")
    stage.to("TELEOP")
    pico.begin_at_tick()
    stage.run(_COUNTED_NS)
    return pico.end()


def _flood(pico: TracedPico, bundle: Path) -> Trace:
    """Forged lines at the radio's full rate, in SWEEP."""
    stage = Stage(pico)
    stage.operator.must("telemetry on")
    stage.operator.must("key " + bytes(range(7, 39)).hex(), 3000)
    stage.to("SWEEP")
    stage.run(_WARM_UP_NS)
    random = Random(2)
    flood = b""
    while len(flood) < _RADIO_B_S * (_COUNTED_NS // NS_PER_S + 1):
        flood += b"@%d %016x drive 300 0\n" % (random.randrange(1, 10**9), random.getrandbits(64))
    pico.uart[0].write(flood)
    pico.begin_at_tick()
    stage.run(_COUNTED_NS)
    return pico.end()


def _frames(pico: TracedPico, bundle: Path) -> Trace:
    """`make bench`'s detector script. A second of this trace is a frame of it; how long, of the worst."""
    pico.begin()
    worst_ms = detector_on_board.measure(pico, Column())[0].value
    trace = pico.end()
    frame = trace.a_second.scaled(trace.seconds / _FRAMES)
    return replace(trace, a_second=Figures(worst_ms * 1000, frame.misses))


def _boot(pico: TracedPico, bundle: Path) -> Trace:
    """A second of this trace is a start of a board that was started before: a new one makes its file system, too."""
    pico.run(_NEW_NS)
    pico.power_cut()
    pico.run(NS_PER_MS)
    pico.usb.read()
    pico.power_on()
    start_ns = pico.now_ns
    pico.begin()
    pico.pin(GPIO["ESTOP_OK"]).drive(1)
    pico.usb.write(b"version\n")
    heard = b""
    while b"ok sapper=" not in heard:
        pico.run(NS_PER_MS)
        heard += b"".join(data for _, data in pico.usb.read())
    trace = pico.end()
    return replace(
        trace, a_second=Figures((pico.now_ns - start_ns) / 1000, trace.a_second.scaled(trace.seconds).misses)
    )


def _update(pico: TracedPico, bundle: Path) -> Trace:
    """The whole application. A second of this trace is an update."""
    pico.run(BOOT_NS)
    pico.begin()
    update(SimulatedBoard(pico), read(bundle))
    trace = pico.end()
    return replace(trace, a_second=trace.a_second.scaled(trace.seconds))


WORK: dict[str, Work] = {
    "sweep": Work(_sweep, _LOAD_US, _TICK_US),
    "field": Work(_field, _FIELD_LOAD_US, _TICK_US),
    "finds": Work(_finds, None, _TICK_US),
    "teleop": Work(_teleop, None, _TICK_US),
    "forged flood": Work(_flood, None, _FLOOD_US),
    "a frame": Work(_frames, _FRAME_US, None),
    "boot": Work(_boot, _BOOT_US, None),
    "update": Work(_update, limits.UPDATE_MODULE_MS * 1000, None),
}
