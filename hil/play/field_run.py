"""A mission in a field of the world, as people drive it: the host's runner on a rig's board, and what became of it.

Whoever stands beside it places the rover, agrees to all, and looks at finds: most targets are lifted, and their ground
is searched once more, some are left where they are, and the plan goes round them; what is none is clutter. All figures
are of the board's own time and the world's own truth.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from hil.play.antenna import tell_antenna
from hil.play.field_loop import FieldLoop
from hil.play.operator import Operator
from hil.play.searching import Searching
from hil.rigs.capabilities import Inertial
from hil.rigs.rig import NS_PER_MS, NS_PER_S, Rig
from hil.world.field.field_world import FieldWorld
from hil.world.field.ground_truth import CELL_M
from hil.world.field.made_up import TOLD_SIGMA_MM, TOLD_SIGMA_MRAD, MadeUp, placed_at
from sapper_host.board.decoder import Event, Item
from sapper_host.field.coverage import reachable_of
from sapper_host.field.frames import Frame as EarthFrame
from sapper_host.field.geometry import geometry_of
from sapper_host.field.mission import Kept, Mission, create_mission
from sapper_host.field.people import Placed
from sapper_host.field.plan import Plan, plan_of
from sapper_host.field.port import RigPort
from sapper_host.field.rest import with_finds
from sapper_host.field.runner import Runner
from sapper_host.field.running import Phase
from sapper_host.field.searched import Searched

SLICE_NS = 20 * NS_PER_MS
_STEP_NS = 100 * NS_PER_MS
_LEAST_S = 600
# A find is of a target that lies so near to the place told, along the rover's way.
_ALONG_M = 0.35
# Of the targets, those that are left in the ground and gone round.
LEFT_SHARE = 0.15
# How near a track must not come to a target that was not found.
NEAR_M = 0.15


@dataclass(frozen=True)
class Spot:
    """A find as told: place and one sigma (m), and the rover's true heading then."""

    x_m: float
    y_m: float
    sigma_m: float
    heading_rad: float
    target: int | None  # of the world, by its number


@dataclass
class FieldResult:
    """What a mission came to. Areas in square metres, distances in metres, times in seconds of the board's."""

    phase: str
    held_for: str = ""
    area_m2: float = 0.0
    reachable_m2: float = 0.0
    claimed_m2: float = 0.0
    claimed_reachable_m2: float = 0.0
    wrongly_claimed_m2: float = 0.0
    targets_wrongly_claimed: int = 0
    trespasses: int = 0
    trespass_cells: int = 0
    near_unfound: int = 0
    targets: int = 0
    targets_reached: int = 0
    targets_found: int = 0
    false_alarms: int = 0
    driven_m: float = 0.0
    swath_m: float = 0.0
    duration_s: float = 0.0
    knocks: int = 0
    stops: dict[str, int] = field(default_factory=dict)
    places: list[tuple[float, float]] = field(default_factory=list)  # of finds: error along the way, sigma told
    told: list[str] = field(default_factory=list)

    @property
    def coverage(self) -> float:
        """Of what can be reached, the share that is claimed."""
        return self.claimed_reachable_m2 / self.reachable_m2 if self.reachable_m2 else 1.0

    @property
    def ratio(self) -> float:
        """Driven, as times the area's length in swaths."""
        return self.driven_m / (self.area_m2 / self.swath_m) if self.area_m2 else 0.0


class Beside:
    """The people beside a mission (people.People)."""

    def __init__(self, run: FieldRun) -> None:
        self._run = run
        self.told: list[str] = []
        self._first = True

    def place(self, why: str) -> Placed:
        """At the first time as the field's maker told; later by measuring anew, as well as then."""
        if self._first:
            self._first = False
            x, y, heading = self._run.made.told
        else:
            x, y, heading = self._run.measured()
        return Placed(x, y, heading, TOLD_SIGMA_MM, TOLD_SIGMA_MRAD)

    def consent(self, what: str, why: str) -> bool:
        return True

    def verdict(self, contact: Kept) -> str:
        return self._run.judged(contact)

    def tell(self, text: str) -> None:
        self.told.append(f"{self._run.rig.now_ns / NS_PER_S:.1f} s: {text}")


class FieldRun:
    """Owns operator and loop; the rig, its plugged-in gyro and the mission's file are the caller's.

    TIMES: a mission that takes longer than so many times what its plan takes has gone wrong."""

    TIMES = 4

    def __init__(self, rig: Rig, made: MadeUp, file: Path, slice_ns: int = SLICE_NS) -> None:
        geometry = geometry_of({})
        self.plan: Plan = plan_of(made.area, geometry)
        start = self.plan.start
        self.made = made = placed_at(made, start.x_mm, start.y_mm)
        self.rig = rig
        self.world = FieldWorld(made.file)
        self._searching = Searching()
        self.loop = FieldLoop(rig, self.world, slice_ns, self._searching)
        self.operator = Operator(rig, self.loop.run)
        self.operator.listener = self._hear
        self._slice_ns = slice_ns
        self.spots: list[Spot] = []
        self.stops: dict[str, int] = {}
        self._driven_m = 0.0
        self._here = self.world.skid.x_m, self.world.skid.y_m
        self._random = np.random.default_rng([made.file.field.seed, 909])
        # Some are not to be lifted today.
        count = len(self.world.truth.targets)
        self._left = {n for n in range(count) if self._random.random() < LEFT_SHARE}
        gnss = made.file.gnss
        frame = EarthFrame("EPSG:4326", gnss.lon_deg, gnss.lat_deg, math.radians(gnss.bearing_deg))
        self.mission: Mission = create_mission(file, self.plan, frame)
        self.beside = Beside(self)
        self.runner = Runner(self.mission, self.beside)
        self.port = RigPort(self.operator.ask, lambda: rig.now_ns / NS_PER_S)

    def prepare(self) -> None:
        """Boot, and tell the board where its antenna is; the loop closed and the key turned."""
        if isinstance(self.rig, Inertial):
            self.rig.imu.plug(True)
        self.operator.boot()
        tell_antenna(self.operator, self.made.file.gnss)
        self.operator.must("telemetry on")
        self.operator.settle()
        self.loop.emergency_stop(False)
        self.loop.key(True)

    def drive(self, progress: Callable[[float, str], None] | None = None) -> FieldResult:
        """Run the mission to its end; progress is told the share of moves done, and what is going on."""
        rig = self.rig
        usual_s = self.plan.driven_m / 0.3 + 20 * len(self.plan.moves)
        start_ns = rig.now_ns
        limit_ns = start_ns + round(max(_LEAST_S, self.TIMES * usual_s) * NS_PER_S)
        phase = Phase.CONNECT
        while rig.now_ns < limit_ns and phase not in (Phase.DONE, Phase.HELD):
            phase = self.step()
            self.operator.run(_STEP_NS, self._slice_ns)
            self._forget()
            here = self.world.skid.x_m, self.world.skid.y_m
            self._driven_m += math.dist(here, self._here)
            self._here = here
            if progress is not None:
                runner = self.runner
                progress(min(1.0, runner.mission.progress().move / max(1, len(runner.mission.moves()))), phase.value)
        self.runner.close()
        return self._result(phase, (rig.now_ns - start_ns) / NS_PER_S)

    def step(self) -> Phase:
        """The runner does what can be done now."""
        return self.runner.step(self.port)

    # What is heard

    def _hear(self, item: Item) -> None:
        self.port.came(item)
        self._searching.hear(item)
        if not isinstance(item, Event):
            return
        if item.kind == "stop":
            reason = str(item.args["reason"])
            self.stops[reason] = self.stops.get(reason, 0) + 1
        elif item.kind == "spot":
            self._found(item)

    def _forget(self) -> None:
        """What was heard long ago: a mission is long."""
        heard = self.operator.heard
        del heard.frames[:-50], heard.lines[:-200], heard.events[:-200], heard.came[:-200]

    def _found(self, event: Event) -> None:
        x, y, sigma = (int(event.args[name]) / 1000 for name in ("x_mm", "y_mm", "sigma_mm"))
        heading = self.world.skid.heading_rad
        number = self.target_at(x, y, heading)
        self.spots.append(Spot(x, y, sigma, heading, number))
        if number is not None:
            self.world.truth.find(number)

    def target_at(self, x_m: float, y_m: float, heading_rad: float) -> int | None:
        """The nearest target that a find at a place may be of: somewhere across the swath, near along the way."""
        cos, sin = math.cos(heading_rad), math.sin(heading_rad)
        half = self.world.file.field.swath_m / 2 + 0.1
        best = None
        for number, (tx, ty) in enumerate(self.world.truth.targets):
            along = (tx - x_m) * cos + (ty - y_m) * sin
            across = -(tx - x_m) * sin + (ty - y_m) * cos
            if abs(along) <= _ALONG_M and abs(across) <= half and (best is None or abs(along) < best[0]):
                best = abs(along), number
        return best[1] if best else None

    def judged(self, contact: Kept) -> str:
        """Of a find, by who has dug."""
        number = self.target_at(contact.x_mm / 1000, contact.y_mm / 1000, contact.heading_mrad / 1000)
        if number is None:
            return "clutter"
        if number in self._left:
            return "skirt"
        self.world.detector.lift(number)
        return "removed"

    def measured(self) -> tuple[int, int, int]:
        """Where the rover stands, as people measure it: mm, mrad."""
        skid, random = self.world.skid, self._random
        return (
            round(skid.x_m * 1000 + random.normal(0, TOLD_SIGMA_MM)),
            round(skid.y_m * 1000 + random.normal(0, TOLD_SIGMA_MM)),
            round(skid.heading_rad * 1000 + random.normal(0, TOLD_SIGMA_MRAD)),
        )

    # What became of it

    def claimed(self) -> Searched:
        """The mission's map, as its file has it."""
        return self.runner.searched

    def _result(self, phase: Phase, duration_s: float) -> FieldResult:
        world, truth, plan = self.world, self.world.truth, self.plan
        truth.flush()
        searched = self.claimed()
        cells = searched.claimed(plan.geometry)
        ground = searched.shape(cells)
        area = plan.area.polygon
        claimed = ground.intersection(area)
        # What finds take from what can be reached is theirs, as a person has to look there.
        finds = with_finds(plan.area, self.mission.contacts(), plan.geometry)
        close = shapely.union_all(finds.kept_clear).buffer(plan.geometry.settle_mm / 1000)  # as plans have it
        reachable = reachable_of(finds, plan.geometry, close)
        wrong = self._wrongly(searched, cells)
        found = {spot.target for spot in self.spots if spot.target is not None}
        reached = [n for n, at in enumerate(truth.targets) if n in found or ground.contains(shapely.Point(at))]
        near = [n for n, d in enumerate(truth.nearest_m) if d <= NEAR_M]
        return FieldResult(
            phase=phase.value,
            held_for=self.runner.held_for,
            area_m2=float(area.area),
            reachable_m2=float(reachable.area),
            claimed_m2=float(claimed.area),
            claimed_reachable_m2=float(claimed.intersection(reachable).area),
            wrongly_claimed_m2=float((wrong & truth.inside).sum()) * CELL_M**2,
            targets_wrongly_claimed=sum(
                1
                for n, (x, y) in enumerate(truth.targets)
                if n not in found and wrong[int((x - truth.x0_m) // CELL_M), int((y - truth.y0_m) // CELL_M)]
            ),
            trespasses=len(truth.trespasses),
            trespass_cells=sum(each.cells for each in truth.trespasses),
            near_unfound=len(near),
            targets=len(truth.targets),
            targets_reached=len(reached),
            targets_found=len(found),
            false_alarms=sum(1 for spot in self.spots if spot.target is None),
            driven_m=self._driven_m,
            swath_m=plan.geometry.swath_mm / 1000,
            duration_s=duration_s,
            knocks=len(world.knocks),
            stops=dict(self.stops),
            places=[self._place_error(spot) for spot in self.spots if spot.target is not None],
            told=list(self.beside.told),
        )

    def _wrongly(self, searched: Searched, cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Cells of the truth that are claimed, and that no coil searched."""
        truth = self.world.truth
        nx, ny = truth.searched_ms.shape
        x_mm = (truth.x0_m + (np.arange(nx) + 0.5) * CELL_M) * 1000
        y_mm = (truth.y0_m + (np.arange(ny) + 0.5) * CELL_M) * 1000
        i = np.floor(x_mm / searched.cell_mm).astype(int) - searched.left
        j = np.floor(y_mm / searched.cell_mm).astype(int) - searched.low
        out = np.zeros((nx, ny), dtype=bool)
        a, b = (i >= 0) & (i < cells.shape[0]), (j >= 0) & (j < cells.shape[1])
        out[np.ix_(a, b)] = cells[np.ix_(i[a], j[b])]
        return out & (truth.searched_ms == 0)

    def _place_error(self, spot: Spot) -> tuple[float, float]:
        """How far along the rover's way a find was told from its target, and one sigma told."""
        assert spot.target is not None
        x, y = self.world.truth.targets[spot.target]
        along = (x - spot.x_m) * math.cos(spot.heading_rad) + (y - spot.y_m) * math.sin(spot.heading_rad)
        return along, spot.sigma_m
