"""What is known of a test piece, and what the board's check of it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from sapper.shared.events import PIECE_STEPS
from sapper_host.calibration import piece
from sapper_host.calibration.piece import TestPiece
from sapper_host.errors import SapperError, Status

pytestmark = pytest.mark.unit


def test_a_file_says_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "ball.toml"
    path.write_text('name = "10 mm steel ball"\ndepth_mm = 50\nsnr = 40.5\n')
    assert piece.read(path) == TestPiece("10 mm steel ball", 50, 40.5)


WRONG = (
    'nome = "ball"',
    "name = 3",
    'name = ""',
    "depth_mm = -1",
    "depth_mm = 1.5",
    "depth_mm = true",
    "snr = 1e9",
    "snr = nan",
    "name = ",
    "x" * 5000,
)


@pytest.mark.parametrize("text", WRONG, ids=range(len(WRONG)))
def test_a_file_that_says_something_else_is_refused_with_how_it_is_written(text: str, tmp_path: Path) -> None:
    path = tmp_path / "piece.toml"
    path.write_text(text)
    with pytest.raises(SapperError) as told:
        piece.read(path)
    assert told.value.status == Status.BAD_INPUT and "depth_mm" in told.value.remedy


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for name in ("none.toml", "binary"):
        with pytest.raises(SapperError):
            piece.read(tmp_path / name)


def test_one_that_passes_sets_the_level_of_each_day_well_below_what_it_gave() -> None:
    judged = piece.judge(TestPiece(), "passed", 700, 1500)
    assert judged.fit and judged.settings == {"testpiece_snr_x10": 420}
    assert piece.judge(TestPiece(), "passed", 110, 1500).settings == {"testpiece_snr_x10": 100}


def test_one_that_gives_far_less_than_with_a_good_head_is_unfit() -> None:
    known = TestPiece("ball", 50, 40.0)
    assert piece.judge(known, "passed", 241, 1500).fit
    weak = piece.judge(known, "passed", 239, 1500)
    assert (
        not weak.fit and weak.settings == {} and weak.findings[0].name == "weak" and "nearer" in weak.findings[0].remedy
    )


@pytest.mark.parametrize(
    "step", [name for name, _ in PIECE_STEPS if name not in ("none", "quiet", "bring", "away", "passed")]
)
def test_every_other_end_of_the_check_is_unfit_with_its_remedy(step: str) -> None:
    judged = piece.judge(TestPiece(), step, 12, 1500)
    assert not judged.fit and judged.settings == {} and judged.findings[0].remedy
