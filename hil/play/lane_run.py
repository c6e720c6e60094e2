"""One lane in a world, as an operator drives it: sweep, stop over a find, look, mark it, give a verdict, go on.

The demo shows it, the bench times it. All figures are of the board's own time and the world's own truth.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hil.play.closed_loop import SLICE_NS, ClosedLoop
from hil.play.operator import Operator
from hil.rigs.rig import NS_PER_MS, NS_PER_S, TICK_NS, Rig
from hil.world.world import World
from sapper.shared.settings import row_of
from sapper_host.board.decoder import Event
from sapper_host.recordings.score import Score, finds_of, score
from sapper_host.recordings.truth import Truth

_SLICE_NS = 50 * NS_PER_MS
_LOOK_S = 0.6  # the operator looks at what the rover stopped over
_REST_S = 8  # standing, the board looks at its heap, collects it, and looks again: a step every 2.5 s
_SLOWEST_MM_S = 100  # a lane that takes longer than at this speed has gone wrong


@dataclass(frozen=True)
class FindStop:
    """A stop over a find: latency from the first ADC sample of the frame that raised the alert to both duties 0."""

    s_m: float
    latency_ms: float
    rolled_m: float  # the coil's way from duty 0 to rest, before it backs for a second look


@dataclass
class LaneResult:
    """What a lane came to."""

    truth: Truth
    score: Score
    stops: list[FindStop] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    loops: list[dict[str, int]] = field(default_factory=list)
    duration_s: float = 0.0
    ended: str = ""

    @property
    def cpu_load(self) -> float:
        """Mean share of the time that the control loop was busy."""
        return sum(loop["load_pm"] for loop in self.loops) / max(len(self.loops), 1) / 1000

    @property
    def heap_free(self) -> int:
        """Bytes free, as last told."""
        return self.loops[-1]["heap_free"] if self.loops else 0


def truth_of(world: World) -> Truth:
    """What the world file buried, in the fields of a truth file."""
    file = world.file
    return {
        "lane_length_m": file.world.lane_length_m,
        "swath_m": file.world.swath_m,
        "speed_m_s": row_of("sweep_mm_s")[1] / 1000,
        "targets": [
            {
                "s_m": target.x_m,
                "lateral_m": target.y_m,
                "name": target.name,
                "distance_cm": round(100 * target.depth_m, 1),
            }
            for target in sorted(file.targets, key=lambda target: target.x_m)
        ],
        "hot_rocks": [{"s_m": rock.x_m} for rock in file.hot_rocks],
        "stuck": [],
    }


class LaneRun:
    """Owns the operator and the loop between rig and world; the rig stays the caller's."""

    def __init__(self, rig: Rig, world: World, slice_ns: int = SLICE_NS) -> None:
        self.world = world
        self.loop = ClosedLoop(rig, world, slice_ns)
        self.operator = Operator(rig, self.loop.run)
        self._rig = rig
        self._stops: list[FindStop] = []

    def prepare(self, telemetry: str = "on") -> str:
        """Boot, telemetry `on` or `raw`, armed. Returns what `version` answered."""
        version = self.operator.boot()
        self.operator.must(f"telemetry {telemetry}")
        self.operator.settle()
        self.operator.arm()
        return version

    def drive(self, progress: Callable[[float], None] | None = None) -> LaneResult:
        """Sweep the lane to its end; progress is told the share done."""
        operator = self.operator
        length_mm = int(self.world.file.world.lane_length_m * 1000)
        start_ns = self._rig.now_ns
        limit_ns = start_ns + length_mm * NS_PER_S // _SLOWEST_MM_S
        first_event = len(operator.heard.events)
        first_frame = len(operator.heard.frames)
        ended = "time"
        operator.must(f"sweep {length_mm}")
        while self._rig.now_ns < limit_ns:
            operator.run(_SLICE_NS)
            done_mm = self.done_mm()
            if progress:
                progress(min(1.0, done_mm / length_mm))
            state = operator.state
            if state == "CONTACT":
                self._attend(length_mm)
            elif state == "ARMED" and done_mm >= length_mm - 1:
                ended = "lane"
                break
            elif state in ("STOPPED", "FAULT", "SAFE"):
                ended = state
                break
        duration_s = (self._rig.now_ns - start_ns) / NS_PER_S
        operator.keep_alive(False)
        operator.must("disarm")
        operator.run(_REST_S * NS_PER_S)
        events = [event.as_dict() for event in operator.heard.events[first_event:]]
        truth = truth_of(self.world)
        loops = [dict(f.fields) for f in operator.heard.frames[first_frame:] if f.name == "LOOP"]
        result = score(finds_of(events), truth)
        return LaneResult(truth, result, self._stops, events, loops, duration_s, ended)

    @property
    def now_ns(self) -> int:
        """The rig's time."""
        return self._rig.now_ns

    def done_mm(self) -> int:
        """How far along the lane the board says it is."""
        status = [frame for frame in self.operator.heard.frames[-60:] if frame.name == "STATUS"]
        return status[-1].fields["s_mm"] if status else 0

    def _attend(self, length_mm: int) -> None:
        """Stopped over a find: let it come to rest, mark, verdict, and on with what is left of the lane."""
        operator = self.operator
        alert = [event for event in operator.heard.events if event.kind == "detect"][-1]
        operator.run(int(_LOOK_S * NS_PER_S))
        self._measure(alert)
        operator.must("mark")
        operator.must("verdict mine")
        left_mm = length_mm - self.done_mm()
        if left_mm > 0:
            operator.must(f"sweep {left_mm}")

    def _measure(self, alert: Event) -> None:
        truth = self.loop.truth
        first_sample_ns = self.operator.rig_ns(alert.t_ms) - TICK_NS
        stop = next((stop for stop in truth.stops if stop.t_ns >= first_sample_ns), None)
        if stop is None:
            return
        furthest_m = max(place[0] for t_ns, place in zip(truth.t_ns, truth.coil_m, strict=True) if t_ns >= stop.t_ns)
        self._stops.append(
            FindStop(alert.s_mm / 1000, (stop.t_ns - first_sample_ns) / NS_PER_MS, furthest_m - stop.s_m)
        )
