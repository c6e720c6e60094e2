"""The stage's find is one that no good detector passes, wherever in a frame and in a bin it comes, and whatever the
noise."""

import numpy as np
import pytest

from hil.prove.safety.faults import FIND_MV, find_mv
from hil.prove.safety.gates import GATES_MV
from hil.rigs.rig import NS_PER_MS, TICK_NS
from hil.world.world_spec import FrontEnd
from sapper.detector.detector import FLAG_ALERT, FLAG_FAULT, Detector
from sapper.shared.pins import ADC_FULL_SCALE_MV
from sapper.shared.settings import Settings

pytestmark = pytest.mark.unit

_MM_A_FRAME = 3  # of a sweep
_RUN_UP_FRAMES = 320
_WITHIN_FRAMES = 13  # two bins, the coil's near side
_VSYS, _TEMP = 33_100, 14_000  # any good ones
_WARM_FRAMES = 40  # it stands


def frames_until_alert(size_mv, seed):
    """From the frame in which a find comes; the alert's statistic with it."""
    random = np.random.default_rng(seed)
    detector = Detector(Settings())
    began_mm, came = random.uniform(0, 20), random.uniform(0, 1)
    for number in range(-_WARM_FRAMES, _RUN_UP_FRAMES + 60):
        if number == 0:
            detector.reset()
        share = min(1.0, max(0.0, number + 1 - _RUN_UP_FRAMES - came))
        mv = np.array(GATES_MV) + share * np.array(find_mv(size_mv)) + random.normal(0, FrontEnd().noise_mv)
        frame = [*(int(each * 65536 / ADC_FULL_SCALE_MV) for each in mv), _VSYS, _TEMP]
        t_ms = (number + _WARM_FRAMES) * TICK_NS // NS_PER_MS
        flags = detector.step(frame, t_ms, int(began_mm + max(0, number) * _MM_A_FRAME), 300, 0)
        assert not flags & FLAG_FAULT
        if number >= _RUN_UP_FRAMES and flags & FLAG_ALERT:
            return number - _RUN_UP_FRAMES
    return None


@pytest.mark.parametrize("size_mv", FIND_MV)
def test_the_detector_alerts_within_two_bins_of_the_find(size_mv):
    late = [frames_until_alert(size_mv, seed) for seed in range(80)]
    assert max(_WITHIN_FRAMES + 1 if frames is None else frames for frames in late) <= _WITHIN_FRAMES


def test_a_find_half_as_strong_would_now_and_then_be_met_by_its_far_side_alone():
    late = [frames_until_alert(FIND_MV[0] / 2.5, seed) for seed in range(80)]
    assert sum(frames is None or frames > _WITHIN_FRAMES for frames in late) >= 3
