"""Flash on the virtual Pico: a write that takes its worst time resets nothing, and the saved log outlives the power."""

import pytest

from hil.prove.safety.stage import open_stage
from hil.rigs.rig import NS_PER_MS

pytestmark = [pytest.mark.virtual, pytest.mark.xdist_group("flash-and-log")]


@pytest.fixture(scope="module")
def stage(firmware):
    with open_stage("virtual", firmware, seed=8) as stage:
        yield stage


def test_flash_that_takes_two_seconds_does_not_reset_the_board(stage):
    resets = len(stage.rig.reset_causes())
    before = stage.rig.flash.operations
    stage.rig.flash.slow_next(2000 * NS_PER_MS)
    assert stage.operator.must("save", 6000) == "saved"
    assert stage.rig.flash.operations > before
    stage.run(1200 * NS_PER_MS)
    assert len(stage.rig.reset_causes()) == resets
    # The watchdog is back.
    stage.rig.cpu.hang(interrupts_on=False)
    stage.run(1100 * NS_PER_MS)
    assert [cause for _, cause in stage.rig.reset_causes()][-1] == "watchdog-timer"
    stage.safe(resets=True)


def test_what_happened_before_a_power_cut_is_there_after_it(stage):
    stage.to("SWEEP")
    stage.operator.must("stop")
    stage.silence()
    stage.run(6000 * NS_PER_MS)  # time for the upkeep that saves it
    stage.rig.power_cut()
    stage.safe(resets=True)
    _, lines = stage.operator.ask("log saved", 3000)
    told = "\n".join(lines)
    assert "to=SWEEP from=ARMED" in told and "to=STOPPED from=SWEEP reason=operator" in told
