"""`sapper key`: no key is ever lost or shown, and none is made in place of one that a team has."""

from __future__ import annotations

import errno
import io
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sapper.crypto.keys import key_id
from sapper.storage import key_file
from sapper_host.board import key_store
from sapper_host.board.key_store import KeyStore
from sapper_host.board.link import Link
from sapper_host.cli import main
from sapper_host.errors import Status
from sapper_host.files.whole_file import NotWrittenError
from sapper_host.operate.line_editing import History
from sapper_host.recordings.mcap_file import McapReading
from tests.host.memory_board import BOARD, Flash, MemoryBoard
from tests.host.verbs.conftest import KeyVerb

pytestmark = pytest.mark.unit

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))


@pytest.fixture
def board(home: object) -> Iterator[MemoryBoard]:
    with MemoryBoard() as made:
        yield made


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_second_key_overwrites_nothing(key_verb: KeyVerb, board: MemoryBoard, store: KeyStore) -> None:
    assert key_verb("--port", board.port)[0] == Status.OK
    key = store.load(BOARD)
    status, out, err = key_verb("--port", board.port)
    assert status == Status.REFUSED and "--replace" in err and key_id(key) in err
    assert store.load(BOARD) == key == board.flash.key and store.kept(BOARD) == []
    assert key is not None and key.hex() not in out + err


def test_a_replaced_key_stays_beside_the_new_one_and_is_told(
    key_verb: KeyVerb, board: MemoryBoard, store: KeyStore
) -> None:
    key_verb("--port", board.port)
    keys = [store.load(BOARD)]
    for count in (1, 2, 3):
        status, out, _ = key_verb("--replace", "--port", board.port)
        kept = store.kept(BOARD)
        assert status == Status.OK and len(kept) == count and str(kept[-1]) in out and "can only watch" in out
        assert mode(kept[-1]) == mode(store.folder / f"{BOARD}.key") == 0o600
        keys.append(store.load(BOARD))
    assert [path.read_text().strip() for path in kept] == [key.hex() for key in keys[:-1] if key]
    assert board.flash.key == keys[-1] and len(set(keys)) == 4


@pytest.mark.parametrize("here", [None, OTHER])
def test_a_board_with_another_key_keeps_it_and_the_advice_is_to_bring_that(
    key_verb: KeyVerb, board: MemoryBoard, store: KeyStore, here: bytes | None
) -> None:
    board.say("key " + KEY.hex())
    if here:
        store.save(BOARD, here)
    status, _, err = key_verb("--port", board.port)
    assert status == Status.REFUSED and "sapper key import" in err and key_id(KEY) in err
    assert board.flash.key == KEY and store.load(BOARD) == here


def test_a_board_that_lost_its_key_gets_the_laptops_again(
    key_verb: KeyVerb, board: MemoryBoard, store: KeyStore
) -> None:
    store.save(BOARD, KEY)
    status, out, _ = key_verb("--port", board.port)
    assert status == Status.OK and "again" in out and board.flash.key == KEY == store.load(BOARD)


def test_a_spoilt_file_is_kept_too_and_stands_in_nobodys_way(
    key_verb: KeyVerb, board: MemoryBoard, store: KeyStore
) -> None:
    store.save(BOARD, KEY).write_text("half a k")
    status, out, _ = key_verb("--port", board.port)
    assert status == Status.OK and board.flash.key == store.load(BOARD)
    assert store.kept(BOARD)[0].read_text() == "half a k" and str(store.kept(BOARD)[0]) in out


@pytest.mark.parametrize("when", ["before", "after"])
def test_whichever_key_the_board_has_after_a_cut_this_laptop_has_it(
    key_verb: KeyVerb, board: MemoryBoard, store: KeyStore, when: str
) -> None:
    key_verb("--port", board.port)
    asked = next(i for i, line in enumerate(board.heard) if line.startswith("key"))
    board.cut_at = (len(board.heard) + asked, when)
    status, _, err = key_verb("--replace", "--port", board.port)
    assert status == Status.NO_DEVICE and "sapper key" in err
    assert re.fullmatch("key [0-9a-f]{64}", board.heard[-1]), "or something else was cut"
    with MemoryBoard(board.flash) as again:
        status, out, err = key_verb("--port", again.port)
        assert status in (Status.OK, Status.REFUSED), err
        assert store.load(BOARD) == again.flash.key
        assert len({store.load(BOARD).hex(), *(path.read_text().strip() for path in store.kept(BOARD))}) == 2  # type: ignore[union-attr]


@pytest.mark.parametrize("old", [None, KEY])
def test_a_key_that_the_board_refuses_changes_nothing_here(
    key_verb: KeyVerb, board: MemoryBoard, store: KeyStore, old: bytes | None
) -> None:
    if old:
        board.say("key " + old.hex())
        store.save(BOARD, old)
    board.refuse["key "] = "err flash: 28; see docs/technician.md"
    status, _, _ = key_verb("--replace", "--port", board.port)
    assert status == Status.REFUSED and store.load(BOARD) == old and store.kept(BOARD) == []


@pytest.mark.parametrize("full", ["create", "write"])
def test_a_full_disk_changes_nothing_here_and_sends_nothing(
    key_verb: KeyVerb, board: MemoryBoard, store: KeyStore, monkeypatch: pytest.MonkeyPatch, full: str
) -> None:
    def fail(path: Path, *_: object) -> None:
        raise NotWrittenError(path, OSError(errno.ENOSPC, "No space left on device"))

    board.say("key " + KEY.hex())
    store.save(BOARD, KEY)
    monkeypatch.setattr(key_store, full, fail)
    status, _, err = key_verb("--replace", "--port", board.port)
    assert status == Status.ERROR and "No space left" in err
    assert os.listdir(store.folder) == [f"{BOARD}.key"] and store.load(BOARD) == KEY == board.flash.key


def test_a_key_never_goes_over_a_radio(key_verb: KeyVerb, store: KeyStore) -> None:
    with MemoryBoard(Flash({key_file.RADIO.path: KEY.hex().encode()}), "radio") as board:
        store.save(BOARD, KEY)
        status, _, err = key_verb("--replace", "--port", board.port)
        assert status == Status.REFUSED and "USB" in err
        assert store.load(BOARD) == KEY and store.kept(BOARD) == []
        with Link.open(board.port) as link:
            link.identify()
            with pytest.raises(Exception, match="USB") as caught:
                link.command("key " + OTHER.hex())
        assert OTHER.hex() not in str(caught.value) + "".join(board.heard)


def test_show_tells_ids_and_whether_board_and_laptop_agree_and_no_key(
    key_verb: KeyVerb, board: MemoryBoard, store: KeyStore
) -> None:
    board.say("key " + KEY.hex())
    store.save(BOARD, OTHER)
    status, out, err = key_verb("show", "--port", board.port)
    assert status == Status.OK and key_id(KEY) in out and key_id(OTHER) in out and "another" in out
    store.save(BOARD, KEY)
    same = key_verb("show", "--port", board.port)[1]
    assert "the same" in same and key_id(OTHER) in same, "the one that was kept is told, too"
    for text in (out, err, same):
        assert KEY.hex() not in text and OTHER.hex() not in text


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
