"""`sapper key export` and `import`: a team brings its key to another laptop, in a file that a pass phrase opens."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from sapper.crypto.keys import key_id
from sapper.storage import key_file
from sapper_host.board import sealed_keys
from sapper_host.board.key_store import KeyStore
from sapper_host.board.link import Link
from sapper_host.errors import Status
from sapper_host.update import team_key
from tests.host.memory_board import BOARD, Flash, MemoryBoard
from tests.host.verbs.conftest import KeyVerb
from tests.terminal import Terminal

pytestmark = pytest.mark.unit

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
PHRASE = "four words and a number 7"


@pytest.fixture
def phrase(tmp_path: Path) -> Path:
    (tmp_path / "phrase").write_text(PHRASE + "\n")
    return tmp_path / "phrase"


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Less work to open a file."""
    monkeypatch.setattr(sealed_keys, "_LOG2_N", sealed_keys._LOG2_N_LEAST)


def test_a_key_goes_to_another_laptop_which_then_drives(
    key_verb: KeyVerb, home: Callable[[str], KeyStore], phrase: Path, tmp_path: Path
) -> None:
    home("first").save(BOARD, KEY)
    file = tmp_path / "team.keys"
    assert key_verb("export", file, "--pass-phrase-file", phrase)[0] == Status.OK
    assert mode(file) == 0o600 and KEY.hex() not in file.read_text()
    second = home("second")
    status, out, _ = key_verb("import", file, "--pass-phrase-file", phrase)
    assert status == Status.OK and key_id(KEY) in out and second.load(BOARD) == KEY
    assert mode(second.folder / f"{BOARD}.key") == 0o600
    with (
        MemoryBoard(Flash({key_file.RADIO.path: KEY.hex().encode()}), "radio") as board,
        Link.open(board.port) as link,
    ):
        link.identify()
        assert link.command("ping").ok


def test_export_to_the_screen_is_what_import_reads(
    key_verb: KeyVerb, home: Callable[[str], KeyStore], phrase: Path, tmp_path: Path
) -> None:
    home("first").save(BOARD, KEY)
    _, out, _ = key_verb("export", "-", "--pass-phrase-file", phrase)
    (tmp_path / "piped").write_text(out)
    assert key_verb("import", tmp_path / "piped", "--pass-phrase-file", phrase)[0] == Status.OK


def test_the_teams_key_goes_along_when_that_is_asked_for(
    key_verb: KeyVerb, home: Callable[[str], KeyStore], phrase: Path, tmp_path: Path
) -> None:
    home("first").save(BOARD, KEY)
    team = team_key.create(team_key.default_path())
    key_verb("export", tmp_path / "drive", "--pass-phrase-file", phrase)
    key_verb("export", tmp_path / "both", "--team-key", "--pass-phrase-file", phrase)
    home("second")
    assert key_verb("import", tmp_path / "drive", "--pass-phrase-file", phrase)[0] == Status.OK
    assert team_key.load_default() is None
    assert key_verb("import", tmp_path / "both", "--pass-phrase-file", phrase)[0] == Status.OK
    assert team_key.load_default() == team and mode(team_key.default_path()) == 0o600


def test_an_export_overwrites_no_file(key_verb: KeyVerb, store: KeyStore, phrase: Path, tmp_path: Path) -> None:
    store.save(BOARD, KEY)
    (tmp_path / "f").write_text("mine")
    status, _, err = key_verb("export", tmp_path / "f", "--pass-phrase-file", phrase)
    assert status == Status.ERROR and "there already" in err and (tmp_path / "f").read_text() == "mine"


def test_an_import_replaces_no_other_key_unless_told_and_then_keeps_it(
    key_verb: KeyVerb, home: Callable[[str], KeyStore], phrase: Path, tmp_path: Path
) -> None:
    first, lower = home("first"), "0" * 16
    first.save(BOARD, KEY)
    first.save(lower, KEY)
    file = tmp_path / "f"
    key_verb("export", file, "--pass-phrase-file", phrase)
    second = home("second")
    second.save(BOARD, OTHER)
    status, _, err = key_verb("import", file, "--pass-phrase-file", phrase)
    assert status == Status.REFUSED and "--replace" in err and second.load(BOARD) == OTHER
    assert second.load(lower) is None, "all or none"
    status, out, _ = key_verb("import", file, "--replace", "--pass-phrase-file", phrase)
    [kept] = second.kept(BOARD)
    assert status == Status.OK and second.load(BOARD) == KEY and second.load(lower) == KEY
    assert kept.read_text().strip() == OTHER.hex() and str(kept) in out
    assert key_verb("import", file, "--pass-phrase-file", phrase)[0] == Status.OK, "the same once more"
    assert second.kept(BOARD) == [kept]


def test_a_wrong_pass_phrase_and_a_spoilt_file_are_told_apart_and_change_nothing(
    key_verb: KeyVerb, home: Callable[[str], KeyStore], phrase: Path, tmp_path: Path
) -> None:
    home("first").save(BOARD, KEY)
    file = tmp_path / "f"
    key_verb("export", file, "--pass-phrase-file", phrase)
    second = home("second")
    (tmp_path / "wrong").write_text("another pass phrase")
    status, _, err = key_verb("import", file, "--pass-phrase-file", tmp_path / "wrong")
    assert status == Status.ERROR and "pass phrase" in err and "spoilt" not in err
    whole = file.read_text()
    for at in range(len(whole)):
        for spoilt in (whole[:at] + chr(ord(whole[at]) ^ 1) + whole[at + 1 :], whole[:at], whole + whole[: at + 1]):
            with pytest.raises(sealed_keys.KeysFileError, match="spoilt"):
                sealed_keys.unseal(spoilt, PHRASE)
    file.write_text(spoilt)
    assert key_verb("import", file, "--pass-phrase-file", phrase)[0] == Status.BAD_INPUT
    assert not second.folder.exists()


def test_a_file_without_end_is_not_read_to_its_end(key_verb: KeyVerb, phrase: Path) -> None:
    status, _, err = key_verb("import", "/dev/zero", "--pass-phrase-file", phrase)
    assert status == Status.BAD_INPUT and "spoilt" in err
    assert key_verb("import", "/nowhere/f", "--pass-phrase-file", phrase)[0] == Status.BAD_INPUT


@pytest.mark.parametrize(
    ("said", "why"),
    [(["short"], "12"), (["long enough it is", "long enough it was"], "twice"), ([""], "12")],
)
def test_a_pass_phrase_is_long_enough_and_asked_for_twice(
    key_verb: KeyVerb, store: KeyStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: list[str], why: str
) -> None:
    store.save(BOARD, KEY)
    answers = iter(said)
    monkeypatch.setattr("getpass.getpass", lambda *_, **__: next(answers))
    status, _, err = key_verb("export", tmp_path / "f")
    assert status == Status.USAGE and why in err and not (tmp_path / "f").exists()


def test_a_typed_pass_phrase_opens_again(
    key_verb: KeyVerb, home: Callable[[str], KeyStore], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home("first").save(BOARD, KEY)
    monkeypatch.setattr("getpass.getpass", lambda *_, **__: PHRASE)
    assert key_verb("export", tmp_path / "f")[0] == Status.OK
    second = home("second")
    assert key_verb("import", tmp_path / "f")[0] == Status.OK and second.load(BOARD) == KEY


def test_there_is_nothing_to_export_without_keys(
    key_verb: KeyVerb, store: KeyStore, phrase: Path, tmp_path: Path
) -> None:
    status, _, err = key_verb("export", tmp_path / "f", "--pass-phrase-file", phrase)
    assert status == Status.ERROR and "no radio key" in err
    store.save(BOARD, KEY)
    status, _, err = key_verb("export", tmp_path / "f", "--board", "0" * 16, "--pass-phrase-file", phrase)
    assert status == Status.ERROR and "0" * 16 in err and not (tmp_path / "f").exists()


def test_on_a_terminal_a_pass_phrase_is_not_seen(store: KeyStore, tmp_path: Path) -> None:
    store.save(BOARD, KEY)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "sapper_host", "key", "export", str(tmp_path / "f")]
    with closing(Terminal(command, environment)) as terminal:
        for prompt in ("pass phrase: ", "the same again: "):
            terminal.wait_for(prompt)
            terminal.type(PHRASE.encode() + b"\n")
        assert terminal.status() == Status.OK
        assert PHRASE not in terminal.said
    assert sealed_keys.unseal((tmp_path / "f").read_text(), PHRASE) == {BOARD: KEY}
