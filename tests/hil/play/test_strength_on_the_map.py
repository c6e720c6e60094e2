"""A map shows the detector's strength where the metal lies that it came from, at any speed and over any line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from hil.play.closed_loop import ClosedLoop
from hil.play.operator import Operator
from hil.prove.safety.lines import OperatorsLine
from hil.rigs.registry import open_rig
from hil.rigs.rig import NS_PER_S, Rig
from hil.world.world import World
from hil.world.world_file import parse_world
from sapper_host.board.answers import Answer
from sapper_host.board.counters import Counters
from sapper_host.board.signing import RadioEncoder, question
from sapper_host.pictures.map_ground import draw_strength_path
from sapper_host.pictures.map_strength import draw_strength
from sapper_host.recordings.recorder import Recorder
from sapper_host.recordings.session import read_session
from sapper_host.recordings.strength import strength_of
from sapper_host.recordings.survey import Survey, survey_of

pytestmark = pytest.mark.sil

TARGET_M = 1.5
WITHIN_M = 0.03
_KEY = bytes(range(32))
_FULL = 1000


def lane() -> World:
    """Quiet ground with one plate in it, and tracks that do not slip."""
    plate = {"name": "plate", "material": "aluminium", "shape": "plate", "radius_m": 0.055, "depth_m": 0.07}
    world = {"seed": 3, "lane_length_m": 2.8, "swath_m": 0.5}
    return World(
        parse_world({"world": world, "rover": {"slip": 0.0}, "target": [plate | {"x_m": TARGET_M, "y_m": 0.0}]}, "one")
    )


def at_the_radio(rig: Rig, loop: ClosedLoop, folder: Path) -> Operator:
    """An operator whom the board knows by his key."""
    plain = Operator(rig, loop.run, rig.uart[0])
    encoder = RadioEncoder(_KEY, "0" * 16, Counters("0" * 16, folder))
    line = question()
    encoder.renew(Answer(line, "ok " + plain.must(line)))
    return Operator(rig, loop.run, OperatorsLine(rig.uart[0], encoder))


class Drive:
    """A rover over the lane, heard over `line`; what it came to as a map takes it."""

    def __init__(self, folder: Path, line: str, *settings: str) -> None:
        self.rig = open_rig("sil")
        loop = ClosedLoop(self.rig, lane())
        at_usb = Operator(self.rig, loop.run)
        at_usb.boot()
        at_usb.must(f"key {_KEY.hex()}")
        for setting in ("sweep_marks 1", *settings):
            at_usb.must(f"set {setting}")
        self.operator = at_usb if line == "usb" else at_the_radio(self.rig, loop, folder)
        self._path = folder / "session.mcap"
        self._recorder = Recorder(self._path, lambda: self.rig.now_ns)
        self.operator.listener = self._recorder.take
        self.operator.must("telemetry on")
        self.operator.settle()
        self.operator.arm()

    def end(self) -> Survey:
        self.operator.must("disarm")
        self._recorder.close()
        self.rig.close()
        return survey_of(read_session(self._path))


def strongest_m(survey: Survey) -> tuple[float, float]:
    """Where a map's strip and its path show most strength, along the track."""
    [part] = survey.parts
    track = survey.tracks[part.number]
    told = strength_of(part, track)
    strip, path = Figure().subplots(2, 1)
    draw_strength(strip, told, [], set(), [], _FULL)
    curve = strip.lines[0]
    on_strip = middle(np.asarray(curve.get_xdata()), np.asarray(curve.get_ydata()))
    lines = draw_strength_path(path, told, track, _FULL)
    x_m = np.array([(segment[0, 0] + segment[-1, 0]) / 2 for segment in lines.get_segments()])
    ahead_m = float(track.x_m[0] - track.s_m[0])
    return on_strip, middle(x_m, np.asarray(lines.get_array())) - ahead_m


def middle(places: Any, strength: Any) -> float:
    """Of the places of greatest strength."""
    return float(np.mean(places[strength == strength.max()]))


@pytest.mark.parametrize("line", ["usb", "radio"])
@pytest.mark.parametrize("speed_mm_s", [200, 600])
def test_strength_is_drawn_where_the_metal_lies(tmp_path: Path, line: str, speed_mm_s: int) -> None:
    drive = Drive(tmp_path, line, f"sweep_mm_s {speed_mm_s}")
    drive.operator.must("sweep 2600")
    drive.operator.run(int(2600 / speed_mm_s * NS_PER_S) + NS_PER_S)
    assert strongest_m(drive.end()) == pytest.approx((TARGET_M, TARGET_M), abs=WITHIN_M)


@pytest.mark.parametrize("line", ["usb", "radio"])
def test_pinpointing_strength_is_drawn_under_the_coil(tmp_path: Path, line: str) -> None:
    drive = Drive(tmp_path, line)
    drive.operator.must("sweep 1100")
    drive.operator.run(6 * NS_PER_S)
    drive.operator.must("pinpoint on")
    for _ in range(40):
        drive.operator.must("drive 80 0")
        drive.operator.run(NS_PER_S // 5)
    drive.operator.must("pinpoint off")
    assert strongest_m(drive.end()) == pytest.approx((TARGET_M, TARGET_M), abs=WITHIN_M)
