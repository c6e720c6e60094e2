"""The operator's screen, drawn from a MonitorState with rich. Fits 80x24 and uses what is more."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from sapper.shared.events import CLASSES
from sapper_host.board.decoder import Counts, Event
from sapper_host.operate.link_words import ALARM, badge, beside, link_words, wrapped
from sapper_host.operate.monitor_state import STRENGTH_MAX, MonitorState, Note, describe, is_end
from sapper_host.operate.why_words import why

EVENT_STYLE = {
    "detect": "bold magenta",
    "contact": "bold magenta",
    "look": "bold magenta",
    "fault": "bold red",
    "stop": "red",
    "state": "cyan",
    "boot": "yellow",
    "link": "yellow",
    "refused": "yellow",
    "heap_full": "yellow",
    "weakened": "bold red",
}
# Lamps: text, bit of STATUS.flags, style when lit, style when dark.
_LAMPS = (
    ("E-STOP LOOP", 0, "green", "bold red"),
    ("KEY", 1, "green", "yellow"),
    ("MOTORS", 2, "bold yellow", "dim"),
    ("SEARCHED", 3, "green", "dim"),
    ("PINPOINT", 4, "cyan", "dim"),
)
_FIXED_LINES = 13  # without those of the state
_STATE_LINES_MOST = 3
_FRAME_COLUMNS = 4  # a panel's sides


def render(state: MonitorState, counts: Counts, width: int, height: int, unicode: bool = True) -> RenderableType:
    """The whole screen, at most `height` lines of `width` columns."""
    old = "" if state.fresh else "dim"
    stands = _state_lines(state, width)
    rows: list[RenderableType] = [
        _header(state, counts, width),
        Panel(Group(*stands), padding=(0, 1)),
        _strength(state, width, unicode),
        _motion(state, old),
        _lamps(state, unicode),
        _health(state, counts, old),
    ]
    room = height - _FIXED_LINES - len(stands)
    if state.warning:
        rows.append(Text(f" {state.warning} ", style="bold white on red", no_wrap=True, overflow="ellipsis"))
        room -= 1
    if state.watching:
        text = f" WATCHING ONLY, `stop` works: {state.watching} "
        rows.append(Text(text, style="bold black on yellow", no_wrap=True, overflow="ellipsis"))
        room -= 1
    for words in state.loop_misses.words():
        rows.append(Text(f" {words} ", style="bold black on yellow", no_wrap=True, overflow="ellipsis"))
        room -= 1
    rows.append(_events(state, max(1, room)))
    return Group(*rows)


def _header(state: MonitorState, counts: Counts, width: int) -> Text:
    """What is watched at the left, the line's quality at the right."""
    version = state.version
    left = Text("Sapper ", style="bold")
    left.append(version.get("sapper", ""), style="bold")
    left.append(f"  {state.port}", style="")
    left.append(f"  {version.get('board', '')}", style="dim")
    return beside(left, link_words(state, counts.bad_frames), width)


def _state_lines(state: MonitorState, width: int) -> list[Text]:
    if not state.connected:
        text = Text(f" {state.trouble or 'not connected'}; what follows is OLD ", ALARM)
    else:
        text = badge(state, state.state)
        if state.weakened:
            text.append("  ").append(" STOPS WEAKENED ", style=ALARM)
        if words := why(state):
            text.append("  ").append(words)
    return wrapped(text, width - _FRAME_COLUMNS, _STATE_LINES_MOST)


def _strength(state: MonitorState, width: int, unicode: bool) -> Panel:
    detect = state.detect
    if detect is None:
        return Panel(Text("no detector frames yet", style="dim"), title="detector", title_align="left")
    strength, level = detect.fields["strength"], max(1, detect.fields["level"])
    alert = detect.fields["statistic"] >= level
    style = "bold magenta" if alert else "green" if state.fresh else "dim"
    room = max(10, width - 4)
    bar = Text(bar_text(strength, STRENGTH_MAX, room, unicode), style=style)
    mark = min(room - 1, state.strength_peak * room // STRENGTH_MAX)
    bar.stylize("reverse", mark, mark + 1)
    index = detect.fields["class"]
    kind = CLASSES[index].replace("_", "-") if index < len(CLASSES) else f"class {index}"
    words = Table.grid(expand=True)
    words.add_column(no_wrap=True)
    words.add_column(justify="right", no_wrap=True)
    share = 100 * detect.fields["statistic"] / level
    words.add_row(
        Text(f"strength {strength:4d}   {kind if kind != 'none' else '-'}", style=style),
        Text(f"statistic at {share:.0f} % of its alert level", style=style if alert else "dim"),
    )
    return Panel(Group(bar, words), title="detector", title_align="left", padding=(0, 1))


def bar_text(value: float, full: float, width: int, unicode: bool = True) -> str:
    """A bar of `width` characters for value/full; whole characters without unicode, eighths with it."""
    share = max(0.0, min(1.0, value / full))
    if not unicode:
        filled = round(share * width)
        return "#" * filled + "." * (width - filled)
    eighths = round(share * width * 8)
    part = "" if eighths % 8 == 0 else "▏▎▍▌▋▊▉"[eighths % 8 - 1]
    return ("█" * (eighths // 8) + part).ljust(width)


def _motion(state: MonitorState, old: str) -> Text:
    text = Text(style=old, no_wrap=True, overflow="ellipsis")
    if state.status is None:
        return text.append("no status frames yet", style="dim")
    f = state.status.fields
    text.append(f"distance {f['s_mm'] / 1000:7.2f} m   speed {f['speed_mm_s']:4d} mm/s   ", style=old or "bold")
    text.append(f"x {f['x_mm'] / 1000:6.2f} y {f['y_mm'] / 1000:5.2f} m   ")
    return text.append(f"duty {f['duty_left'] / 10:+.0f}/{f['duty_right'] / 10:+.0f} %")


def _lamps(state: MonitorState, unicode: bool) -> Text:
    text = Text(no_wrap=True, overflow="ellipsis")
    if state.status is None:
        return text
    flags = state.status.fields["flags"]
    lit, dark = ("●", "○") if unicode else ("[x]", "[ ]")
    for name, bit, on_style, off_style in _LAMPS:
        on = bool(flags >> bit & 1)
        if name == "SEARCHED" and state.state == "SWEEP":
            off_style = "bold red"  # driving over ground that will not count
        style = (on_style if on else off_style) if state.fresh else "dim"
        text.append(f"{lit if on else dark} {name}   ", style=style)
    return text


def _health(state: MonitorState, counts: Counts, old: str) -> Text:
    text = Text(style=old, no_wrap=True, overflow="ellipsis")
    if state.status is not None:
        f = state.status.fields
        text.append(f"supply {f['vsys_mv'] / 1000:.2f} V   chip {f['temp_dc'] / 10:.0f} C   ")
    if state.loop is not None:
        f = state.loop.fields
        text.append(
            f"load {f['load_pm'] / 10:.0f} %   jitter {f['jitter_max_us']} us   heap {f['heap_free'] // 1024} KB"
        )
        lost = [f"{name} {f[name]}" for name in ("missed", "dropped", "refused") if f[name]]
        if lost:
            text.append("   " + "  ".join(lost), style="yellow")
    if counts.event_gaps:
        text.append(f"   events lost {counts.event_gaps}", style="yellow")
    return text


def _events(state: MonitorState, room: int) -> Panel:
    lines = [event_text(event) for event in list(state.events)[-room:]]
    if not lines:
        lines = [Text("none yet", style="dim")]
    lines += [Text("")] * (room - len(lines))
    return Panel(Group(*lines), title="events", title_align="left", padding=(0, 1))


def event_text(event: Event | Note) -> Text:
    """One event, or note of the host, as a line in its colour."""
    if isinstance(event, Note):
        return Text(f"{'-- ' + event.text:>12s}", style="yellow", no_wrap=True, overflow="ellipsis")
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(f"{event.t_ms / 1000:9.2f} s  ", style="dim")
    return text.append(describe(event), event_style(event))


def event_style(event: Event) -> str:
    """The colour of an event's line."""
    return "" if is_end(event) else EVENT_STYLE.get(event.kind, "")


def plain_line(state: MonitorState) -> str:
    """The screen as one line, for logs and pipes."""
    parts = [state.state or "-"]
    if state.status is not None:
        f = state.status.fields
        parts.append(f"{f['t_ms'] / 1000:.2f} s  {f['s_mm'] / 1000:.2f} m  {f['speed_mm_s']} mm/s")
        parts.append(f"{f['vsys_mv'] / 1000:.2f} V")
    if state.weakened:
        parts.append("STOPS WEAKENED")
    if state.detect is not None:
        parts.append(f"strength {state.detect.fields['strength']}")
    if state.loop is not None:
        parts.append(f"load {state.loop.fields['load_pm'] / 10:.0f} %")
    parts += state.loop_misses.words()
    return "  ".join(parts)


def figures(state: MonitorState) -> str:
    """Place, speed, supply and the detector as a bar, in one line: for the console's toolbar."""
    if state.status is None:
        return "no telemetry on this link"
    f = state.status.fields
    line = f"{f['s_mm'] / 1000:7.2f} m  {f['speed_mm_s']:5d} mm/s  {f['vsys_mv'] / 1000:.2f} V"
    if state.detect is not None:
        strength = state.detect.fields["strength"]
        line += f"  {bar_text(strength, STRENGTH_MAX, 24)} {strength:4d} {state.detect.named('class')}"
    return line if state.fresh else line + "  (old)"
