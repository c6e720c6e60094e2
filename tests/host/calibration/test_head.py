"""A head is judged by what its gates do in air: each thing wrong with it is told by its name, with what to do."""

from __future__ import annotations

from typing import Any

import pytest

from hil.traces.carried import AIR, day
from hil.world.world_spec import FrontEnd
from sapper_host.calibration import head
from sapper_host.calibration.frames import Frames

pytestmark = pytest.mark.unit

FOREVER = {"t0_s": 0.0, "t1_s": 1000.0}


def in_air(seed: int = 1, front_end: dict[str, Any] | None = None, **tables: Any) -> Frames:
    trace = day(seed, front_end=front_end, changes={AIR: tables})[AIR]
    return Frames(trace.t_s[:1000], trace.gates_mv[:1000])


def times(factor: float) -> dict[str, list[float]]:
    return {"noise_mv": [factor * mv for mv in head.NOISE_MV]}


def test_what_is_usual_is_what_the_world_s_front_end_has() -> None:
    assert (FrontEnd().noise_mv, FrontEnd().wander_mv) == (head.NOISE_MV, head.WANDER_MV)


@pytest.mark.parametrize("seed", range(8))
def test_a_good_head_is_fit_and_its_noise_is_measured_within_a_fifth(seed: int) -> None:
    judged = head.judge(in_air(seed))
    assert judged.fit and judged.findings == ()
    assert all(0.8 < mv / usual < 1.2 for mv, usual in zip(judged.noise_mv, head.NOISE_MV, strict=True))


@pytest.mark.parametrize("factor", [0.5, 2.5])
def test_another_day_of_the_same_head_is_fit(factor: float) -> None:
    wander = {"wander_mv": [factor * mv for mv in head.WANDER_MV]}
    assert head.judge(in_air(front_end=times(factor) | wander)).fit


BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    "a gate that is stuck": ({"fault": [{"kind": "stuck", "gate": 1, **FOREVER}]}, "dead_gate", "gate 1's sampler"),
    "a gate at its rail": ({"fault": [{"kind": "saturated", "gate": 2, **FOREVER}]}, "saturated", "offset"),
    "no pulse": ({"fault": [{"kind": "no_pulse", **FOREVER}]}, "saturated", "front end"),
    "five times the noise": ({"front_end": times(5)}, "noisy", "radios"),
    "hardly any noise": ({"front_end": times(0.25) | {"wander_mv": [4.0, 0.4, 0.4]}}, "too_quiet", "coil's plug"),
    "a gate near its end": ({"front_end": {"mid_mv": 3200.0}}, "no_room", "1650 mV"),
    "a front end that is not warm": ({"drift": {"rate_mv_s": [0.0, 8.0, 8.0]}}, "wanders", "warm up"),
    "a strong tone": ({"interference": {"mains_mv": 40.0, "mains_hz": 49.9}}, "tone", "mains"),
}


@pytest.mark.parametrize("what", BAD)
def test_each_thing_wrong_is_told_by_its_name(what: str) -> None:
    tables, name, word = BAD[what]
    judged = head.judge(in_air(**tables))
    assert not judged.fit
    assert name in {each.name for each in judged.findings if each.unfit}
    assert all(each.remedy for each in judged.findings) and any(word in each.remedy for each in judged.findings)


def test_a_faint_tone_is_a_note_with_its_frequency_and_no_part_of_the_noise() -> None:
    judged = head.judge(in_air(interference={"mains_mv": 5.0, "mains_hz": 49.9}))
    assert judged.fit and [each.name for each in judged.findings] == ["tone"]
    assert abs(judged.tone_hz - 49.9) < 0.15 and judged.noise_mv[1] < 1.2 * head.NOISE_MV[1]


def test_too_few_frames_are_no_head() -> None:
    frames = in_air()
    with pytest.raises(ValueError, match="too few"):
        head.judge(Frames(frames.t_s[:100], frames.gates_mv[:100]))
