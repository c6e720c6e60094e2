"""The picture of a calibration: the gates in each step, the noise, the ground's ratio, the test piece's bend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from sapper_host.calibration.frames import FRAME_S, Floats, Frames, means
from sapper_host.calibration.steps import AIR, GROUND, PIECE, Outcome
from sapper_host.pictures import style

_WORDS = {AIR: "coil in air", GROUND: "over clean ground", PIECE: "test piece"}
_SMOOTH = 8  # frames, as the board's check does


def draw(outcome: Outcome, path: Path, when: str) -> None:
    """Draw it into `path`. when: the record's time."""
    steps = [step for step in _WORDS if step in outcome.frames]
    fig = style.figure(11.0, 2.6 * max(len(steps), 2))
    rows = fig.subplots(len(steps), 2, squeeze=False, width_ratios=[2, 1])
    for (left, right), step in zip(rows, steps, strict=True):
        frames = outcome.frames[step]
        _gates(left, frames, _WORDS[step])
        {AIR: _noise, GROUND: _ratio, PIECE: _bend}[step](right, outcome, frames)
        style.quieten(left)
        style.quieten(right)
    result = "passed" if outcome.passed else f"UNFIT: {', '.join(each.name for each in outcome.findings if each.unfit)}"
    name = style.label(outcome.version.get("name", ""))
    fig.suptitle(f"board {style.label(outcome.version.get('board', '-'))} {name}, {when}: {result}", fontsize=10)
    style.save(fig, path)


def _gates(axes: Any, frames: Frames, title: str) -> None:
    for gate in range(3):
        values = frames.gates_mv[:, gate]
        if len(values):
            axes.plot(
                frames.t_s, values - np.median(values), color=style.GATES[gate], linewidth=0.6, label=f"gate {gate}"
            )
    axes.set_title(title, loc="left", fontsize=9)
    axes.set_ylabel("mV off the median")
    axes.set_xlabel("s")
    if len(frames):
        axes.legend(loc="upper right", fontsize=7, frameon=False)


def _noise(axes: Any, outcome: Outcome, frames: Frames) -> None:
    """Spectra of the gates: noise, wander and tones."""
    for gate in range(3):
        values = frames.gates_mv[:, gate]
        if len(values) > 1:
            flat = (values - values.mean()) * np.hanning(len(values))
            level = np.abs(np.fft.rfft(flat)) / np.sqrt((np.hanning(len(values)) ** 2).sum())
            axes.loglog(
                np.fft.rfftfreq(len(values), FRAME_S)[1:], level[1:] + 1e-3, color=style.GATES[gate], linewidth=0.6
            )
    axes.set_xlabel("Hz")
    axes.set_ylabel("mV a bin")
    if outcome.head is not None:
        axes.set_title("noise " + ", ".join(f"{v:.2f}" for v in outcome.head.noise_mv) + " mV", loc="left", fontsize=9)


def _ratio(axes: Any, outcome: Outcome, frames: Frames) -> None:
    """Gate 2 against gate 1, and the ratio that was found."""
    if len(frames) < _SMOOTH:
        return
    blocks = means(frames.gates_mv, 5)
    blocks = blocks - blocks.mean(axis=0)
    axes.plot(blocks[:, 1], blocks[:, 2], ".", color=style.QUIET, markersize=2)
    axes.set_xlabel("gate 1, mV")
    axes.set_ylabel("gate 2, mV")
    ground = outcome.ground
    if ground is not None:
        ends = np.array([blocks[:, 1].min(), blocks[:, 1].max()])
        axes.plot(ends, ground.late * ends, color=style.FOUND if ground.fit else style.MISSED, linewidth=1.0)
        axes.set_title(f"gate 2 / gate 1 = {ground.late:.4f} $\\pm$ {ground.late_sigma:.4f}", loc="left", fontsize=9)


def _bend(axes: Any, outcome: Outcome, frames: Frames) -> None:
    """What soil cannot do, as the test piece passed."""
    if len(frames) < _SMOOTH:
        return
    settings = outcome.met | outcome.wanted
    late = settings["det_ground2_pm"] / settings["det_ground1_pm"]
    bend: Floats = frames.gates_mv[:, 2] - late * frames.gates_mv[:, 1]
    bend = np.convolve(bend, np.full(_SMOOTH, 1 / _SMOOTH), mode="valid")
    axes.plot(frames.t_s[: len(bend)], bend - np.median(bend), color=style.INK, linewidth=0.8)
    axes.set_xlabel("s")
    axes.set_ylabel("bend, mV")
    judged = outcome.judged
    if judged is not None:
        text = f"{judged.step}, {judged.snr_x10 / 10:.1f} sigma of {judged.noise_uv / 1000:.2f} mV"
        axes.set_title(text, loc="left", fontsize=9)
