"""What our pictures share: colours that survive a black-and-white printer and colour blindness, and quiet axes."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import matplotlib

from sapper_host.errors import SapperError, Status
from sapper_host.files.place import check_file
from sapper_host.files.whole_file import replacing
from sapper_host.outside.text import shown

INK = "#22272e"
QUIET = "#8a939e"
BAND = "#e9edf1"
FOUND = "#00735c"
MISSED = "#c1121f"
FALSE_ALARM = "#d97706"
ROCK = "#8c6d46"
SEARCHED = "#cfe6dd"
NOT_SEARCHED = "#e39aa0"
MARK = "#6a3d9a"
# Behind a label that stands over other things.
LABEL_BOX = {"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.75}
GATES = ("#1f5aa6", "#00936e", "#b5367a")
_ENDINGS = (".png", ".svg", ".pdf")
_NAMES = ".png, .svg or .pdf"
# From hardly visible to dark: lightness falls all the way, so grey prints read the same.
_STRENGTH = ("#cfd8e3", "#f0c24b", "#e2711d", "#a4133c", "#3c0d2b")
_LABEL_MOST = 60  # letters


def label(text: str, most: int = _LABEL_MOST) -> str:
    """Text of others (a name, a file's name) as a picture draws it: letter by letter, with no mathematics in it, on
    one line, cut after so many letters. Every text that is not ours goes through here."""
    return shown(text, most).replace("$", r"\$")


def figure(width_in: float, height_in: float, **options: Any) -> Any:
    """A figure of ours, drawn without a display."""
    from matplotlib.figure import Figure

    matplotlib.rcParams.update({"font.size": 9, "axes.edgecolor": QUIET, "axes.labelcolor": INK, "text.color": INK})
    return Figure(figsize=(width_in, height_in), layout="constrained", **options)


def strength_colours() -> Any:
    """The colour map of the detector's strength, 0..1000."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("strength", _STRENGTH)


def quieten(axes: Any) -> None:
    """Take away what carries no information."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=QUIET, labelcolor=INK)
    axes.grid(color=BAND, linewidth=0.8)
    axes.set_axisbelow(True)


def check_picture(path: Path) -> None:
    """SapperError unless a picture can be put at `path`: asked before what it shows is worked out."""
    if path.suffix.lower() not in _ENDINGS:
        raise SapperError(f"'{path.suffix}' is no format of a picture", f"name it {_NAMES}", Status.USAGE)
    check_file(path)


def save(fig: Any, path: Path) -> None:
    """Write the figure, whole or not at all; SapperError when the file cannot be written or is named as no picture."""
    check_picture(path)
    with replacing(path) as part, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # a script that no font here has: boxes stand for its letters
        fig.savefig(part, dpi=150, facecolor="white", format=path.suffix.lower()[1:])
