"""A board that remembers: FakeBoard with the firmware's own settings store and radio gate, and a lasting flash.

What is on `flash` is what a restart, or another MemoryBoard made with it, begins with. `refuse` and `cut_at` make it
fail where a test wants.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field

from sapper.crypto.keys import key_id
from sapper.link.gate import Gate
from sapper.shared.commands import ROWS
from sapper.shared.settings import SettingError, Settings, row_of
from tests.host.fake_board import FakeBoard

BOARD = "e6614c775b000001"
CHECKS = ("storage", "settings", "supply", "detector", "flash")


@dataclass
class Flash:
    """What outlives the power."""

    settings: list[str] = field(default_factory=list)
    name: str = "none"
    key: bytes = b""
    team_key: bytes = b""


class MemoryBoard(FakeBoard):
    """refuse: the beginning of a line -> its answer. cut_at: (number of the line, 'before' or 'after' it is carried
    out): the plug is pulled there, unanswered."""

    def __init__(self, flash: Flash | None = None, port_name: str = "usb") -> None:
        super().__init__()
        self.flash = flash or Flash()
        self.refuse: dict[str, str] = {}
        self.cut_at: tuple[int, str] | None = None
        self.failing: dict[str, str] = {}
        self.knows_team_keys = True
        self.lines = 0
        self.boots = 0
        self._port_name = port_name
        self._start_anew()

    def __exit__(self, *_: object) -> None:
        if self._leave.is_set():
            self._thread.join(timeout=5)
            os.close(self._slave)
        else:
            super().__exit__()

    def _start_anew(self) -> None:
        self.boots += 1
        self.settings = Settings()
        self.settings.load_text("\n".join(self.flash.settings))
        self.gate = Gate(self.flash.key, os.urandom(16))
        self.clock_s: float | None = None

    def _line(self, line: str) -> None:
        if self._leave.is_set():
            return
        number, self.lines = self.lines, self.lines + 1
        if self.cut_at and number == self.cut_at[0]:
            if self.cut_at[1] == "after":
                self._answer(line)
            self._leave.set()
            os.close(self._master)  # the other end stays, so that nobody else's terminal gets this one's name
            return
        super()._line(line)

    def _answer(self, line: str) -> str:
        for start, answer in self.refuse.items():
            if line.startswith(start):
                return answer
        words = line.split()
        if words and self._port_name == "radio" and ROWS.get(words[0], ("",) * 4)[3] == "usb":
            return f"err link: {words[0]} is taken over USB only"
        if words and words[0] == "teamkey":
            return self._teamkey(words[1:])
        try:
            return super()._answer(line)
        except SettingError as error:
            return f"err setting: {error}"

    def _version(self, words: list[str]) -> str:
        return f"ok sapper=0.1.0 git=abc1234 micropython=1.25.0 board={BOARD} source=factory name={self.flash.name}"

    def _nonce(self, words: list[str]) -> str:
        return f"ok {self.gate.text(*words)} port={self._port_name}"

    def _dump(self, words: list[str]) -> str:
        return "".join(f"  {line}\n" for line in self.settings.dump_lines()) + "ok"

    def _set(self, words: list[str]) -> str:
        row_of(words[0])
        return f"ok {words[0]}={self.settings.set(words[0], words[1])}"

    def _save(self, words: list[str]) -> str:
        self.flash.settings = self.settings.dump_lines()
        return "ok saved"

    def _name(self, words: list[str]) -> str:
        if words:
            self.flash.name = words[0]
        return "ok name=" + self.flash.name

    def _key(self, words: list[str]) -> str:
        if words:
            self.flash.key = bytes.fromhex(words[0])
            self.gate.set_key(self.flash.key)
        return "ok key=" + self.gate.id

    def _teamkey(self, words: list[str]) -> str:
        if not self.knows_team_keys:
            return "err unknown: no command 'teamkey'; `help` lists them"
        if words:
            self.flash.team_key = bytes.fromhex(words[0])
        return "ok teamkey=" + str(key_id(self.flash.team_key))

    def _clock(self, words: list[str]) -> str:
        if words:
            self.clock_s = int(words[0]) - time.monotonic()
        if self.clock_s is None:
            return f"ok clock=unset t_ms={self.t_ms}"
        return f"ok epoch={int(self.clock_s + time.monotonic())} t_ms={self.t_ms}"

    def _storage(self, words: list[str]) -> str:
        return "ok state=mounted "

    def _selftest(self, words: list[str]) -> str:
        rows = "".join(f"  {name}: {self.failing.get(name, 'pass')}\n" for name in CHECKS)
        wrong = next(iter(self.failing.items()), None)
        return rows + (f"err selftest: {wrong[0]}: {wrong[1]}" if wrong else "ok selftest passed")

    def _digest(self, words: list[str]) -> str:
        return "ok sha256=" + "ab" * 32

    def _reboot(self, words: list[str]) -> str:
        self._start_anew()
        return "ok rebooting"
