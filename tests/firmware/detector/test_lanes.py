"""The detector on the development lanes, where they are: the issue's figures, at the levels that the settings give."""

from concurrent.futures import ProcessPoolExecutor

import pytest

from hil.prove.detector_lab.lanes import Lane, read_folder
from hil.prove.detector_lab.run import Result, run
from hil.prove.detector_lab.score import total
from sapper.shared.events import FAULTS
from sapper_host.files.checkout import RECORDED

LANES = RECORDED / "lanes"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not LANES.is_dir(), reason=f"no development lanes in {LANES}"),
]


@pytest.fixture(scope="module")
def said() -> list[tuple[Lane, Result]]:
    lanes = read_folder(LANES)
    with ProcessPoolExecutor(2) as pool:
        return list(zip(lanes, pool.map(run, lanes, chunksize=4), strict=True))


def of(said, difficulty, what):
    return total((lane, getattr(r, what)) for lane, r in said if lane.truth["difficulty"] == difficulty)


@pytest.mark.parametrize(("difficulty", "detection", "false_per_m2"), [("nominal", 0.97, 0.05), ("hard", 0.80, 0.1)])
def test_contacts(said, difficulty, detection, false_per_m2) -> None:
    s = of(said, difficulty, "contacts")
    assert s.detection >= detection
    assert s.false_per_m2 <= false_per_m2
    assert s.rocks_called <= 0.08 * s.rocks
    assert s.error_m <= 0.04
    assert s.again <= 1


def test_alerts_stop_the_coil_in_time(said) -> None:
    """25 ms at 0.6 m/s are 15 mm: the alert has to come 85 mm past the object at the latest."""
    s = of(said, "nominal", "alerts")
    assert s.detection >= 0.96
    assert s.false_per_m2 <= 0.05
    late = [
        min(alert.s_m - target["s_m"] for alert in r.alerts if abs(alert.s_m - target["s_m"]) <= 0.5)
        for lane, r in said
        if lane.truth["difficulty"] == "nominal"
        for target in lane.truth["targets"]
        if any(abs(alert.s_m - target["s_m"]) <= 0.5 for alert in r.alerts)
    ]
    assert sum(x <= 0.085 for x in late) >= 0.95 * len(late)


def test_stuck_gates_are_faults_within_a_second_and_nothing_else_is(said) -> None:
    for lane, r in said:
        left = list(r.faults)
        for stuck in lane.truth["stuck"]:
            raised = [(t, code) for t, code in left if stuck["t0"] <= t <= stuck["t1"] + 1]
            assert raised, f"{lane.name}: {stuck} was not noticed"
            assert FAULTS[raised[0][1]] == f"stuck_gate{stuck['gate']}"
            assert raised[0][0] - stuck["t0"] <= 1.0
            left = [fault for fault in left if fault not in raised]
        assert left == [], lane.name
