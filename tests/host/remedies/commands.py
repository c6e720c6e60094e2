"""What a text tells people to type: found in it, and held against what there is to be typed."""

from __future__ import annotations

import re
import shlex
from functools import cache
from typing import Any

import typer

from sapper.shared.commands import ROWS
from sapper_host.cli import build
from sapper_host.files.checkout import DOCS, ROOT

# Programs that are not ours.
SYSTEMS = {
    "dask",
    "mkdir",
    "mount",
    "mpremote",
    "npm",
    "picotool",
    "pip",
    "tee",
    "udevadm",
    "usermod",
    "modprobe",
    "echo",
}
_QUOTED = re.compile(r"`([^`]+)`")
_OURS = re.compile(r"(?<![\w/.-])sapper [a-z]+|(?<=')make [a-z]+(?=')")
_OPTION = re.compile(r"(?<![\w-])--[a-z][\w-]*")
_PAGE = re.compile(r"docs/([\w-]+\.md)(?:, '([^']+)')?")
_PLACES = {"{}": "X", "ADDRESS": "tcp://h:1", "DIR": "x", "DEVICE": "x"}


def told(text: str) -> list[str]:
    """The commands a text names, each as it is to be typed: what stands between backticks, else what reads as one."""
    rest = _QUOTED.sub(" ", text)
    return _QUOTED.findall(text) + [found.strip() for found in _OURS.findall(rest)]


def faults(text: str) -> list[str]:
    """What is wrong with what a text tells people to do: commands, options and pages that are not there."""
    wrong = [f"`{command}`: {why}" for command in told(text) for why in _faults_of(command)]
    outside = _QUOTED.sub(" ", text)
    wrong += [f"{option}: no verb has it" for option in _OPTION.findall(outside) if option not in _options()]
    for page, section in _PAGE.findall(text):
        path = DOCS / page
        if not path.is_file():
            wrong.append(f"docs/{page}: no such page")
        elif section and f" {section}\n" not in path.read_text(encoding="utf-8"):
            wrong.append(f"docs/{page}: no section '{section}'")
    return wrong


def _faults_of(command: str) -> list[str]:
    parts = re.split(r"\s*(?:&&|\|)\s*", command)
    return [why for part in parts if (why := _fault(part))]


def _fault(command: str) -> str:
    for place, instead in _PLACES.items():
        command = command.replace(place, instead)
    try:
        words = shlex.split(command)
    except ValueError as error:
        return str(error)
    if words[:1] == ["sudo"]:
        words = words[1:]
    first = words[0]
    if first == "sapper":
        return _sapper_fault([word for word in words[1:] if word != "--help"], "--help" in words)
    if first == "make":
        return "" if words[1] in _targets() and len(words) == 2 else "the Makefile has no such target"
    if first in SYSTEMS:
        return ""
    if first in ROWS:
        usage = ROWS[first][1].split()
        return "" if len(words) <= len(usage) else f"the board knows `{ROWS[first][1]}`"
    if "=" in words or first.startswith("[") or (ROOT / first).exists():
        return ""  # a line of a file, or a file
    return "neither a verb, nor a target, nor a command of the board"


def _sapper_fault(words: list[str], asks_for_help: bool) -> str:
    """Parsed as typer would, without being run."""
    command: Any = typer.main.get_command(build())
    while hasattr(command, "commands") and words:
        name, *words = words
        if name.startswith("-"):
            return "" if name in _options() else "no such option"
        if name not in command.commands:
            return f"no verb '{name}'"
        command = command.commands[name]
    if hasattr(command, "commands") or asks_for_help:
        return ""  # its help tells the rest
    try:
        command.make_context("sapper", list(words))
    except Exception as error:  # typer's own kinds are its own
        return str(getattr(error, "message", "") or error)
    return ""


@cache
def _options() -> frozenset[str]:
    """Every option of every verb."""

    def walk(command: Any) -> set[str]:
        own = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
        return own.union(*(walk(each) for each in getattr(command, "commands", {}).values()))

    return frozenset(walk(typer.main.get_command(build())) | {"--help"})


@cache
def _targets() -> frozenset[str]:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return frozenset(re.findall(r"^([a-z-]+):", text, re.MULTILINE))
