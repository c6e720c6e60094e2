"""What the console's line editor knows: lines typed before, and words that may follow."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from prompt_toolkit.completion import Completer, NestedCompleter
from prompt_toolkit.history import FileHistory

from sapper.shared.commands import COMMANDS, ROWS
from sapper.shared.settings import TABLE
from sapper_host.board.radio_key import shown


class History(FileHistory):
    """Lines typed before, those that hold a key apart. A disk that is full loses them, and nothing else."""

    def __init__(self, path: Path) -> None:
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
        super().__init__(str(path))

    def load_history_strings(self) -> Iterable[str]:
        try:
            return list(super().load_history_strings())
        except OSError:
            return []

    def store_string(self, string: str) -> None:
        if shown(string) != string:
            return  # it holds a key
        with contextlib.suppress(OSError):
            super().store_string(string)


def completer() -> Completer:
    """Commands and settings, and the words of those that have few."""
    words: dict[str, Any] = {name: None for name in ROWS}
    words |= {"get": {row[0]: None for row in TABLE}, "set": {row[0]: None for row in TABLE}}
    words |= {"help": {row[0]: None for row in COMMANDS}}
    for row in COMMANDS:
        choices = row[1].split()[-1]
        if "|" in choices and choices.islower():
            words[row[0]] = {choice: None for choice in choices.split("|")}
    return NestedCompleter.from_nested_dict(words)
