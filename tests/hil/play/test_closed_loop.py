"""The closed loop: what the board's pins do moves the rover, and the rover comes back as edges and voltages, in time.

The board is a small fake with a scripted drive; the same loop with the real firmware is tested on the virtual Pico.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import numpy as np
import pytest

from hil.play.closed_loop import SLICE_NS, ClosedLoop
from hil.world.world import World
from hil.world.world_file import parse_world
from sapper.shared.pins import GPIO

pytestmark = pytest.mark.unit
MS = 1_000_000


@dataclass
class FakePin:
    rig: "FakeRig"
    gpio: int
    driven: list[tuple[int, int]] = field(default_factory=list)
    events: list[tuple[int, int]] = field(default_factory=list)
    level: int = 0

    def drive(self, level: int, at_ns: int | None = None) -> None:
        self.driven.append((self.rig.now_ns if at_ns is None else at_ns, level))

    def drive_edges(self, times_ns: Sequence[int], levels: Sequence[int]) -> None:
        assert all(t >= self.rig.now_ns for t in times_ns), "an edge in the board's past"
        self.driven += list(zip(times_ns, levels, strict=True))

    def watch(self) -> None:
        pass

    def edges(self) -> list[tuple[int, int]]:
        out, self.events = self.events, []
        return out


@dataclass
class FakePwm:
    duty: float = 0.0
    events: list[tuple[int, float]] = field(default_factory=list)

    def watch(self) -> None:
        pass

    def changes(self) -> list[tuple[int, float]]:
        out, self.events = self.events, []
        return out


class FakeAdc:
    def __init__(self) -> None:
        self.played: dict[int, list[tuple[int, float]]] = {0: [], 1: [], 2: []}
        self.held: dict[int, float] = {}

    def set(self, channel: int, millivolts: float) -> None:
        self.held[channel] = millivolts

    def play(self, channel: int, times_ns: Any, values_mv: Any, interpolate: str = "linear") -> None:
        assert interpolate == "hold"
        self.played[channel] += list(zip(np.asarray(times_ns).tolist(), np.asarray(values_mv).tolist(), strict=True))


class FakeRig:
    """Runs a script: {t_ns: {signal: value}}; overshoots each run by a few cycles, as an emulator does."""

    name = "fake"

    def __init__(self, script: dict[int, dict[str, float]]) -> None:
        self.now_ns = 0
        self.script = sorted(script.items())
        self.pins = {gpio: FakePin(self, gpio) for gpio in range(30)}
        self.pwms = {gpio: FakePwm() for gpio in range(30)}
        self.adc = FakeAdc()
        self.usb: Any = None
        self.uart: Any = ()

    def pin(self, gpio: int) -> FakePin:
        return self.pins[gpio]

    def pwm(self, gpio: int) -> FakePwm:
        return self.pwms[gpio]

    def run(self, duration_ns: int) -> None:
        end = self.now_ns + duration_ns + 24
        while self.script and self.script[0][0] < end:
            t, signals = self.script.pop(0)
            for signal, value in signals.items():
                gpio = GPIO[signal]
                if signal.startswith("MOTOR_") and signal != "MOTOR_EN":
                    self.pwms[gpio].duty = value
                    self.pwms[gpio].events.append((t, value))
                else:
                    self.pins[gpio].level = int(value)
                    self.pins[gpio].events.append((t, int(value)))
        self.now_ns = end

    def close(self) -> None:
        pass


AHEAD = {"DIR_LEFT": 1, "DIR_RIGHT": 1, "MOTOR_EN": 1}
GO = {"MOTOR_LEFT": 0.35, "MOTOR_RIGHT": 0.35}
HALT = {"MOTOR_LEFT": 0.0, "MOTOR_RIGHT": 0.0}
LANE: dict[str, Any] = {"target": [{"material": "copper", "x_m": 0.5, "depth_m": 0.05, "radius_m": 0.03}]}


def looped(script: dict[int, dict[str, float]], data: dict[str, Any] | None = None) -> tuple[FakeRig, ClosedLoop]:
    rig = FakeRig(script)
    return rig, ClosedLoop(rig, World(parse_world(LANE if data is None else data)))


def test_it_starts_with_the_loop_closed_the_key_off_and_the_coil_at_the_start() -> None:
    rig, loop = looped({})
    assert rig.pins[GPIO["ESTOP_OK"]].driven == [(0, 1)]
    assert rig.pins[GPIO["ARM_KEY"]].driven == [(0, 0)]
    assert loop.truth.coil_m[0] == pytest.approx((0.0, 0.0))
    for name in ("ENC_LEFT_A", "ENC_LEFT_B", "ENC_RIGHT_A", "ENC_RIGHT_B"):
        assert rig.pins[GPIO[name]].driven == [(0, 0)]


def test_key_and_emergency_stop_reach_the_pins() -> None:
    rig, loop = looped({})
    loop.key(True)
    loop.emergency_stop(True)
    assert rig.pins[GPIO["ARM_KEY"]].driven[-1] == (0, 1)
    assert rig.pins[GPIO["ESTOP_OK"]].driven[-1] == (0, 0)


def test_motors_move_the_rover_and_edges_count_the_way() -> None:
    rig, loop = looped({10 * MS: AHEAD, 60 * MS: GO})
    loop.run(2000 * MS)
    travelled = loop.world.rover.track_m[0]
    assert travelled > 0.5
    edges = [t for t, _ in rig.pins[GPIO["ENC_LEFT_A"]].driven[1:]]
    assert edges == sorted(edges)
    assert len(edges) == pytest.approx(travelled * 1000, abs=1.01)


def test_every_pulse_of_the_front_end_is_played_once_and_in_order() -> None:
    rig, loop = looped({})
    for _ in range(7):
        loop.run(37 * MS + 12_345)
    for played in rig.adc.played.values():
        times = [t for t, _ in played]
        assert times == list(range(0, times[-1] + 1, MS // 2))
        assert times[-1] > 7 * 37 * MS - MS


def test_the_detector_sees_the_target_when_the_coil_is_over_it() -> None:
    rig, loop = looped({MS: AHEAD, 60 * MS: GO})
    loop.run(3500 * MS)
    at = np.array([v for v in rig.adc.played[1]])
    frames = at[: len(at) // 20 * 20].reshape(-1, 20, 2).mean(axis=1)
    lowest_ns = int(frames[frames[:, 1].argmin(), 0])
    assert loop.truth.coil_at(lowest_ns)[0] == pytest.approx(0.5, abs=0.04)


def test_supply_and_temperature_are_on_their_inputs() -> None:
    rig, loop = looped({})
    loop.run(100 * MS)
    assert rig.adc.held[3] * 3 == pytest.approx(5000, abs=30)
    assert (rig.adc.held[4] - 706) / -1.721 + 27 == pytest.approx(22, abs=1)


def test_a_stop_is_logged_when_both_duties_are_zero_with_the_place_of_the_coil() -> None:
    off = 2_000 * MS + 1_234_567
    rig, loop = looped({MS: AHEAD, 60 * MS: GO, off: {"MOTOR_LEFT": 0.0}, off + MS: {"MOTOR_RIGHT": 0.0}})
    loop.run(3000 * MS)
    assert [stop.t_ns for stop in loop.truth.stops] == [off + MS]
    stop = loop.truth.stops[0]
    assert stop.speed_m_s == pytest.approx(0.34, abs=0.02)
    assert stop.s_m == pytest.approx(loop.truth.coil_at(off + MS)[0])
    rest = loop.truth.coil_m[-1][0]
    assert 0.005 < rest - stop.s_m < 0.05
    assert loop.truth.speeds_m_s[-1] == (0.0, 0.0)


def test_the_rover_feels_the_pins_one_slice_later_and_not_sooner() -> None:
    at = 500 * MS
    rig, loop = looped({MS: AHEAD, at: {"MOTOR_LEFT": 1.0, "MOTOR_RIGHT": 1.0}})
    loop.run(600 * MS)
    moved = next(t for t, (left, _) in zip(loop.truth.t_ns, loop.truth.speeds_m_s, strict=True) if left > 0)
    assert at + SLICE_NS <= moved <= at + 2 * SLICE_NS + MS


def test_slices_of_any_length_lose_no_change_of_a_pin() -> None:
    script = {MS: AHEAD, 60 * MS: GO, 1000 * MS: {"DIR_LEFT": 0}, 1001 * MS: {"DIR_RIGHT": 0}, 1500 * MS: HALT}
    ways = []
    for step in (4 * MS, 5 * MS, 700_000, 13 * MS):
        _, loop = looped(script)
        while loop.rig.now_ns < 2000 * MS:
            loop.run(step)
        ways.append(loop.world.rover.track_m)
        assert [stop.t_ns for stop in loop.truth.stops] == [1500 * MS]
    for way in ways[1:]:
        # the integration's own steps differ a little
        assert way == pytest.approx(ways[0], abs=0.002)


def test_dropping_motor_en_stops_it_whatever_the_duty() -> None:
    rig, loop = looped({MS: AHEAD, 60 * MS: GO, 1500 * MS: {"MOTOR_EN": 0}})
    loop.run(3500 * MS)
    assert loop.truth.speeds_m_s[-1] == (0.0, 0.0)
    assert not loop.world.rover.contactor_closed
    assert loop.truth.stops == []


def test_the_same_script_gives_the_same_run() -> None:
    runs = []
    for _ in range(2):
        rig, loop = looped({MS: AHEAD, 60 * MS: GO})
        loop.run(1000 * MS)
        runs.append((rig.adc.played, rig.pins[GPIO["ENC_RIGHT_B"]].driven, loop.truth.coil_m))
    assert runs[0] == runs[1]


class LateRig(FakeRig):
    """It tells what happened 3 to 28 ms later, as reports come."""

    time_resolution_ns = 1
    lag_ns = 28 * MS

    def __init__(self, script: dict[int, dict[str, float]]) -> None:
        super().__init__(script)
        self._kept: list[tuple[int, FakePin | FakePwm, tuple[int, Any]]] = []
        self._delays_ns = cycle((3 * MS, 28 * MS, 11 * MS))

    def run(self, duration_ns: int) -> None:
        super().run(duration_ns)
        for port in (*self.pins.values(), *self.pwms.values()):
            self._kept += [(row[0] + next(self._delays_ns), port, row) for row in port.events]
            port.events.clear()
        # What a line did is told in its order.
        for due_ns, port, row in sorted(self._kept, key=lambda kept: kept[2][0]):
            earlier = any(other is port and told[0] < row[0] for _, other, told in self._kept)
            if due_ns <= self.now_ns and not earlier:
                port.events.append(row)
                self._kept.remove((due_ns, port, row))


def test_on_a_rig_that_sees_late_the_rover_feels_always_as_late() -> None:
    script: dict[int, dict[str, float]] = {
        10 * MS: AHEAD,
        60 * MS: GO,
        501 * MS: {"MOTOR_LEFT": 0.9},
        700 * MS: {"MOTOR_LEFT": 0.2},
        900 * MS: HALT,
    }
    _, soon = looped(dict(script))
    late = ClosedLoop(LateRig(dict(script)), World(parse_world(LANE)))
    soon.run(1500 * MS)
    late.run(1500 * MS)
    for t_ns in range(100 * MS, 1400 * MS, 7 * MS):
        place, before = late.truth.coil_at(t_ns + LateRig.lag_ns), soon.truth.coil_at(t_ns)
        assert place == pytest.approx(before, abs=2e-4), f"at {t_ns} ns"
    assert [stop.t_ns for stop in late.truth.stops] == [900 * MS]
