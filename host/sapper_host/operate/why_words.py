"""Why the rover is in its state, and what its operator is to do: the same words in console and monitor."""

from __future__ import annotations

from rich.text import Text

from sapper.shared.commands import ROWS
from sapper.shared.events import REASONS
from sapper_host.operate.fault_words import FAULT_WORDS, TRACK_WORDS
from sapper_host.operate.monitor_state import MonitorState

_LATCHES = ("STOPPED", "FAULT")
_REMEDIES = dict(REASONS)


def why(state: MonitorState) -> Text:
    """In one line, however long; empty where there is nothing to say. Dim where it may be otherwise by now."""
    text, style = _words(state)
    return Text(text, style if state.heard else "dim")


def _words(state: MonitorState) -> tuple[str, str]:
    name, reason = state.state, state.reason
    if name == "CONTACT":
        todo = f"a find: look, then `{ROWS['verdict'][1]}`; `{ROWS['mark'][1]}` fires the marker"
        return todo, "bold magenta"
    parts = []
    if reason not in ("", "none", "operator") or name in _LATCHES:
        parts.append(_named(reason or "stopped", _REMEDIES.get(reason, "")))
    if state.fault not in ("none", reason):
        parts.append(_fault(state.fault, state.track))
    text = "; ".join(parts)
    if name in _LATCHES and "disarm" not in text:
        text += "; `disarm` clears it"
    return text, "bold red" if name in _LATCHES or state.fault != "none" else ""


def _fault(fault: str, track: str) -> str:
    meaning, remedy = FAULT_WORDS.get(fault, ("", ""))
    looks = TRACK_WORDS.get(track, "")
    name = f"{fault} ({track})" if looks else fault
    return _named(name, "; ".join(part for part in (f"{meaning}: {looks}" if looks else meaning, remedy) if part))


def _named(name: str, words: str) -> str:
    return f"{name}: {words}" if words else name
