"""A laptop without the board's radio key, or with another one, watches by radio and stops; more it does not even send.

What answers is the firmware's own application.
"""

from __future__ import annotations

import io
import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sapper.shared.commands import ROWS
from sapper.storage import key_file
from sapper_host.board.key_store import KeyStore
from sapper_host.board.link import Link
from sapper_host.cli import main
from sapper_host.connected.port_board import PortBoard
from sapper_host.connected.ports import Port, probe
from sapper_host.errors import SapperError, Status
from sapper_host.operate.monitor_app import Monitor
from sapper_host.operate.operator import Operator
from sapper_host.update.update import update
from tests.host.board.test_link import wait_for
from tests.host.memory_board import BOARD, Flash, MemoryBoard
from tests.host.operate.test_console_stops import console

pytestmark = pytest.mark.unit

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
HERE = pytest.mark.parametrize("here", [pytest.param(None, id="no key"), pytest.param(OTHER, id="another key")])
REMEDY = "sapper key import"
F2, UP = b"\x1bOQ", b"\x1b[A"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KeyStore:
    for name in ("CONFIG", "STATE", "DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    return KeyStore()


@pytest.fixture
def radio() -> Iterator[MemoryBoard]:
    """The radio of a board that has a key."""
    with MemoryBoard(Flash({key_file.RADIO.path: KEY.hex().encode()}), "radio") as board:
        yield board


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], radio: MemoryBoard, monkeypatch: pytest.MonkeyPatch) -> Run:
    def call(*arguments: str, lines: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(lines))
        status = main([*arguments, "--port", radio.port])
        out, err = capsys.readouterr()
        return status, out, err

    return call


def asked_for_a_key(board: MemoryBoard) -> list[str]:
    """What was sent that no board takes without a signature."""
    words = [line.split()[0] for line in board.heard if line.split()]
    return [word for word in words if word in ROWS and ROWS[word][3] in ("link", "signed", "usb")]


def refused(board: MemoryBoard) -> int:
    return int(board.say("status").split("refused=")[1].split()[0])


@HERE
def test_the_monitor_shows_status_and_events_and_asks_for_nothing_else(
    here: bytes | None, store: KeyStore, radio: MemoryBoard, run: Run
) -> None:
    if here:
        store.save(BOARD, here)
    armed = threading.Timer(0.5, radio.arm)
    armed.start()
    status, out, err = run("monitor", "--seconds", "2.5", "--json")
    armed.join()
    rows = [json.loads(line) for line in out.splitlines()]
    assert status == Status.OK, err
    assert [row["args"]["to"] for row in rows if row.get("kind") == "state"] == ["ARMED"], "an event"
    assert [row["state"] for row in rows if row["topic"] == "status"][-1] == "ARMED"
    assert any("radio key" in row.get("note", "") for row in rows), "it says why there is no more"
    assert asked_for_a_key(radio) == [] and refused(radio) == 0


@HERE
def test_the_lines_of_the_monitor_tell_the_state_and_why_there_is_no_more(
    here: bytes | None, store: KeyStore, run: Run
) -> None:
    if here:
        store.save(BOARD, here)
    status, out, err = run("monitor", "--seconds", "5")
    assert status == Status.OK, err
    assert "SAFE" in out and "radio key" in out and REMEDY in out and "stop" in out


@HERE
def test_the_console_tells_what_it_can_and_stops_and_sends_nothing_else(
    here: bytes | None, store: KeyStore, radio: MemoryBoard, run: Run
) -> None:
    if here:
        store.save(BOARD, here)
    status, out, err = run("console", lines="version\nstatus\nlog 5\ndump\narm\nkey none\nstop\n")
    said = out.splitlines()
    assert said[0].startswith("ok sapper=") and said[1].startswith("ok state=")
    assert status == Status.REFUSED and "'key ...'" in err
    [arm] = [line for line in said if "'arm'" in line]
    assert REMEDY in arm and "radio key" in arm
    assert [line for line in said if "'key'" in line and "over USB" in line]
    assert said[-1].startswith("ok state=") and radio.heard[-1] == "stop"
    assert asked_for_a_key(radio) == [] and refused(radio) == 0


@HERE
def test_an_unsigned_stop_stops_a_rover_that_sweeps(here: bytes | None, store: KeyStore, radio: MemoryBoard) -> None:
    if here:
        store.save(BOARD, here)
    radio.arm()
    assert radio.say("sweep 5000") == "ok state=SWEEP"
    with Link.open(radio.port) as link:
        link.identify()
        with pytest.raises(SapperError, match="moves") as moving:
            link.command("log 5")
        assert REMEDY in moving.value.remedy
        assert link.stop().text == "state=STOPPED"
    assert radio.state == "STOPPED" and radio.heard[-1] == "stop"


@HERE
def test_an_operator_without_the_key_keeps_nothing_alive(
    here: bytes | None, store: KeyStore, radio: MemoryBoard
) -> None:
    if here:
        store.save(BOARD, here)
    radio.arm()
    with Link.open(radio.port) as link, Operator(link) as operator:
        text, ok = operator.say("drive 100 0")
        assert not ok and REMEDY in text and not operator.holds
        link.keep_alive()
        radio.say("status")
        wait_for(lambda: operator.state == "ARMED")
        assert link.gone is None
    assert asked_for_a_key(radio) == []


@pytest.mark.parametrize("verb", [["log"], ["settings", "get"], ["settings", "dump"], ["settings", "diff"]])
def test_what_a_standing_board_tells_anybody_comes_by_radio(verb: list[str], radio: MemoryBoard, run: Run) -> None:
    status, out, err = run(*verb)
    assert (status, err) == (Status.OK, "") and out
    assert refused(radio) == 0


@pytest.mark.parametrize("verb", [["settings", "set", "audio=0"], ["selftest"]])
def test_a_command_that_changes_something_is_refused_with_the_remedy(
    verb: list[str], radio: MemoryBoard, run: Run
) -> None:
    status, _, err = run(*verb)
    assert status == Status.REFUSED and REMEDY in err and "no radio key" in err
    assert asked_for_a_key(radio) == []


def test_an_update_by_radio_is_sent_to_usb(radio: MemoryBoard) -> None:
    bundle: Any = SimpleNamespace(content="another")
    with PortBoard(radio.port) as board, pytest.raises(SapperError, match="radio") as refused:
        update(board, bundle)
    assert "USB" in refused.value.remedy and "sign" not in str(refused.value)


def test_devices_tells_a_board_by_its_radio(radio: MemoryBoard) -> None:
    found = probe(Port(radio.port, "radio", "rig"))
    assert found.ours and found.serial_number == BOARD and asked_for_a_key(radio) == []


@HERE
def test_no_advice_is_to_make_a_new_key(here: bytes | None, store: KeyStore, run: Run) -> None:
    if here:
        store.save(BOARD, here)
    _, out, err = run("console", lines="arm\n")
    assert "make one" not in out + err and "put one in" not in out + err and "`sapper key`" not in out + err


def test_a_key_that_comes_while_the_link_is_open_signs_the_next_command(store: KeyStore, radio: MemoryBoard) -> None:
    with Link.open(radio.port) as link:
        link.identify()
        with pytest.raises(SapperError, match="no radio key"):
            link.command("ping")
        store.save(BOARD, KEY)
        assert link.command("ping").ok and link.watches_only is None


def test_a_lost_answer_to_nonce_does_not_end_signing_for_good(store: KeyStore, radio: MemoryBoard) -> None:
    store.save(BOARD, KEY)
    radio.refuse["nonce"] = "* garbage"
    with Link.open(radio.port) as link:
        link.identify()
        radio.refuse.clear()
        assert link.command("ping").ok


def test_one_forged_answer_to_nonce_does_not_end_signing_for_good(store: KeyStore, radio: MemoryBoard) -> None:
    store.save(BOARD, KEY)
    radio.refuse["nonce"] = f"ok nonce={'0' * 32} counter=0 key=ffffffff mac={'0' * 16} port=radio"
    with Link.open(radio.port) as link:
        link.identify()
        assert link.watches_only is not None
        radio.refuse.clear()
        assert link.command("ping").ok


def test_a_board_that_was_given_another_key_meanwhile_ends_no_session(store: KeyStore, radio: MemoryBoard) -> None:
    store.save(BOARD, KEY)
    with Link.open(radio.port) as link, Operator(link) as operator:
        assert operator.say("ping")[1]
        radio.say("key " + OTHER.hex())
        text, ok = operator.say("ping")
        assert not ok and "another radio key" in text and REMEDY in text
        assert operator.say("stop")[1] and operator.say("status")[1]


def test_the_monitor_asks_for_telemetry_once_the_key_is_there(store: KeyStore, radio: MemoryBoard) -> None:
    with Monitor(radio.port) as monitor:
        assert monitor.state.watching
        store.save(BOARD, KEY)
        assert monitor._steady.link is not None
        monitor._setup(monitor._steady.link)
        assert not monitor.state.watching and radio.bench.app.links[1].telemetry


@pytest.mark.slow
@HERE
def test_the_console_on_a_terminal_says_that_it_only_watches_and_its_ctrl_c_stops(
    here: bytes | None, store: KeyStore, radio: MemoryBoard, tmp_path: Path
) -> None:
    if here:
        store.save(BOARD, here)
    radio.arm()
    with closing(console(radio.port, tmp_path, record=False)) as terminal:
        terminal.wait_for("WATCHING ONLY")
        terminal.wait_for(REMEDY)
        terminal.wait_for("WATCHING ONLY, no key that fits: Ctrl-C stops")
        terminal.wait_for("0.00 m")
        assert "F2 drives" not in terminal.said
        terminal.type(F2 + UP * 20)
        terminal.wait_for("no driving from here")
        said = len(terminal.said)
        terminal.type(b"\x03")
        terminal.wait_for("STOPPED", since=said)
    assert radio.state == "STOPPED" and asked_for_a_key(radio) == []
