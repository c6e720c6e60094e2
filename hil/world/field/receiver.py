"""A GNSS receiver on the rover: where it thinks its antenna is, how sure it says it is, and when which bytes come.

Its errors wander as first-order Gauss-Markov processes (the usual model of GNSS position errors, e.g. Farrell, Aided
Navigation, 4.6), drawn from one moment to the next in order: the same seed gives the same bytes at the same times.
"""

import math
from collections.abc import Callable, Iterable

import numpy as np

from hil.world.field.field_spec import FieldFile, GnssFault
from hil.world.field.geodesy import Geodesy
from hil.world.field.gnss_bytes import Said, nmea, ubx_high, ubx_pvt
from hil.world.field.skid_rover import Pose

NS = 1_000_000_000
Bytes = list[tuple[int, bytes]]

_ORDER = ("none", "single", "float", "fixed")
_SATELLITES = {"none": 3, "single": 12, "float": 18, "fixed": 22}
# What it says of itself when it lies: the usual figure of a good fix.
_CLAIMED_MM = 14.0
_VERTICAL = 1.8
_SPEED_NOISE_M_S = 0.02
# Bytes that are told together: half of a line's hardware buffer.
_CHUNK = 16
_SPOILT = 0.3
# A line slower than what is to be said: so much waits, and no more is begun.
_BACKLOG_S = 1.0


class Receiver:
    """Ask for `bytes_between` slice by slice. at: the rover's pose at a time within the last second. told: what was
    said of each moment, and where the antenna truly was (field m)."""

    def __init__(self, file: FieldFile, at: Callable[[int], Pose]) -> None:
        spec = self._spec = file.gnss
        self._at = at
        self._faults = file.gnss_faults
        self.geodesy = Geodesy(spec.lat_deg, spec.lon_deg, spec.height_m, spec.bearing_deg)
        self._random = np.random.default_rng([file.seed, 115])
        self._period_ns = round(NS / spec.rate_hz)
        self._next = 0
        self._free_ns = 0
        self._waiting: Bytes = []
        self.told: list[tuple[Said, tuple[float, float, float]]] = []
        self._kinds = {
            "fixed": (spec.fixed_mm / 1000, spec.fixed_s),
            "float": (spec.float_m, spec.float_s),
            "single": (spec.single_m, spec.single_s),
        }
        draws = self._random.standard_normal((3, 3))
        self._off = {kind: draws[i].tolist() for i, kind in enumerate(self._kinds)}
        self._place: tuple[float, float, float] | None = None
        self._last = b""

    def bytes_between(self, t0_ns: int, t1_ns: int) -> Bytes:
        """(time, bytes) of what arrives whole in t0_ns <= t < t1_ns, in order. Ask for times that rise, in slices of
        under a second, when the rover has gone as far."""
        if not self._spec.fitted:
            return []
        while self._next * self._period_ns < t1_ns:
            self._moment(self._next * self._period_ns)
            self._next += 1
        ready = [row for row in self._waiting if row[0] < t1_ns]
        self._waiting = self._waiting[len(ready) :]
        return [(max(t_ns, t0_ns), data) for t_ns, data in ready]

    def _on(self, t_s: float) -> dict[str, GnssFault]:
        return {fault.kind: fault for fault in self._faults if fault.t0_s <= t_s < fault.t1_s}

    def _moment(self, t_ns: int) -> None:
        # Every moment draws alike, whatever is told of it.
        draws = self._random.standard_normal(16).tolist()
        uniform = self._random.uniform(0, 1, 3).tolist()
        step_s = self._period_ns / NS
        for i, (kind, (_, over_s)) in enumerate(self._kinds.items()):
            keep = math.exp(-step_s / over_s)
            fresh = math.sqrt(1 - keep * keep)
            self._off[kind] = [keep * a + fresh * b for a, b in zip(self._off[kind], draws[3 * i :], strict=False)]
        t_s = t_ns / NS
        faults = self._on(t_s)
        spec = self._spec
        pose = self._at(t_ns)
        true = self._antenna(pose)
        mode = self._mode(t_s, faults)
        sigma_m = spec.white_mm / 1000
        place = true
        if mode != "none":
            level = self._kinds[mode][0]
            sigma_m = math.hypot(level, spec.white_mm / 1000)
            white = [spec.white_mm / 1000 * each for each in draws[9:12]]
            off = self._off[mode]
            extra = self._led_astray(t_s, faults)
            place = (
                true[0] + level * off[0] + white[0] + extra[0],
                true[1] + level * off[1] + white[1] + extra[1],
                true[2] + _VERTICAL * (level * off[2] + white[2]),
            )
            if "frozen" in faults and self._place is not None:
                place = self._place
            self._place = place
        if "lying" in faults or "wrong_fix" in faults:
            sigma_m = _CLAIMED_MM / 1000
        lat, lon, height = self.geodesy.geo(*place)
        course = math.degrees(pose.heading_rad)
        said = Said(
            t_ns, mode, lat, lon, height, spec.geoid_m, sigma_m,
            abs(pose.speed_m_s + _SPEED_NOISE_M_S * draws[12]),
            (spec.bearing_deg - course + (180 if pose.speed_m_s < 0 else 0)) % 360,
            _SATELLITES[mode] + int(3 * uniform[0]),
        )  # fmt: skip
        self.told.append((said, true))
        self._send(t_ns, said, faults, uniform)

    def _mode(self, t_s: float, faults: Iterable[str]) -> str:
        spec = self._spec
        most = "single" if t_s < spec.float_after_s else "float" if t_s < spec.fixed_after_s else "fixed"
        limits = [spec.mode, most] + [kind for kind in ("single", "float") if kind in faults]
        if "outage" in faults:
            limits.append("none")
        mode = min(limits, key=_ORDER.index)
        # A fix to the wrong whole number of waves, and who fakes signals, claims the best.
        return "fixed" if mode != "none" and ("wrong_fix" in faults or "ramp" in faults) else mode

    def _led_astray(self, t_s: float, faults: dict[str, GnssFault]) -> tuple[float, float]:
        x = y = 0.0
        for kind in ("multipath", "wrong_fix", "ramp"):
            if kind in faults:
                fault = faults[kind]
                size = fault.rate_m_s * (t_s - fault.t0_s) if kind == "ramp" else fault.size_m
                x += size * math.cos(math.radians(fault.toward_deg))
                y += size * math.sin(math.radians(fault.toward_deg))
        return x, y

    def _antenna(self, pose: Pose) -> tuple[float, float, float]:
        """Where it is, field m: the rover turned, then pitched nose up, then rolled left side up."""
        spec = self._spec
        sin_r, cos_r = math.sin(pose.roll_rad), math.cos(pose.roll_rad)
        sin_p, cos_p = math.sin(pose.pitch_rad), math.cos(pose.pitch_rad)
        left = spec.left_m * cos_r - spec.up_m * sin_r
        over = spec.left_m * sin_r + spec.up_m * cos_r
        ahead = spec.ahead_m * cos_p - over * sin_p
        up = spec.ahead_m * sin_p + over * cos_p
        cos, sin = math.cos(pose.heading_rad), math.sin(pose.heading_rad)
        return pose.x_m + ahead * cos - left * sin, pose.y_m + ahead * sin + left * cos, pose.z_m + up

    def _send(self, t_ns: int, said: Said, faults: Iterable[str], uniform: list[float]) -> None:
        spec = self._spec
        if spec.protocol == "nmea":
            data = nmea(said)
        else:
            data = (ubx_high(said) if spec.protocol == "ubx_hp" else b"") + ubx_pvt(said)
        if "repeated" in faults and self._last:
            data = self._last
        self._last = data
        if "garbage" in faults:
            chance = np.random.default_rng([int(uniform[2] * 2**31)])
            raw = np.frombuffer(data, dtype=np.uint8).copy()
            hit = chance.uniform(0, 1, len(raw)) < _SPOILT
            raw[hit] = chance.integers(0, 256, int(hit.sum()))
            data = raw.tobytes()
        late_ms = spec.latency_low_ms + uniform[1] * (spec.latency_high_ms - spec.latency_low_ms)
        start_ns = max(t_ns + int(late_ms * 1e6), self._free_ns)
        if "stopped" in faults or start_ns - t_ns > _BACKLOG_S * NS:
            return
        for at in range(0, len(data), _CHUNK):
            chunk = data[at : at + _CHUNK]
            # A byte is ten bits with start and stop; a piece is there with its last byte.
            self._waiting.append((start_ns + (at + len(chunk)) * 10 * NS // spec.baud, chunk))
        self._free_ns = start_ns + len(data) * 10 * NS // spec.baud
