"""Plots of traces are pictures that can be looked at, with gaps and without."""

from __future__ import annotations

import html
import re
from pathlib import Path

import numpy as np
import pytest

from sapper_host.pictures.map_plot import plot_map
from sapper_host.pictures.trace_plot import plot_trace
from sapper_host.recordings.session import read_session
from sapper_host.recordings.survey import survey_of
from sapper_host.recordings.trace import Trace
from sapper_host.recordings.truth import check_truth
from tests.host.pictures.test_map import TRUTH, pixels, session

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


# Mathematics to the library that draws; not even right as such.
ODD_NAMES = ("$\\q$", "a_b^2 $x", r"\frac{1}{2}", r"\$5$", "line\none", "\x1b[2J", "x" * 5000, "$$")


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_name_is_drawn_letter_by_letter(tmp_path: Path, name: str) -> None:
    recorded = read_session(session(tmp_path / "s.mcap"))
    recorded.truth = check_truth({**TRUTH, "targets": [{"s_m": 1.0, "name": name}]}, "truth")
    recorded.path = tmp_path / f"{name[:40].replace('/', ' ')}.mcap"
    plot_map(survey_of(recorded), tmp_path / "map.svg")
    steady = np.full(400, 25.0)
    t = np.arange(400) / 100
    trace = Trace(name, t, np.full((400, 3), 1650.0), steady, steady, t * 300, t * 300, truth=recorded.truth)
    plot_trace(trace, tmp_path / "trace.svg")
    drawn = "".join(c if c.isprintable() else "?" for c in name[:60]) + ("..." if len(name) > 60 else "")
    for picture in ("map.svg", "trace.svg"):
        texts = re.findall("<!-- (.*?) -->", (tmp_path / picture).read_text())  # before the shapes of its letters
        assert drawn in " ".join(map(html.unescape, texts))
