"""A tape turns a trace into stimuli: the ticks it counts become the edges it plays, standing it never freezes."""

import numpy as np
import pytest

from hil.errors import HilError
from hil.play.tape import Tape
from hil.traces.synthetic import synthetic_trace
from sapper.shared.pins import GPIO
from sapper_host.recordings.trace import Trace

MS = 1_000_000
pytestmark = pytest.mark.unit


class FakePin:
    def __init__(self) -> None:
        self.level = 0
        self.driven: list[tuple[int, int]] = []

    def drive(self, level: int, at_ns: int | None = None) -> None:
        self.level = level

    def drive_edges(self, times_ns: list[int], levels: list[int]) -> None:
        self.driven += list(zip(times_ns, levels, strict=True))


class FakeAdc:
    def __init__(self) -> None:
        self.played: dict[int, list[tuple[int, float]]] = {}

    def set(self, channel: int, millivolts: float) -> None:
        self.played.setdefault(channel, []).append((0, millivolts))

    def play(self, channel: int, times_ns: np.ndarray, values_mv: np.ndarray, interpolate: str = "linear") -> None:
        self.played.setdefault(channel, []).extend(zip(times_ns.tolist(), values_mv.tolist(), strict=True))


class FakeRig:
    """Keeps what it was told and lets time pass at once."""

    def __init__(self) -> None:
        self.now_ns = 0
        self.adc = FakeAdc()
        self._pins: dict[int, FakePin] = {}

    def pin(self, gpio: int) -> FakePin:
        return self._pins.setdefault(gpio, FakePin())


def played(trace: Trace, seconds: float, standing_s: float = 0.5) -> tuple[FakeRig, Tape]:
    rig = FakeRig()
    tape = Tape(rig, trace)  # type: ignore[arg-type]
    while rig.now_ns < standing_s * 1e9:
        tape.schedule(10 * MS)
        rig.now_ns += 10 * MS
    tape.roll()
    while rig.now_ns < (standing_s + seconds) * 1e9:
        tape.schedule(10 * MS)
        rig.now_ns += 10 * MS
    return rig, tape


def decoded(rig: FakeRig, side: str) -> int:
    """Both edges of A, the direction from B: what the board's encoder counts."""
    a, b = rig.pin(GPIO[f"ENC_{side}_A"]), rig.pin(GPIO[f"ENC_{side}_B"])
    edges = sorted([(t, "a", level) for t, level in a.driven] + [(t, "b", level) for t, level in b.driven])
    count, b_level = 0, 0
    for _, phase, level in edges:
        if phase == "b":
            b_level = level
        else:
            count += 1 if level != b_level else -1
    return count


def test_the_edges_played_are_the_ticks_recorded() -> None:
    trace = synthetic_trace("ticks", 6.0, 0.3, (3.0,))
    rig, _ = played(trace, 10.0)
    expected = float(np.interp(10.0, trace.t_s - trace.t_s[0], trace.left_ticks)) - trace.left_ticks[0]
    assert abs(decoded(rig, "LEFT") - expected) <= 1


def test_a_track_that_rolls_back_counts_back() -> None:
    trace = synthetic_trace("back", 6.0, 0.3, (3.0,))
    trace.left_ticks = -trace.left_ticks
    rig, _ = played(trace, 8.0)
    assert decoded(rig, "LEFT") == pytest.approx(-decoded(rig, "RIGHT"), abs=1)
    assert decoded(rig, "LEFT") < -2000


def test_standing_the_gates_are_never_frozen() -> None:
    rig, _ = played(synthetic_trace("stand", 6.0, 0.3, (3.0,)), 0.0, standing_s=3.0)
    values = [value for _, value in rig.adc.played[1]]
    longest, run = 0, 0
    for before, after in zip(values, values[1:], strict=False):
        run = run + 1 if before == after else 0
        longest = max(longest, run)
    assert longest < 10


def test_after_coasting_the_tracks_stand() -> None:
    trace = synthetic_trace("coast", 6.0, 0.3, (3.0,))
    rig, tape = played(trace, 5.0)
    before = decoded(rig, "LEFT")
    tape.coast(0.2)
    for _ in range(100):
        tape.schedule(10 * MS)
        rig.now_ns += 10 * MS
    rolled = decoded(rig, "LEFT") - before
    assert tape.resting
    assert 0 < rolled <= 0.2 * 300 / 2 + 10


def test_a_trace_of_one_row_is_refused_with_the_reason() -> None:
    trace = synthetic_trace("one", 6.0, 0.3, (3.0,))
    one = Trace(
        "one", trace.t_s[:1], trace.gates_mv[:1], trace.vsys_mv[:1], trace.temp_c[:1], trace.left_ticks[:1],
        trace.right_ticks[:1],
    )  # fmt: skip
    with pytest.raises(HilError, match="takes two"):
        Tape(FakeRig(), one)  # type: ignore[arg-type]
