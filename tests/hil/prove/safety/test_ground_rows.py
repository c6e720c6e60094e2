"""No track comes onto ground that was not searched, whatever leads it there: a moment of each row, on `sil`; and the
known bad: a firmware that does not look at the ground, put in at the prompt of the virtual Pico."""

import numpy as np
import pytest

from hil.prove.safety import boards
from hil.prove.safety.canaries import CANARIES
from hil.prove.safety.canary_run import try_canary
from hil.prove.safety.in_field import _wider
from hil.prove.safety.scenarios import SCENARIOS
from hil.prove.safety.stage import open_stage
from hil.prove.safety.trial import run_trial

ROWS = [scenario for scenario in SCENARIOS if scenario.in_field]


@pytest.fixture(scope="module")
def stage():
    with open_stage("sil", seed=3) as stage:
        yield stage


@pytest.mark.sil
@pytest.mark.xdist_group("ground rows")
@pytest.mark.parametrize("scenario", ROWS, ids=[scenario.name for scenario in ROWS])
def test_no_track_comes_onto_ground_that_was_not_searched(stage, scenario):
    trial = run_trial(stage, scenario, seed=11)
    assert trial.latency_us == 0 and trial.wrong == "" and trial.repeats == ()
    assert any(value > 0 for _, value in trial.duty[0]), "it drove"


@pytest.mark.sil
@pytest.mark.xdist_group("ground rows")
def test_the_stage_is_as_before_when_it_has_left_the_field(stage):
    stage.to("TELEOP")
    assert stage.operator.must("drive 100 0").startswith("state=TELEOP"), "no base line is told any more"
    stage.safe()
    assert stage.repeats == []


@pytest.mark.virtual
@pytest.mark.xdist_group("canaries")
@pytest.mark.parametrize(
    "row", ["driven on past the lane, in TELEOP", "moves back past where the search began, in TELEOP"]
)
def test_a_firmware_that_does_not_look_at_the_ground_is_noticed(firmware, row):
    where = boards.Where("virtual", firmware)
    scenario = next(each for each in ROWS if each.name == row)
    canary = next(each for each in CANARIES if each.what == "the ground is not looked at")
    try:
        (outcome,) = try_canary(where, canary, [scenario], 1)
    finally:
        if where in boards._stages:
            boards._stages.pop(where).close()
    assert outcome.ok, outcome.measured
    assert outcome.trial is not None and outcome.trial.latency_us is not None and outcome.trial.latency_us >= 20_000


@pytest.mark.unit
def test_how_far_a_track_came_is_told_in_cells():
    clear = np.zeros((5, 5), dtype=bool)
    clear[0, 0] = True
    assert _wider(clear).sum() == 3 and _wider(_wider(clear)).sum() == 6
