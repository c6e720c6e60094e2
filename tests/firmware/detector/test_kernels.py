"""The kernels on the board are those that the laboratory makes, and cannot be moved by levels and slopes."""

from pathlib import Path

import numpy as np
import pytest

from hil.prove.detector_lab import kernels as lab
from sapper.detector import footprint_kernels as board

pytestmark = pytest.mark.unit

SETS = [("FULL", board.FULL, board.AHEAD), ("EARLY", board.EARLY, board.EARLY_AHEAD)]


def rows(weights, ahead) -> np.ndarray:
    return np.array(weights).reshape(-1, board.BACK + 1 + ahead)


def test_the_file_is_what_the_command_writes() -> None:
    """Numbers, not layout: the file is formatted."""
    space: dict[str, object] = {}
    exec(lab.table(), space)
    for name in ("BIN_MM", "BACK", "AHEAD", "EARLY_AHEAD", "KERNEL_BITS", "SPEED_EDGES", "FULL_SIGMA", "EARLY_SIGMA"):
        assert getattr(board, name) == space[name], name
    for name in ("FULL", "EARLY"):
        # Rounding may differ by one in the last place between linear algebra libraries.
        assert np.abs(np.array(getattr(board, name)) - np.array(space[name])).max() <= 1
    assert (
        Path(board.__file__)
        .read_text(encoding="utf-8")
        .startswith('"""Made by `python -m hil.prove.detector_lab.kernels`')
    )


@pytest.mark.parametrize(("name", "weights", "ahead"), SETS)
def test_a_level_gives_nothing_and_a_slope_next_to_nothing(name, weights, ahead) -> None:
    taps = rows(weights, ahead)
    assert len(taps) == len(board.SPEED_EDGES) + 1
    assert (taps.sum(axis=1) == 0).all()
    slope = taps @ np.arange(taps.shape[1]) / 2**board.KERNEL_BITS
    assert np.abs(slope).max() < 0.1  # in bins: a slope of 1 mV a bin (50 mV/m) counts as less than 0.1 mV


@pytest.mark.parametrize(("name", "weights", "ahead"), SETS)
def test_an_object_of_one_is_estimated_as_one(name, weights, ahead) -> None:
    x = np.arange(-board.BACK, ahead + 1) * board.BIN_MM / 1000
    gain = rows(weights, ahead) @ lab.footprint(x) / 2**board.KERNEL_BITS
    assert np.abs(gain - 1).max() < 0.02


@pytest.mark.parametrize(("name", "weights", "ahead"), SETS)
def test_sums_stay_within_thirty_bits(name, weights, ahead) -> None:
    assert (np.abs(rows(weights, ahead)).sum(axis=1) * lab.GATE_SPAN < 1 << 30).all()
