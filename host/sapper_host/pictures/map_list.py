"""The list of finds below a map, by the numbers on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sapper_host.pictures import style
from sapper_host.recordings.contacts import Contact

_ROWS_MOST = 60
_ROW_IN = 0.19
# Column: head, width in characters.
_COLUMNS = (("no.", 4), ("part", 5), ("along m", 9), ("x m", 9), ("y m", 9), ("class", 13), ("strength", 9),
            ("verdict", 9), ("marked", 7))  # fmt: skip


def list_height_in(contacts: Sequence[Contact]) -> float:
    """Height of the list on the page."""
    return _ROW_IN * len(list_lines(contacts))


def list_lines(contacts: Sequence[Contact]) -> list[str]:
    """The list as lines of text, its head first; what has no room is counted in the last."""
    if not contacts:
        return ["no finds"]
    lines = [_line([name for name, _ in _COLUMNS])]
    lines += [_line(_cells(contact)) for contact in contacts[:_ROWS_MOST]]
    if len(contacts) > _ROWS_MOST:
        lines.append(f"and {len(contacts) - _ROWS_MOST} more: `sapper map --csv` lists all")
    return lines


def _cells(contact: Contact) -> list[str]:
    x, y = ("?" if mm is None else f"{round(mm, -1) / 1000:.2f}" for mm in (contact.x_mm, contact.y_mm))
    verdict = "-" if contact.verdict == "none" else contact.verdict
    return [str(contact.number), str(contact.part), f"{contact.s_mm / 1000:.2f}", x, y, contact.class_name,
            str(contact.strength), verdict, "yes" if contact.marked else "no"]  # fmt: skip


def _line(cells: Sequence[str]) -> str:
    """Numbers to the right, words to the left; a word too long for its column is cut."""
    parts = []
    for (name, width), cell in zip(_COLUMNS, cells, strict=True):
        text = cell[: width - 1]
        parts.append(f"{text:<{width}}" if name in ("class", "verdict", "marked") else f"{text:>{width - 1}}  ")
    return "".join(parts).rstrip()


def draw_list(axes: Any, contacts: Sequence[Contact]) -> None:
    """The list, filling these axes from the top."""
    axes.set_axis_off()
    lines = list_lines(contacts)
    for i, line in enumerate(lines):
        weight = "bold" if i == 0 and len(lines) > 1 else "normal"
        axes.text(0.0, 1 - i / len(lines), line, transform=axes.transAxes, family="monospace", fontsize=8.5, va="top",
                  color=style.INK, fontweight=weight, parse_math=False)  # fmt: skip
