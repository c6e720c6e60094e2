"""Where errors are brought about and remedies carried out, as a person would: by typing."""

from __future__ import annotations

import io
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from serial.tools import list_ports as system_ports

from sapper_host.board.key_store import KeyStore
from sapper_host.cli import main
from sapper_host.connected.choice import VARIABLE
from sapper_host.errors import SapperError, Status
from tests.host.memory_board import MemoryBoard
from tests.host.remedies.commands import told
from tests.host.remedies.sites import Site, sites

CSV = "# sapper-trace 1\nt_s,gate0_mv,gate1_mv,gate2_mv,vsys_mv,temp_c,left_ticks,right_ticks\n" + "".join(
    f"{i / 100:.2f},1,2,3,5000,20,{i},{i}\n" for i in range(9)
)


class Stage:
    """A folder, boards, and a keyboard."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.patch = monkeypatch
        self._capsys = capsys
        self._made: list[tuple[str, int]] = []
        self._boards: list[MemoryBoard] = []
        monkeypatch.setattr(system_ports, "comports", lambda: [])
        monkeypatch.delenv(VARIABLE, raising=False)
        patched = SapperError.__init__

        def record(error: SapperError, *words: Any, **named: Any) -> None:
            frame = sys._getframe(1)
            while frame.f_locals.get("self") is error and frame.f_back is not None:  # its classes' own
                frame = frame.f_back
            self._made.append((frame.f_code.co_filename, frame.f_lineno))
            patched(error, *words, **named)

        monkeypatch.setattr(SapperError, "__init__", record)

    def close(self) -> None:
        for board in self._boards:
            board.__exit__(None, None, None)

    def board(self, **how: Any) -> MemoryBoard:
        """A board that answers, powered until the end."""
        made = MemoryBoard(**how)
        made.__enter__()
        self._boards.append(made)
        return made

    def file(self, name: str, content: str | bytes = "") -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def trace(self) -> Path:
        return self.file("lane.csv", CSV)

    def types(self, *words: object, keyboard: str = "") -> tuple[int, str, str]:
        """A command: its status, output and errors."""
        self.patch.setattr(sys, "stdin", io.StringIO(keyboard))
        status = main([str(word) for word in words])
        out, err = self._capsys.readouterr()
        return status, out, err

    def fails(self, site: str, *words: object, keyboard: str = "") -> str:
        """The command ends with the error of that site, told in two lines; its remedy."""
        self._made.clear()
        status, out, err = self.types(*words, keyboard=keyboard)
        assert site in {each.name for each in self._seen()}, f"it ended with {status}: {err or out}"
        assert status in set(Status) - {Status.OK}
        if err:  # verbs on several boards have a table of their own
            lines = [line for line in err.splitlines() if line.startswith(("error:", "   do: "))]
            assert len(lines) == 2 and "Traceback" not in err, err
            return lines[1].removeprefix("   do: ")
        return out

    def works(self, *words: object, keyboard: str = "") -> str:
        """The command ends well; its output."""
        status, out, err = self.types(*words, keyboard=keyboard)
        assert status == Status.OK, err
        return out

    def laptop(self, name: str) -> KeyStore:
        """Sits down at the laptop of that name; its keys."""
        for kind in ("CONFIG", "STATE", "DATA"):
            self.patch.setenv(f"XDG_{kind}_HOME", str(self.folder / name / kind))
        return KeyStore()

    def asked(self, *answers: str) -> None:
        """What is typed, unseen, when a pass phrase is asked for; with none there is nobody to ask."""
        left = iter(answers)

        def answer(*_: object) -> str:
            if (said := next(left, None)) is None:
                raise EOFError
            return said

        self.patch.setattr("getpass.getpass", answer)

    def obeys(self, remedy: str, *more: object, which: int = 0, **places: object) -> str:
        """Types what the remedy says, its line number `which` for a shell: `places` are filled in, `more` (a port)
        added."""
        command = [each for each in told(remedy) if "sapper " in each][which]
        for place, instead in places.items():
            command = command.replace(place, str(instead))
        before, _, last = command.rpartition("|")
        keyboard = before.strip().removeprefix("echo ") + "\n" if before else ""
        words = shlex.split(last)
        assert words[0] == "sapper", command
        return self.works(*words[1:], *more, keyboard=keyboard)

    def _seen(self) -> set[Site]:
        return {
            site
            for file, line in self._made
            for site in sites()
            if file.endswith(site.file) and site.first <= line <= site.last
        }


@contextmanager
def staged(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """A stage, cleared at the end."""
    stage = Stage(folder, capsys, monkeypatch)
    try:
        yield stage
    finally:
        stage.close()


Situation = Callable[[Stage], None]
