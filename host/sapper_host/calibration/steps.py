"""The steps of a calibration, and what follows from them: settings, and whether head, ground and piece are fit."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from math import ceil

from sapper.shared.settings import row_of
from sapper_host.board.settings_text import Values
from sapper_host.calibration import ground as ground_step
from sapper_host.calibration import head as head_step
from sapper_host.calibration import piece as piece_step
from sapper_host.calibration.board import CalibratedBoard, Progress
from sapper_host.calibration.finding import Finding
from sapper_host.calibration.frames import FRAME_S, Frames
from sapper_host.calibration.ground import Ground
from sapper_host.calibration.head import Head
from sapper_host.calibration.piece import Judged, TestPiece
from sapper_host.errors import SapperError
from sapper_host.operate.fault_words import FAULT_WORDS

AIR, GROUND, PIECE = STEPS = ("air", "ground", "piece")
SECONDS = {AIR: 10.0, GROUND: 25.0, PIECE: 54.0}
_FRAMES_LEAST = 0.9  # of those that the time has
_NOISE_TIMES = 5  # of the head's own, beyond which noise is a fault: a radio that transmits makes six
_NOISE_LEAST_MV = 8  # bursts of the motors are no fault
_GATE0_SHARE = 10  # as the setting has it
_NOISE = "det_noise_max_mv"

Bar = Callable[[str, float], AbstractContextManager[Progress]]


@dataclass
class Outcome:
    """What a calibration, or a check alone, came to. A step that was not reached is None. frames: by step."""

    version: dict[str, str]
    met: Values
    piece: TestPiece
    only_check: bool
    head: Head | None = None
    ground: Ground | None = None
    judged: Judged | None = None
    findings: list[Finding] = field(default_factory=list)
    frames: dict[str, Frames] = field(default_factory=dict)
    wanted: Values = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether all is fit to work with."""
        return self.judged is not None and not any(each.unfit for each in self.findings)


def run(board: CalibratedBoard, piece: TestPiece, only_check: bool, bar: Bar) -> Outcome:
    """All steps, or the check of the test piece alone, up to the first that finds something unfit."""
    outcome = Outcome(board.identify(), board.met, piece, only_check)
    if not only_check:
        for step in (_air, _ground):
            step(board, outcome, bar)
            if any(each.unfit for each in outcome.findings):
                return outcome
        board.try_out(outcome.wanted | {piece_step.LEVEL: piece_step.LOWEST})
    _piece(board, outcome, bar)
    return outcome


def _recorded(board: CalibratedBoard, outcome: Outcome, bar: Bar, step: str) -> Frames | None:
    """The frames of a step; None, and a finding, where they are not whole."""
    with bar(step, SECONDS[step]) as progress:
        frames = board.record(step, SECONDS[step], progress)
    outcome.frames[step] = frames
    fault = board.status().get("fault", "none")
    if fault != "none":
        meaning, remedy = FAULT_WORDS.get(fault, ("", ""))
        outcome.findings.append(
            Finding("fault", f"the board tells the fault {fault}: {meaning}", f"{remedy}; then `disarm`")
        )
    expected = SECONDS[step] / FRAME_S
    if len(frames) < _FRAMES_LEAST * expected:
        what = f"{len(frames)} of {expected:.0f} frames came"
        outcome.findings.append(
            Finding("frames", what, "over USB, with nothing else on the port; then `sapper selftest`")
        )
        return None
    return frames


def _air(board: CalibratedBoard, outcome: Outcome, bar: Bar) -> None:
    frames = _recorded(board, outcome, bar, AIR)
    if frames is None:
        return
    outcome.head = head = head_step.judge(frames)
    outcome.findings += head.findings
    if head.fit:
        worst_mv = max(head.noise_mv[0] / _GATE0_SHARE, *head.noise_mv[1:])
        outcome.wanted[_NOISE] = min(max(ceil(_NOISE_TIMES * worst_mv), _NOISE_LEAST_MV), row_of(_NOISE)[3])


def _ground(board: CalibratedBoard, outcome: Outcome, bar: Bar) -> None:
    frames = _recorded(board, outcome, bar, GROUND)
    if frames is None:
        return
    outcome.ground = ground_step.fit(outcome.frames[AIR], frames, outcome.met)
    outcome.findings += outcome.ground.findings
    outcome.wanted |= outcome.ground.settings


def _piece(board: CalibratedBoard, outcome: Outcome, bar: Bar) -> None:
    with bar(PIECE, SECONDS[PIECE]) as progress:
        ended, outcome.frames[PIECE] = board.check(PIECE, progress)
    if ended is None:
        raise SapperError("the board's test-piece check did not end", "`sapper log` tells what it did")
    args = ended.args
    outcome.judged = piece_step.judge(outcome.piece, str(args["step"]), int(args["snr_x10"]), int(args["noise_uv"]))
    outcome.findings += outcome.judged.findings
    if not outcome.only_check:
        outcome.wanted |= outcome.judged.settings
