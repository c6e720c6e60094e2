"""A rover on skidding tracks in a field: what its tracks do, and what the ground makes of that.

It goes in whole milliseconds of the board's time, and feels a change of the board's pins at the next: so it goes alike,
bit for bit, in whatever slices it is asked to. Every FEEL_MS it feels anew how the ground is under it.
"""

import math
from dataclasses import dataclass, field

import numpy as np
import shapely

from hil.world.encoder import Edges
from hil.world.field.field_spec import FieldFile
from hil.world.field.obstacles import Obstacles, outline
from hil.world.field.terrain import Terrain
from hil.world.rover import STEP_NS, Drive, Rover, Slice

G_M_S2 = 9.81
# Of all that the motors set in motion so much is weight; the rest is their own rotors, behind their gears.
_WEIGHT_SHARE = 0.5
FEEL_MS = 10
_STEP_S = STEP_NS * 1e-9
# Of the machine's weight above the ground: on a side slope it rests more on the lower track.
_CENTRE_M = 0.15
# Speed of the tracks' ends sideways at which scrubbing is half of what it is when turning on the spot.
_SCRUB_M_S = 0.02
_KEPT_MS = 1000
_TOUCH_M = 0.0005
# A knock is told once, however long the tracks push on.
_KNOCK_NS = 500_000_000

Knot = tuple[float, float, float, float]
# Soil at the three gates (mV), height of the head's middle above the left post and above the ground under it, height of
# the plane under the tracks, pitch, roll.
Felt = tuple[float, float, float, float, float, float, float, float]


@dataclass(frozen=True)
class Pose:
    """Where the rover is at a time: tracks' middle, m, on the plane under its tracks; heading from x to the left; pitch
    nose up, roll left side up, rad; speed ahead over the ground, m/s."""

    x_m: float
    y_m: float
    z_m: float
    heading_rad: float
    pitch_rad: float
    roll_rad: float
    speed_m_s: float


@dataclass(frozen=True)
class Knock:
    """The machine came against an obstacle (its number in the file) at t_ns, its tracks' middle there."""

    t_ns: int
    x_m: float
    y_m: float
    obstacle: int


@dataclass
class FieldSlice(Slice):
    """Besides: of each millisecond from first_ms on the rover's x, y, heading and speed (knots); of each hundredth of a
    second from first_felt on how the ground was felt (Felt); and poses (t_ns, x, y, heading), one a hundredth.

    What is felt at a hundredth of a second is so at the next: from one to the other it goes straight."""

    first_ms: int = 0
    knots: list[Knot] = field(default_factory=list)
    first_felt: int = 0
    felt: list[Felt] = field(default_factory=list)
    poses: list[tuple[int, float, float, float]] = field(default_factory=list)


class SkidRover(Rover):
    """See the module. knocks: every time that it came against an obstacle."""

    def __init__(self, file: FieldFile, terrain: Terrain) -> None:
        super().__init__(file)
        self._file, self._terrain, self._skid = file, terrain, file.skid
        self.x_m, self.y_m = file.start.x_m, file.start.y_m
        self.heading_rad = math.radians(file.start.heading_deg)
        self.turn_rate_rad_s = 0.0
        self.knocks: list[Knock] = []
        random = np.random.default_rng([file.seed, 113])
        self.width_factor = float(random.uniform(file.skid.width_low, file.skid.width_high))
        self.pivot_m = float(random.uniform(-file.skid.pivot_m, file.skid.pivot_m))
        self._obstacles = Obstacles(file)
        self._outline = outline(file)
        corners = np.concatenate([np.array(part.exterior.coords) for part in _parts(self._outline)])
        self._outer_m = float(np.hypot(corners[:, 0], corners[:, 1]).max())
        self._clear_m = 0.0
        self._pushed_ns = -2 * _KNOCK_NS
        self._ms = 0
        self._begun = False
        self._grip = (1.0, 1.0)
        self._quarter_m = self.spec.track_length_m / 4
        self._loose = (0.0, 0.0)
        self._turning_m = self.spec.track_width_m * self.width_factor
        self._side = 0.0
        self._felt_at: tuple[float, float, float] | None = None
        self._sag_a = self.supply.sag_mv_per_a * self.supply.stall_a / self.supply.vsys_mv
        self._tops = (self.left.top_m_s, self.right.top_m_s)
        self._feel()
        self._felt: list[Felt] = [self._now_felt, self._now_felt]
        self._first_felt = -1
        self._trail: list[Knot] = [(self.x_m, self.y_m, self.heading_rad, 0.0)]
        self._trail_ms = 0

    def step(self, t0_ns: int, t1_ns: int, drive: Drive) -> FieldSlice:
        """As for any rover; the first call says when the world begins. The edges of the last millisecond may lie up to
        one behind t1_ns."""
        if not self._begun:
            self._ms = self._trail_ms = t0_ns // STEP_NS
            self._first_felt = self._ms // FEEL_MS - 1
            self._begun = True
        edges = {name: Edges() for name in ("left_a", "left_b", "right_a", "right_b")}
        sources = (
            ("dl", drive.duty_left),
            ("dr", drive.duty_right),
            ("fl", drive.forward_left),
            ("fr", drive.forward_right),
            ("en", drive.enable),
        )
        changes = sorted((t, name, value) for name, source in sources for t, value in source if t < t1_ns)
        done, count, now = 0, len(changes), self._now
        poses: list[tuple[int, float, float, float]] = []
        until = -(-t1_ns // STEP_NS)
        trail, felt = self._trail, self._felt
        for ms in range(self._ms, until):
            t_ns = ms * STEP_NS
            while done < count and changes[done][0] <= t_ns:
                _, name, value = changes[done]
                now[name] = value
                done += 1
            if ms % FEEL_MS == 0:
                self._feel()
                felt.append(self._now_felt)
                poses.append((t_ns, self.x_m, self.y_m, self.heading_rad))
            speed = self._millisecond(t_ns, edges)
            trail.append((self.x_m, self.y_m, self.heading_rad, speed))
        self._ms = until
        for _, name, value in changes[done:]:
            now[name] = value  # felt with the next whole millisecond
        first = t0_ns // STEP_NS
        first_felt = first // FEEL_MS - 1
        moved = FieldSlice(
            edges,
            [],
            [],
            first,
            trail[first - self._trail_ms :],
            first_felt,
            felt[first_felt - self._first_felt :],
            poses,
        )
        if len(trail) > 2 * _KEPT_MS:
            del trail[:-_KEPT_MS]
            self._trail_ms = until - len(trail) + 1
            kept = _KEPT_MS // FEEL_MS + 2
            self._first_felt += len(felt) - kept
            del felt[:-kept]
        return moved

    def at(self, t_ns: int) -> Pose:
        """Where it was at a time in the last second, between the milliseconds."""
        ms = t_ns // STEP_NS
        part = (t_ns - ms * STEP_NS) / STEP_NS
        trail, i = self._trail, ms - self._trail_ms
        most = len(trail) - 1
        i = 0 if i < 0 else i if i < most else most
        x, y, heading, speed = trail[i]
        if part and i < most:
            high = trail[i + 1]
            x += (high[0] - x) * part
            y += (high[1] - y) * part
            heading += (high[2] - heading) * part
            speed = high[3]
        k = ms // FEEL_MS
        part = (ms - k * FEEL_MS + part) / FEEL_MS
        felt, k = self._felt, k - self._first_felt
        k = 1 if k < 1 else k if k < len(felt) else len(felt) - 1
        low_z, low_pitch, low_roll = felt[k - 1][5:]
        z, pitch, roll = felt[k][5:]
        return Pose(
            x, y, low_z + (z - low_z) * part, heading, low_pitch + (pitch - low_pitch) * part,
            low_roll + (roll - low_roll) * part, speed,
        )  # fmt: skip

    def _feel(self) -> None:
        """How the ground is under tracks and head, from here on."""
        here = (self.x_m, self.y_m, self.heading_rad)
        if here == self._felt_at:
            return
        self._felt_at = here
        spec, skid, terrain = self.spec, self._skid, self._terrain
        x, y, heading = here
        cos, sin = math.cos(heading), math.sin(heading)
        ahead_x, ahead_y = cos * spec.track_length_m / 2, sin * spec.track_length_m / 2
        left_x, left_y = -sin * spec.track_width_m / 2, cos * spec.track_width_m / 2
        height = terrain.height.one
        front_left = height(x + ahead_x + left_x, y + ahead_y + left_y)
        front_right = height(x + ahead_x - left_x, y + ahead_y - left_y)
        rear_left = height(x - ahead_x + left_x, y - ahead_y + left_y)
        rear_right = height(x - ahead_x - left_x, y - ahead_y - left_y)
        front, rear = front_left + front_right, rear_left + rear_right
        z = (front + rear) / 4
        pitch = math.atan((front - rear) / 2 / spec.track_length_m)
        roll = math.atan((front_left + rear_left - front_right - rear_right) / 2 / spec.track_width_m)
        reach, climb, lean = spec.coil_ahead_m, math.sin(pitch), math.sin(roll)
        *soil, head_m, over_m = terrain.under_head(x + cos * reach, y + sin * reach, z + reach * climb)
        self._now_felt = (soil[0], soil[1], soil[2], head_m, over_m, z, pitch, roll)
        loose = terrain.loose.one
        self._loose = (loose(x + left_x, y + left_y), loose(x - left_x, y - left_y))
        # The higher track carries less: for the same thrust it slips more.
        shift = max(-0.9, min(0.9, 2 * _CENTRE_M / spec.track_width_m * lean))
        common = skid.grade_slip * climb
        left = self._slip(0) + skid.loose_slip * self._loose[0] + common
        right = self._slip(1) + skid.loose_slip * self._loose[1] + common
        self._grip = (1 - left * (1 + shift), 1 - right * (1 - shift))
        self._turning_m = spec.track_width_m * self.width_factor * terrain.width.one(x, y)
        self._side = -skid.side_slip * lean
        # The speed that gravity would give in the time constant of the tracks.
        gravity = G_M_S2 * climb * _WEIGHT_SHARE * spec.mechanical_ms / 1000
        self.left.load_m_s = self.right.load_m_s = gravity + self.slope_m_s

    def _millisecond(self, t_ns: int, edges: dict[str, Edges]) -> float:
        """Speed ahead over the ground in it."""
        now, left, right = self._now, self.left, self.right
        live = self._contactor.update(t_ns, now["en"] != 0.0)
        duty_left, duty_right = now["dl"], now["dr"]
        if not (left.speed_m_s or right.speed_m_s or (live and (duty_left or duty_right)) or self.hand):
            self.turn_rate_rad_s = 0.0
            if abs(left.load_m_s) <= self.spec.stiction_m_s:  # what stands, stays
                left.current_m_s = right.current_m_s = 0.0
                return 0.0
        # As `motor_amps` has it, less a call a millisecond.
        loads = min(abs(left.current_m_s) / self._tops[0], 1.0) * duty_left
        loads += min(abs(right.current_m_s) / self._tops[1], 1.0) * duty_right
        sag = 1.0 - self._sag_a * loads
        aside = abs(self.turn_rate_rad_s) * self._quarter_m
        scrub = self._skid.scrub_m_s * aside / (aside + _SCRUB_M_S)
        drag, loose = self._skid.loose_drag_m_s, self._loose
        left.drag_m_s = self.spec.left_drag_m_s + drag * loose[0] + scrub
        right.drag_m_s = self.spec.right_drag_m_s + drag * loose[1] + scrub
        signs = self._signs
        way_left = left.step(_STEP_S, (duty_left if now["fl"] else -duty_left) * signs[0] * sag, live)
        way_right = right.step(_STEP_S, (duty_right if now["fr"] else -duty_right) * signs[1] * sag, live)
        if self.hand is not None:
            way_left, way_right = self.hand[0] * _STEP_S, self.hand[1] * _STEP_S
        ground_left, ground_right = way_left * self._grip[0], way_right * self._grip[1]
        way = 0.5 * (ground_left + ground_right)
        turn = (ground_right - ground_left) / self._turning_m
        aside = self._side * 0.5 * (abs(ground_left) + abs(ground_right)) - self.pivot_m * turn
        middle = self.heading_rad + 0.5 * turn
        cos, sin = math.cos(middle), math.sin(middle)
        x, y = self.x_m + way * cos - aside * sin, self.y_m + way * sin + aside * cos
        self._clear_m -= abs(way) + abs(aside) + abs(turn) * self._outer_m
        if self._clear_m <= 0 and self._stopped(t_ns, x, y, self.heading_rad + turn):
            left.speed_m_s = right.speed_m_s = 0.0
            self.turn_rate_rad_s = 0.0
            return 0.0
        self.x_m, self.y_m = x, y
        self.heading_rad += turn
        self.turn_rate_rad_s = turn / _STEP_S
        t1_ns = t_ns + STEP_NS
        if way_left:
            self.encoder_left.move(t_ns, t1_ns, way_left, edges["left_a"], edges["left_b"])
            self.track_m[0] += way_left
        if way_right:
            self.encoder_right.move(t_ns, t1_ns, way_right, edges["right_a"], edges["right_b"])
            self.track_m[1] += way_right
        return way / _STEP_S

    def _stopped(self, t_ns: int, x_m: float, y_m: float, heading_rad: float) -> bool:
        """Whether something stands in the way of that pose. If so the tracks do not turn: at what a field's moves take,
        the motors give less than the ground holds."""
        self._clear_m = self._obstacles.clear_m(self._outline, x_m, y_m, heading_rad)
        if self._clear_m > 0:
            self._clear_m = max(self._clear_m - _TOUCH_M, 0.0)
            return False
        if t_ns - self._pushed_ns > _KNOCK_NS:
            number = self._obstacles.touched(self._outline, x_m, y_m, heading_rad)
            self.knocks.append(Knock(t_ns, self.x_m, self.y_m, number))
        self._pushed_ns = t_ns
        return True


def _parts(shape: shapely.MultiPolygon | shapely.Polygon) -> list[shapely.Polygon]:
    return list(shapely.get_parts(shape))
