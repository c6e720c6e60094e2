"""The time of a scenario as a picture: motors' signals, emergency stop and key, states and events over time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hil.rigs.rig import NS_PER_S
from hil.testing.watched import Record, Row
from sapper_host.board.decoder import Event
from sapper_host.board.link import Happening, Sent
from sapper_host.pictures import style

STATE_FILL = {"SAFE": "#9aa5b1", "ARMED": "#e0b400", "TELEOP": "#3a86ff", "SWEEP": "#2a9d8f", "CONTACT": "#9b5de5",
              "STOPPED": "#e76f51", "FAULT": "#b00020"}  # fmt: skip
LEVELS = ("ESTOP_OK", "ARM_KEY", "MOTOR_EN")
DUTIES = (("MOTOR_LEFT", style.GATES[0]), ("MOTOR_RIGHT", style.GATES[2]))
_QUIET = ("ping",)  # not drawn: it is said twice a second
_BEFORE_S = 6.0  # of a long scenario the last seconds are drawn
_WIDTH_IN, _HEIGHT_IN = 11.0, 7.0
_LABELS_MOST = 40
_LABEL_ROWS = 7


def window(record: Record, happened: Sequence[tuple[int, Happening]]) -> tuple[int, int]:
    """From when to when is drawn: to the last thing known, and from so long before the last change of state."""
    ends = [row[-1][0] for row in record.rows.values()] + [t_ns for t_ns, _ in happened]
    end_ns = max([record.since_ns + 1, *ends])
    changes = [t_ns for t_ns, item in happened if isinstance(item, Event) and item.kind in ("state", "boot")]
    anchor = changes[-1] if changes else end_ns
    return max(record.since_ns, anchor - int(_BEFORE_S * NS_PER_S)), end_ns


def draw(record: Record, happened: Sequence[tuple[int, Happening]], path: Path, title: str) -> None:
    """Draw it. SapperError when it cannot be written."""
    start_ns, end_ns = window(record, happened)

    def seconds(t_ns: int) -> float:
        return (t_ns - record.since_ns) / NS_PER_S

    figure = style.figure(_WIDTH_IN, _HEIGHT_IN)
    levels, duties, states, told = figure.subplots(4, 1, sharex=True, height_ratios=[3, 2.4, 0.8, 3.4])
    for i, name in enumerate(LEVELS):
        base = (len(LEVELS) - 1 - i) * 1.5
        t, values = _steps(record.rows[name], start_ns, end_ns)
        levels.step([seconds(at) for at in t], [base + value for value in values], where="post", color=style.INK)
        levels.axhline(base, color=style.BAND, linewidth=0.8, zorder=0)
    levels.set_yticks([(len(LEVELS) - 1 - i) * 1.5 + 0.5 for i in range(len(LEVELS))], LEVELS)
    levels.tick_params(axis="y", length=0)
    for name, colour in DUTIES:
        t, values = _steps(record.rows[name], start_ns, end_ns)
        side = name.removeprefix("MOTOR_").lower()
        duties.step([seconds(at) for at in t], [100 * v for v in values], where="post", color=colour, label=side)
    duties.set_ylabel("duty, %")
    duties.set_ylim(bottom=-2)
    duties.legend(loc="upper left", frameon=False, ncols=2)
    _draw_states(states, happened, start_ns, end_ns, seconds)
    _draw_told(told, happened, start_ns, end_ns, seconds)
    told.set_xlabel("seconds since the scenario began")
    for axes in (levels, duties, states, told):
        style.quieten(axes)
    told.set_xlim(seconds(start_ns), seconds(end_ns) + 0.01)
    figure.suptitle(style.label(title, 110), fontsize=11, fontweight="bold", x=0.01, ha="left")
    style.save(figure, path)


def _steps(row: Row, start_ns: int, end_ns: int) -> tuple[list[int], list[float]]:
    """A row's part from start to end, with its value at both."""
    before = [value for t_ns, value in row if t_ns <= start_ns]
    inside = sorted((t_ns, value) for t_ns, value in row if start_ns < t_ns <= end_ns)
    points = [(start_ns, before[-1] if before else row[0][1]), *inside]
    points.append((end_ns, points[-1][1]))
    return [t_ns for t_ns, _ in points], [value for _, value in points]


def _draw_states(
    axes: Any, happened: Sequence[tuple[int, Happening]], start_ns: int, end_ns: int, seconds: Any
) -> None:
    changes = [(start_ns, "")]
    for t_ns, item in happened:
        if isinstance(item, Event) and item.kind in ("state", "boot"):
            state = str(item.args.get("to", "SAFE"))
            if t_ns <= start_ns:
                changes = [(start_ns, state)]
            else:
                changes.append((t_ns, state))
    ends = [t_ns for t_ns, _ in changes[1:]] + [end_ns]
    for (t_ns, state), until in zip(changes, ends, strict=True):
        if state and until > t_ns:
            axes.barh(0, seconds(until) - seconds(t_ns), left=seconds(t_ns), color=STATE_FILL.get(state, style.QUIET))
            if until - t_ns > (end_ns - start_ns) / 25:
                axes.text(
                    seconds(t_ns), 0, f" {state}", va="center", ha="left", color="white", fontsize=8, clip_on=True
                )
    axes.set_yticks([0], ["state"])
    axes.tick_params(axis="y", length=0)


def _draw_told(axes: Any, happened: Sequence[tuple[int, Happening]], start_ns: int, end_ns: int, seconds: Any) -> None:
    """What was said, each at its time: the operator's lines and the board's events; of very many the last."""
    labels = []
    for t_ns, item in happened:
        if not start_ns <= t_ns <= end_ns:
            continue
        if isinstance(item, Sent) and item.line and item.line not in _QUIET:
            labels.append((t_ns, f"> {item.line}", style.QUIET))
        elif isinstance(item, Event):
            words = " ".join([item.kind, *(str(value) for value in item.args.values())])
            labels.append((t_ns, words, style.MISSED if _is_bad(item) else style.INK))
    for i, (t_ns, words, colour) in enumerate(labels[-_LABELS_MOST:]):
        row = _LABEL_ROWS - 1 - i % _LABEL_ROWS
        right = seconds(t_ns) > seconds(start_ns) + 0.7 * (seconds(end_ns) - seconds(start_ns))
        axes.axvline(seconds(t_ns), color=colour, linewidth=0.6, alpha=0.6)
        axes.text(
            seconds(t_ns),
            row,
            f"{style.label(words, 48)} " if right else f" {style.label(words, 48)}",
            ha="right" if right else "left",
            va="center",
            color=colour,
            fontsize=7.5,
            bbox=style.LABEL_BOX,
            clip_on=True,
        )
    axes.set_ylim(-0.7, _LABEL_ROWS - 0.3)
    axes.set_yticks([])
    axes.set_ylabel("said (>) and told")


def _is_bad(event: Event) -> bool:
    return event.kind == "state" and event.args.get("to") in ("STOPPED", "FAULT")
