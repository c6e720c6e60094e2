"""Bins of ground: what a stand, a crawl and old ground leave in them, and that drift meanwhile does not."""

from array import array

import numpy as np
import pytest

from sapper.detector.ground import BIN_MM, MASK, Ground

pytestmark = pytest.mark.unit

LEVEL = 32000
DRIFT = 400  # of which a tenth may be left
FRAME_MS = 10


class Drive:
    """Feeds a ground frame by frame: `at` some place with gates at `level` plus drift."""

    def __init__(self) -> None:
        self.ground = Ground()
        self.frames = 0
        self._frame = array("i", [0, 0, 0, 33000, 14000])

    def at(self, s_mm: float, level: float) -> None:
        for gate in range(3):
            self._frame[gate] = round(level)
        self.ground.step(self._frame, self.frames * FRAME_MS, int(s_mm))
        self.frames += 1

    def go(self, from_mm: float, to_mm: float, speed_mm_s: float, level) -> None:
        """Every 10 ms from one place to the other; `level` of the place."""
        for s_mm in np.arange(from_mm, to_mm, np.sign(to_mm - from_mm) * speed_mm_s / 100):
            self.at(s_mm, level(s_mm))

    def bins(self, first_mm: float, last_mm: float) -> list[int]:
        """The last gate's bins between two places."""
        return [
            self.ground.rings[128 + (b & MASK)] for b in range(int(first_mm // BIN_MM) + 1, int(last_mm // BIN_MM) - 1)
        ]


@pytest.mark.parametrize("stand_frames", [40, 90, 300])
def test_what_drifts_during_a_stand_is_taken_off_however_short_it_was(stand_frames) -> None:
    drive = Drive()
    drive.go(0, 500, 300, lambda s: LEVEL)
    for i in range(stand_frames):
        drive.at(500, LEVEL + DRIFT * min(1.0, max(0, i - 16) / (stand_frames - 32)))
    drive.go(500, 1000, 300, lambda s: LEVEL + DRIFT)
    assert max(abs(v - LEVEL) for v in drive.bins(0, 1000)) <= DRIFT // 10


def test_a_coil_that_trembles_by_a_millimetre_stands() -> None:
    drive = Drive()
    drive.go(0, 500, 300, lambda s: LEVEL)
    for i in range(200):
        drive.at(500 + i % 2, LEVEL + DRIFT * min(1.0, i / 150))
    drive.go(502, 1000, 300, lambda s: LEVEL + DRIFT)
    assert abs(drive.bins(540, 1000)[0] - LEVEL) <= DRIFT // 10


@pytest.mark.parametrize("speed_mm_s", [8, 12, 20, 50])
def test_an_object_that_is_crept_over_is_no_drift(speed_mm_s) -> None:
    def bump(s_mm):
        return LEVEL + 2000 * (1 + ((s_mm - 500) / 138) ** 2) ** -3

    drive = Drive()
    drive.go(0, 1000, speed_mm_s, bump)
    middles = [b * BIN_MM + BIN_MM / 2 for b in range(1, 1000 // BIN_MM - 1)]
    assert max(abs(v - bump(s)) for v, s in zip(drive.bins(0, 1000), middles, strict=True)) <= 40


def test_the_time_of_a_stand_is_not_that_of_its_bins() -> None:
    drive = Drive()
    drive.go(0, 500, 200, lambda s: LEVEL)
    for _ in range(500):
        drive.at(500, LEVEL)
    drive.go(500, 1000, 200, lambda s: LEVEL)
    ends = drive.ground.ends
    across_ms = ends[700 // BIN_MM & MASK] - ends[300 // BIN_MM & MASK]
    assert 2000 <= across_ms <= 2000 + 250


@pytest.mark.parametrize("back_mm", [60, 300, 500])
def test_what_drifts_over_old_ground_is_taken_off(back_mm) -> None:
    drive = Drive()
    drive.go(0, 800, 200, lambda s: LEVEL)
    drive.go(800, 800 - back_mm, 100, lambda s: LEVEL + DRIFT)
    drive.go(800 - back_mm, 800, 100, lambda s: LEVEL + DRIFT)
    drive.go(800, 1200, 200, lambda s: LEVEL + DRIFT)
    assert max(abs(v - LEVEL) for v in drive.bins(0, 1200)) <= DRIFT // 10


def test_a_step_back_over_a_bins_edge_and_on_takes_nothing_off() -> None:
    """A few frames say less of the drift than their noise: what they show stays as it is."""
    drive = Drive()
    drive.go(0, 801, 200, lambda s: LEVEL)
    for _ in range(5):
        drive.at(797, LEVEL + DRIFT)
    drive.go(801, 1200, 200, lambda s: LEVEL)
    assert max(abs(v - LEVEL) for v in drive.bins(0, 780) + drive.bins(820, 1200)) == 0
