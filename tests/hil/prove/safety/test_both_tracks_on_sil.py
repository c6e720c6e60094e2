"""Both tracks without counts on the application itself, rover and motor pins in a loop: each speed and course."""

from collections.abc import Iterator
from random import Random

import pytest

from hil.prove.safety.encoder_faults import BOTH_CUT, BOTH_JAMMED, NO_SUPPLY
from hil.prove.safety.faults import FAULTS
from hil.prove.safety.measures import stopped
from hil.prove.safety.stage import Stage, open_stage
from hil.rigs.rig import NS_PER_MS
from sapper.shared.settings import row_of
from sapper_host.limits import limit

pytestmark = [pytest.mark.sil, pytest.mark.xdist_group("both tracks")]

STOP_NS = limit("ENCODER_STOP_MS").value * NS_PER_MS
LATEST_NS = 600 * NS_PER_MS  # after the first of two, the second is at most 300 ms behind it
# Speed (mm/s) and turn (mrad/s).
COURSES = [("SWEEP", speed, 0) for speed in (150, 300, 600)]
COURSES += [("TELEOP", speed, 0) for speed in (150, 300, 600, -300)] + [("TELEOP", 0, 1000)]


@pytest.fixture(scope="module")
def stage(micropython: None) -> Iterator[Stage]:
    with open_stage("sil", seed=3) as stage:
        yield stage
        assert stage.repeats == []


@pytest.mark.parametrize(("state", "speed", "turn"), COURSES)
@pytest.mark.parametrize("fault", [NO_SUPPLY, BOTH_CUT, BOTH_JAMMED])
def test_both_tracks_without_counts_are_a_fault_and_duty_0_in_time(stage, state, speed, turn, fault):
    if state == "SWEEP":
        stage.operator.must(f"set sweep_mm_s {speed}")
    else:
        stage.course = (speed, turn)
    stage.to(state)
    stage.run(1000 * NS_PER_MS)
    t0 = stage.now_ns
    FAULTS[fault](stage, Random(f"{state} {speed}"))
    stage.run(LATEST_NS)
    at, ended = stopped(stage, t0), stage.state
    told = [event.args["fault"] for event in stage.operator.heard.events if event.kind == "fault"]
    stage.safe()
    stage.operator.must(f"set sweep_mm_s {row_of('sweep_mm_s')[1]}")
    assert at is not None and at - t0 <= STOP_NS
    assert ended == "FAULT" and told and told[-1] in ("encoder_left", "encoder_right")
