"""`sapper key`: no key is ever lost or shown; a team brings its key to another laptop, and makes no new one for it."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sapper.crypto.keys import key_id
from sapper.storage import key_file
from sapper_host.board import key_store, sealed_keys
from sapper_host.board.key_store import KeyStore
from sapper_host.board.link import Link
from sapper_host.cli import main
from sapper_host.errors import Status
from sapper_host.files.whole_file import NotWrittenError
from sapper_host.operate.line_editing import History
from sapper_host.recordings.mcap_file import McapReading
from sapper_host.update import team_key
from tests.host.memory_board import BOARD, Flash, MemoryBoard
from tests.terminal import Terminal

pytestmark = pytest.mark.unit

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
PHRASE = "four words and a number 7"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], KeyStore]:
    """Sit down at the laptop of this name."""

    def sit(name: str) -> KeyStore:
        for kind in ("CONFIG", "STATE", "DATA", "CACHE"):
            monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / name / kind))
        return KeyStore()

    sit("first")
    return sit


@pytest.fixture
def store(home: Callable[[str], KeyStore]) -> KeyStore:
    return home("first")


@pytest.fixture
def phrase(tmp_path: Path) -> Path:
    (tmp_path / "phrase").write_text(PHRASE + "\n")
    return tmp_path / "phrase"


@pytest.fixture
def board(home: object) -> Iterator[MemoryBoard]:
    with MemoryBoard() as made:
        yield made


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: object) -> tuple[int, str, str]:
        status = main(["key", *map(str, arguments)])
        out, err = capsys.readouterr()
        return status, out, err

    return call


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.fixture(autouse=True)
def quick(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Less work to open a file, but where that is what is tested."""
    if "slow_to_guess" not in request.node.name:
        monkeypatch.setattr(sealed_keys, "_LOG2_N", sealed_keys._LOG2_N_LEAST)


def test_a_second_key_overwrites_nothing(run: Run, board: MemoryBoard, store: KeyStore) -> None:
    assert run("--port", board.port)[0] == Status.OK
    key = store.load(BOARD)
    status, out, err = run("--port", board.port)
    assert status == Status.REFUSED and "--replace" in err and key_id(key) in err
    assert store.load(BOARD) == key == board.flash.key and store.kept(BOARD) == []
    assert key is not None and key.hex() not in out + err


def test_a_replaced_key_stays_beside_the_new_one_and_is_told(run: Run, board: MemoryBoard, store: KeyStore) -> None:
    run("--port", board.port)
    keys = [store.load(BOARD)]
    for count in (1, 2, 3):
        status, out, _ = run("--replace", "--port", board.port)
        kept = store.kept(BOARD)
        assert status == Status.OK and len(kept) == count and str(kept[-1]) in out and "can only watch" in out
        assert mode(kept[-1]) == mode(store.folder / f"{BOARD}.key") == 0o600
        keys.append(store.load(BOARD))
    assert [path.read_text().strip() for path in kept] == [key.hex() for key in keys[:-1] if key]
    assert board.flash.key == keys[-1] and len(set(keys)) == 4


@pytest.mark.parametrize("here", [None, OTHER])
def test_a_board_with_another_key_keeps_it_and_the_advice_is_to_bring_that(
    run: Run, board: MemoryBoard, store: KeyStore, here: bytes | None
) -> None:
    board.say("key " + KEY.hex())
    if here:
        store.save(BOARD, here)
    status, _, err = run("--port", board.port)
    assert status == Status.REFUSED and "sapper key import" in err and key_id(KEY) in err
    assert board.flash.key == KEY and store.load(BOARD) == here


def test_a_board_that_lost_its_key_gets_the_laptops_again(run: Run, board: MemoryBoard, store: KeyStore) -> None:
    store.save(BOARD, KEY)
    status, out, _ = run("--port", board.port)
    assert status == Status.OK and "again" in out and board.flash.key == KEY == store.load(BOARD)


def test_a_spoilt_file_is_kept_too_and_stands_in_nobodys_way(run: Run, board: MemoryBoard, store: KeyStore) -> None:
    store.save(BOARD, KEY).write_text("half a k")
    status, out, _ = run("--port", board.port)
    assert status == Status.OK and board.flash.key == store.load(BOARD)
    assert store.kept(BOARD)[0].read_text() == "half a k" and str(store.kept(BOARD)[0]) in out


@pytest.mark.parametrize("when", ["before", "after"])
def test_whichever_key_the_board_has_after_a_cut_this_laptop_has_it(
    run: Run, board: MemoryBoard, store: KeyStore, when: str
) -> None:
    run("--port", board.port)
    asked = next(i for i, line in enumerate(board.heard) if line.startswith("key"))
    board.cut_at = (len(board.heard) + asked, when)
    status, _, err = run("--replace", "--port", board.port)
    assert status == Status.NO_DEVICE and "sapper key" in err
    assert re.fullmatch("key [0-9a-f]{64}", board.heard[-1]), "or something else was cut"
    with MemoryBoard(board.flash) as again:
        status, out, err = run("--port", again.port)
        assert status in (Status.OK, Status.REFUSED), err
        assert store.load(BOARD) == again.flash.key
        assert len({store.load(BOARD).hex(), *(path.read_text().strip() for path in store.kept(BOARD))}) == 2  # type: ignore[union-attr]


@pytest.mark.parametrize("old", [None, KEY])
def test_a_key_that_the_board_refuses_changes_nothing_here(
    run: Run, board: MemoryBoard, store: KeyStore, old: bytes | None
) -> None:
    if old:
        board.say("key " + old.hex())
        store.save(BOARD, old)
    board.refuse["key "] = "err flash: 28; see docs/technician.md"
    status, _, _ = run("--replace", "--port", board.port)
    assert status == Status.REFUSED and store.load(BOARD) == old and store.kept(BOARD) == []


@pytest.mark.parametrize("full", ["create", "write"])
def test_a_full_disk_changes_nothing_here_and_sends_nothing(
    run: Run, board: MemoryBoard, store: KeyStore, monkeypatch: pytest.MonkeyPatch, full: str
) -> None:
    def fail(path: Path, *_: object) -> None:
        raise NotWrittenError(path, OSError(errno.ENOSPC, "No space left on device"))

    board.say("key " + KEY.hex())
    store.save(BOARD, KEY)
    monkeypatch.setattr(key_store, full, fail)
    status, _, err = run("--replace", "--port", board.port)
    assert status == Status.ERROR and "No space left" in err
    assert os.listdir(store.folder) == [f"{BOARD}.key"] and store.load(BOARD) == KEY == board.flash.key


def test_a_key_never_goes_over_a_radio(run: Run, store: KeyStore) -> None:
    with MemoryBoard(Flash({key_file.RADIO.path: KEY.hex().encode()}), "radio") as board:
        store.save(BOARD, KEY)
        status, _, err = run("--replace", "--port", board.port)
        assert status == Status.REFUSED and "USB" in err
        assert store.load(BOARD) == KEY and store.kept(BOARD) == []
        with Link.open(board.port) as link:
            link.identify()
            with pytest.raises(Exception, match="USB") as caught:
                link.command("key " + OTHER.hex())
        assert OTHER.hex() not in str(caught.value) + "".join(board.heard)


def test_show_tells_ids_and_whether_board_and_laptop_agree_and_no_key(
    run: Run, board: MemoryBoard, store: KeyStore
) -> None:
    board.say("key " + KEY.hex())
    store.save(BOARD, OTHER)
    status, out, err = run("show", "--port", board.port)
    assert status == Status.OK and key_id(KEY) in out and key_id(OTHER) in out and "another" in out
    store.save(BOARD, KEY)
    same = run("show", "--port", board.port)[1]
    assert "the same" in same and key_id(OTHER) in same, "the one that was kept is told, too"
    for text in (out, err, same):
        assert KEY.hex() not in text and OTHER.hex() not in text


# Export and import


def test_a_key_goes_to_another_laptop_which_then_drives(
    run: Run, home: Callable[[str], KeyStore], phrase: Path, tmp_path: Path
) -> None:
    home("first").save(BOARD, KEY)
    file = tmp_path / "team.keys"
    assert run("export", file, "--pass-phrase-file", phrase)[0] == Status.OK
    assert mode(file) == 0o600 and KEY.hex() not in file.read_text()
    second = home("second")
    status, out, _ = run("import", file, "--pass-phrase-file", phrase)
    assert status == Status.OK and key_id(KEY) in out and second.load(BOARD) == KEY
    assert mode(second.folder / f"{BOARD}.key") == 0o600
    with (
        MemoryBoard(Flash({key_file.RADIO.path: KEY.hex().encode()}), "radio") as board,
        Link.open(board.port) as link,
    ):
        link.identify()
        assert link.command("ping").ok


def test_export_to_the_screen_is_what_import_reads(
    run: Run, home: Callable[[str], KeyStore], phrase: Path, tmp_path: Path
) -> None:
    home("first").save(BOARD, KEY)
    _, out, _ = run("export", "-", "--pass-phrase-file", phrase)
    (tmp_path / "piped").write_text(out)
    assert run("import", tmp_path / "piped", "--pass-phrase-file", phrase)[0] == Status.OK


def test_the_teams_key_goes_along_when_that_is_asked_for(
    run: Run, home: Callable[[str], KeyStore], phrase: Path, tmp_path: Path
) -> None:
    home("first").save(BOARD, KEY)
    team = team_key.create(team_key.default_path())
    run("export", tmp_path / "drive", "--pass-phrase-file", phrase)
    run("export", tmp_path / "both", "--team-key", "--pass-phrase-file", phrase)
    home("second")
    assert run("import", tmp_path / "drive", "--pass-phrase-file", phrase)[0] == Status.OK
    assert team_key.load_default() is None
    assert run("import", tmp_path / "both", "--pass-phrase-file", phrase)[0] == Status.OK
    assert team_key.load_default() == team and mode(team_key.default_path()) == 0o600


def test_an_export_overwrites_no_file(run: Run, store: KeyStore, phrase: Path, tmp_path: Path) -> None:
    store.save(BOARD, KEY)
    (tmp_path / "f").write_text("mine")
    status, _, err = run("export", tmp_path / "f", "--pass-phrase-file", phrase)
    assert status == Status.ERROR and "there already" in err and (tmp_path / "f").read_text() == "mine"


def test_an_import_replaces_no_other_key_unless_told_and_then_keeps_it(
    run: Run, home: Callable[[str], KeyStore], phrase: Path, tmp_path: Path
) -> None:
    first, lower = home("first"), "0" * 16
    first.save(BOARD, KEY)
    first.save(lower, KEY)
    file = tmp_path / "f"
    run("export", file, "--pass-phrase-file", phrase)
    second = home("second")
    second.save(BOARD, OTHER)
    status, _, err = run("import", file, "--pass-phrase-file", phrase)
    assert status == Status.REFUSED and "--replace" in err and second.load(BOARD) == OTHER
    assert second.load(lower) is None, "all or none"
    status, out, _ = run("import", file, "--replace", "--pass-phrase-file", phrase)
    [kept] = second.kept(BOARD)
    assert status == Status.OK and second.load(BOARD) == KEY and second.load(lower) == KEY
    assert kept.read_text().strip() == OTHER.hex() and str(kept) in out
    assert run("import", file, "--pass-phrase-file", phrase)[0] == Status.OK, "the same once more"
    assert second.kept(BOARD) == [kept]


def test_a_wrong_pass_phrase_and_a_spoilt_file_are_told_apart_and_change_nothing(
    run: Run, home: Callable[[str], KeyStore], phrase: Path, tmp_path: Path
) -> None:
    home("first").save(BOARD, KEY)
    file = tmp_path / "f"
    run("export", file, "--pass-phrase-file", phrase)
    second = home("second")
    (tmp_path / "wrong").write_text("another pass phrase")
    status, _, err = run("import", file, "--pass-phrase-file", tmp_path / "wrong")
    assert status == Status.ERROR and "pass phrase" in err and "spoilt" not in err
    whole = file.read_text()
    for at in range(len(whole)):
        for spoilt in (whole[:at] + chr(ord(whole[at]) ^ 1) + whole[at + 1 :], whole[:at], whole + whole[: at + 1]):
            with pytest.raises(sealed_keys.KeysFileError, match="spoilt"):
                sealed_keys.unseal(spoilt, PHRASE)
    file.write_text(spoilt)
    assert run("import", file, "--pass-phrase-file", phrase)[0] == Status.BAD_INPUT
    assert not second.folder.exists()


def test_what_an_attacker_seals_anew_is_refused(store: KeyStore) -> None:
    """A file that is whole, but was not made with the pass phrase: its checksum is right, its seal is not."""
    text = sealed_keys.seal({BOARD: KEY}, PHRASE)
    name, value = re.search(r"^(sealed) (\S+)$", text, re.MULTILINE).groups()  # type: ignore[union-attr]
    altered = text.replace(value, ("A" if value[0] != "A" else "B") + value[1:])
    with pytest.raises(sealed_keys.WrongPassPhraseError):
        sealed_keys.unseal(summed(altered), PHRASE)
    assert sealed_keys.unseal(summed(text), PHRASE) == {BOARD: KEY}, "or the sum here is not the format's"


def summed(text: str) -> str:
    body = text[: text.index("sha256 ")]
    return f"{body}sha256 {hashlib.sha256(body.encode()).hexdigest()}\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("scrypt 14 8 1", "scrypt 30 8 1"),
        ("scrypt 14 8 1", "scrypt 14 999999 1"),
        ("scrypt 14 8 1", "scrypt 14 8 99999999"),
        ("scrypt 14 8 1", "scrypt 1 8 1"),
        ("scrypt 14 8 1", "scrypt 99999999999999999999 8 1"),
        ("sapper keys 1", "sapper keys 2"),
        ("aes-256-gcm", "none"),
    ],
)
def test_a_hostile_files_parameters_take_neither_memory_nor_time(store: KeyStore, old: str, new: str) -> None:
    text = sealed_keys.seal({BOARD: KEY}, PHRASE)
    assert old in text
    begin = time.process_time()
    with pytest.raises(sealed_keys.KeysFileError):
        sealed_keys.unseal(summed(text.replace(old, new)), PHRASE)
    assert time.process_time() - begin < 0.1


def test_a_file_is_slow_to_guess_at_and_opens_all_the_same() -> None:
    text = sealed_keys.seal({BOARD: KEY}, PHRASE)
    assert "scrypt 17 8 1 " in text
    begin = time.process_time()
    assert sealed_keys.unseal(text, PHRASE) == {BOARD: KEY}
    assert time.process_time() - begin > 0.05


def test_a_file_without_end_is_not_read_to_its_end(run: Run, phrase: Path) -> None:
    status, _, err = run("import", "/dev/zero", "--pass-phrase-file", phrase)
    assert status == Status.BAD_INPUT and "spoilt" in err
    assert run("import", "/nowhere/f", "--pass-phrase-file", phrase)[0] == Status.BAD_INPUT


@pytest.mark.parametrize(
    ("said", "why"),
    [(["short"], "12"), (["long enough it is", "long enough it was"], "twice"), ([""], "12")],
)
def test_a_pass_phrase_is_long_enough_and_asked_for_twice(
    run: Run, store: KeyStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: list[str], why: str
) -> None:
    store.save(BOARD, KEY)
    answers = iter(said)
    monkeypatch.setattr("getpass.getpass", lambda *_, **__: next(answers))
    status, _, err = run("export", tmp_path / "f")
    assert status == Status.USAGE and why in err and not (tmp_path / "f").exists()


def test_a_typed_pass_phrase_opens_again(
    run: Run, home: Callable[[str], KeyStore], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home("first").save(BOARD, KEY)
    monkeypatch.setattr("getpass.getpass", lambda *_, **__: PHRASE)
    assert run("export", tmp_path / "f")[0] == Status.OK
    second = home("second")
    assert run("import", tmp_path / "f")[0] == Status.OK and second.load(BOARD) == KEY


def test_there_is_nothing_to_export_without_keys(run: Run, store: KeyStore, phrase: Path, tmp_path: Path) -> None:
    status, _, err = run("export", tmp_path / "f", "--pass-phrase-file", phrase)
    assert status == Status.ERROR and "no radio key" in err
    store.save(BOARD, KEY)
    status, _, err = run("export", tmp_path / "f", "--board", "0" * 16, "--pass-phrase-file", phrase)
    assert status == Status.ERROR and "0" * 16 in err and not (tmp_path / "f").exists()


def test_two_exports_of_one_key_have_nothing_in_common(store: KeyStore) -> None:
    one, two = (sealed_keys.seal({BOARD: KEY}, PHRASE).splitlines() for _ in range(2))
    assert len(set(one) & set(two)) == 1, "the format's own line alone"


def test_a_kept_key_is_written_even_if_the_first_number_is_taken(store: KeyStore) -> None:
    store.save(BOARD, KEY)
    (store.folder / f"{BOARD}.key.1").write_text("somebody's")
    store.save(BOARD, OTHER)
    assert (store.folder / f"{BOARD}.key.1").read_text() == "somebody's"
    assert (store.folder / f"{BOARD}.key.2").read_text().strip() == KEY.hex()
    assert os.listdir(store.folder).count(f"{BOARD}.key") == 1


def test_a_key_typed_in_the_console_is_neither_recorded_nor_kept_nor_told(
    board: MemoryBoard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    record, typed = tmp_path / "s.mcap", [f"key {KEY.hex()}", f"teamkey {OTHER.hex()}", f"key {KEY.hex()} more"]
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(["name rover-7", *typed])))
    status = main(["console", "--port", board.port, "--record", str(record)])
    said = "".join(capsys.readouterr())
    assert status == Status.REFUSED and board.flash.key == KEY and board.flash.team_key == OTHER
    recorded = b"".join(message.data for message in McapReading(record).messages())
    history = History(tmp_path / "history")
    for line in ["name rover-7", *typed]:
        history.store_string(line)
    kept = (tmp_path / "history").read_bytes()
    assert b"name rover-7" in recorded and b"name rover-7" in kept
    for key in (KEY, OTHER):
        assert key.hex().encode() not in recorded + kept and key.hex() not in said


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
