"""`sapper teamkey` against the firmware's own command: the old key proves the change, and none of them is shown."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sapper.console.arguments import Refused
from sapper.console.update_commands import UpdateCommands
from sapper.crypto.keys import key_id
from sapper.link.gate import Gate
from sapper.storage.team_key import SPOILT, TeamKey
from sapper_host.board.answers import Answer
from sapper_host.board.link import Link
from sapper_host.board.radio_key import send_team_key
from sapper_host.cli import main
from sapper_host.errors import BoardError, SapperError, Status
from sapper_host.update import team_key

pytestmark = pytest.mark.unit

KEY, OTHER, THIRD = (bytes([n]) * 32 for n in (1, 2, 3))


class Places:
    """Two pages of flash."""

    def __init__(self) -> None:
        self.pages = [b"\xff" * 256] * 2

    def read(self, place: int) -> bytes:
        return self.pages[place]

    def write(self, place: int, page: bytes) -> None:
        self.pages[place] = page


class Board:
    """A link to a board that knows two commands; use it as `Link.open` gives one."""

    def __init__(self, key: bytes | None = b"") -> None:
        self.kept = TeamKey(Places())
        self.kept.key = key
        app = SimpleNamespace(team_key=self.kept, gate=Gate(b"", bytes(range(16))), new_team_key=self.kept.save)
        self._commands = UpdateCommands()
        self._commands._app = app  # as console.Console sets it
        self.lines: list[str] = []

    def __enter__(self) -> Board:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def identify(self) -> dict[str, str]:
        return {"board": "e6614c775b000001"}

    def command(self, line: str, timeout_s: float = 2.0, check: bool = True, quiet: bool = False) -> Answer:
        self.lines.append(line)
        name, *words = line.split()
        assert quiet or not words, "no listener hears a key"
        if name == "nonce":
            return Answer(line, "ok " + self._commands._app.gate.text())
        try:
            *body, last = self._commands.cmd_teamkey(None, words)
        except Refused as refused:
            *body, last = [f"err {refused.args[0]}: {refused.args[1]}"]
        if check and not last.startswith("ok"):
            raise BoardError(name, "", last)
        return Answer(line, last, tuple(body))


def put(board: Board, key: bytes, *old: bytes) -> str:
    link: Any = board
    return send_team_key(link, key, old)


def test_a_board_without_a_key_takes_one_and_the_same_again() -> None:
    board = Board()
    assert put(board, KEY) == key_id(KEY) == put(board, KEY)
    assert board.kept.key == KEY


@pytest.mark.parametrize("new", [OTHER, b""])
def test_another_key_or_none_takes_the_old_one_among_those_at_hand(new: bytes) -> None:
    board = Board(KEY)
    with pytest.raises(SapperError, match="another team key") as refused:
        put(board, new, THIRD)
    assert refused.value.status == Status.REFUSED and "--old-key" in refused.value.remedy
    assert board.kept.key == KEY
    assert put(board, new, THIRD, KEY) == key_id(new)
    assert board.kept.key == new


def test_the_old_key_never_goes_over_the_line() -> None:
    board = Board(KEY)
    put(board, OTHER, KEY)
    assert KEY.hex() not in " ".join(board.lines)


def test_a_spoilt_key_is_put_in_again_without_a_proof() -> None:
    board = Board(SPOILT)
    assert put(board, KEY) == key_id(KEY) and board.kept.key == KEY


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Board:
    for name in ("CONFIG", "STATE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    made = Board()
    monkeypatch.setattr(Link, "open", lambda *_: made)
    for name, key in (("old", KEY), ("new", OTHER)):
        (tmp_path / f"{name}.key").write_text(key.hex() + "\n")
    return made


def test_the_verb_puts_in_changes_and_takes_away(
    board: Board, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = str(tmp_path / "old.key"), str(tmp_path / "new.key")
    port = ["--port", "/dev/null"]
    assert main(["teamkey", old, *port]) == Status.OK and board.kept.key == KEY
    assert main(["teamkey", new, *port]) == Status.REFUSED and board.kept.key == KEY
    assert "docs/technician.md" in capsys.readouterr().err
    assert main(["teamkey", new, "--old-key", old, *port]) == Status.OK and board.kept.key == OTHER
    assert main(["teamkey", "--remove", *port]) == Status.REFUSED
    assert main(["teamkey", "--remove", "--old-key", old, "--old-key", new, *port]) == Status.OK
    assert board.kept.key == b""
    out, err = capsys.readouterr()
    assert KEY.hex() not in out + err and "holds no team key now" in out


def test_your_own_key_goes_in_and_proves_without_being_named(board: Board, tmp_path: Path) -> None:
    port = ["--port", "/dev/null"]
    assert main(["teamkey", *port]) == Status.ERROR, "there is none yet"
    own = team_key.create(team_key.default_path())
    assert main(["teamkey", *port]) == Status.OK and board.kept.key == own
    assert main(["teamkey", "--remove", *port]) == Status.OK and board.kept.key == b""
    assert main(["teamkey", "--remove", str(tmp_path / "old.key"), *port]) == Status.USAGE
