"""Plots of traces are pictures that can be looked at, with gaps and without."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sapper_host.pictures.trace_plot import plot_trace
from sapper_host.recordings.trace import Trace
from sapper_host.recordings.truth import check_truth
from tests.host.pictures.test_map import TRUTH, pixels

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("empty", [False, True])
@pytest.mark.parametrize("against_time", [False, True])
def test_a_trace_is_drawn_with_and_without_gaps_and_truth(tmp_path: Path, empty: bool, against_time: bool) -> None:
    n = 400
    t = np.arange(n) / 100
    gates = 1650 + np.random.default_rng(1).normal(0, 1, (n, 3))
    ticks = np.full(n, np.nan) if empty else np.arange(n) * 15.0
    if empty:
        gates[100:150, 1] = np.nan
    truth = None if empty else check_truth({**TRUTH, "stuck": [{"gate": 2, "t0": 1.0, "t1": 2.0}]}, "truth")
    trace = Trace("lane", t, gates, np.full(n, 5000.0), np.full(n, 25.0), ticks, ticks, truth=truth)
    plot_trace(trace, tmp_path / "t.png", against_time)
    image = pixels(tmp_path / "t.png")
    assert image.shape[1] == 1650 and float((image < 0.9).any(axis=2).mean()) > 0.01
