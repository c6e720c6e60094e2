"""The line to the board and its state in words and colour, the same in console and monitor.

Ages are the laptop's own time since it last heard the board: an event, a frame or a line that makes sense.
"""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from sapper_host.operate.monitor_state import MonitorState

STATE_STYLE = {
    "SAFE": "bold white on green",
    "ARMED": "bold black on yellow",
    "TELEOP": "bold black on bright_yellow",
    "SWEEP": "bold white on blue",
    "CONTACT": "bold white on magenta",
    "STOPPED": "bold white on red",
    "FAULT": "bold white on red",
}
ALARM = "bold white on red"
_OLD = "reverse dim"
_MORE = " ..."
_WARN_LOST_PCT = 5


def link_words(state: MonitorState, bad: int) -> Text:
    """How the line is. bad: the decoder's count of bad frames."""
    quality = state.quality(bad)
    if not state.connected:
        return Text("NO LINK" if quality.age_s is None else f"NO LINK for {quality.age_s:.0f} s", ALARM)
    if quality.age_s is None:
        return Text("waiting for telemetry", "yellow")
    if not state.heard:
        return Text(f"SILENT for {quality.age_s:.0f} s", ALARM)
    text = f"link {quality.frames_per_s:.0f}/s  lost {quality.lost_pct:.1f} %  bad {quality.bad}"
    return Text(text, "yellow" if quality.lost_pct > _WARN_LOST_PCT else "green")


def badge(state: MonitorState, name: str) -> Text:
    """State `name` of the rover; with a question mark where it may be another by now."""
    if state.heard:
        return Text().append(f" {name or '-'} ", STATE_STYLE.get(name, "bold"))
    return Text().append(f" {name}? ", _OLD)


def beside(left: Text, right: Text, width: int) -> Text:
    """Both in one line; the left one gives way to the right one."""
    left = left.copy()
    left.truncate(max(0, width - len(right) - 2), overflow="ellipsis", pad=True)
    return left.append("  ").append(right)


def wrapped(text: Text, width: int, most: int) -> list[Text]:
    """Over as many lines as it takes, but `most` of them."""
    lines = list(text.wrap(Console(width=width), width))
    if len(lines) > most:
        lines[most - 1].truncate(max(0, width - len(_MORE)))
        lines[most - 1].append(_MORE)
    return lines[:most]
