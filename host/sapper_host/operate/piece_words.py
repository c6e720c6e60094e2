"""A step of the test-piece check in words, with what to do."""

from __future__ import annotations

from collections.abc import Mapping

from sapper.shared.events import PIECE_STEPS

_REMEDIES = dict(PIECE_STEPS)


def piece_words(args: Mapping[str, int | str]) -> str:
    """Of the values of an event `testpiece`."""
    step, snr_x10 = str(args["step"]), int(args["snr_x10"])
    figures = f", {snr_x10 / 10:.1f} of {int(args['need_x10']) / 10:.1f} sigma" if snr_x10 else ""
    remedy = _REMEDIES.get(step, "")
    return f"test piece: {step}{figures}{f'; {remedy}' if remedy else ''}"
