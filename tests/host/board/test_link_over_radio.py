"""A link over a radio, end to end on a pseudo-terminal: signed without asking, renewed after the board's restart."""

import errno
import time
from pathlib import Path

import pytest

from sapper.link.gate import Forged, Gate
from sapper_host.board.key_store import KeyStore
from sapper_host.board.link import Link
from sapper_host.board.signing import must_be_signed
from sapper_host.errors import SapperError
from sapper_host.files.whole_file import NotWrittenError
from tests.host.fake_board import FakeBoard

pytestmark = pytest.mark.unit

BOARD = "e6614c775b000001"
KEY = bytes(range(32))


class RadioBoard(FakeBoard):
    """Takes what changes something only signed, through the firmware's own gate."""

    def __init__(self, key=KEY):
        super().__init__()
        self.gate = Gate(key, bytes(16))
        self.taken = []

    def _answer(self, line):
        if line.startswith("@"):
            try:
                line = self.gate.open(line)
            except Forged as forged:
                return "err {}: {}".format(*forged.args)
            self.taken.append(line)
        elif must_be_signed(line):
            return "err unsigned: it must be signed"
        return super()._answer(line)

    def _nonce(self, words):
        return f"ok {self.gate.text(*words)} port=radio"


def until(happened, wait_s=10.0):
    end = time.monotonic() + wait_s
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return KeyStore()


def test_commands_are_signed_without_being_asked_for_and_stop_goes_plain(store):
    store.save(BOARD, KEY)
    with RadioBoard() as board, Link.open(board.port) as link:
        link.identify()
        assert link.command("arm").values()["code"] == "4821"
        assert link.command("arm 4821").ok
        link.stop()
        assert board.taken == ["arm", "arm 4821"]
        assert board.heard[-1] == "stop"


def test_after_the_board_restarted_the_next_command_just_works(store):
    store.save(BOARD, KEY)
    with RadioBoard() as board, Link.open(board.port) as link:
        link.identify()
        link.command("ping")
        board.gate = Gate(KEY, b"the next boot...")
        assert link.command("disarm").ok
        assert board.taken[-1] == "disarm"


@pytest.mark.parametrize(("here", "says"), [(None, "no radio key"), (bytes(32), "another radio key")])
def test_without_the_right_key_one_may_watch_and_is_told_why_no_more(store, here, says):
    if here:
        store.save(BOARD, here)
    with RadioBoard() as board, Link.open(board.port) as link:
        link.identify()
        assert link.command("status").ok
        with pytest.raises(SapperError, match=says) as caught:
            link.command("arm")
        assert "sapper key" in caught.value.remedy
        assert board.taken == []


def test_a_full_disk_silences_no_operator(store, monkeypatch):
    def full(*_, **__):
        raise NotWrittenError(Path("counters"), OSError(errno.ENOSPC, "No space left on device"))

    store.save(BOARD, KEY)
    with RadioBoard() as board, Link.open(board.port) as link:
        link.identify()
        monkeypatch.setattr("sapper_host.board.counters.write", full)
        for _ in range(100):
            assert link.command("ping").ok
        assert link.command("arm").ok and link.stop().ok and board.heard[-1] == "stop"


class NoisyBoard(RadioBoard):
    """Somebody else answers first: every line with `err counter`, every `nonce` with a counter near the end."""

    forging = False

    def _answer(self, line):
        if self.forging and line.startswith("@"):
            return "err counter: counters rise"
        return super()._answer(line)

    def _nonce(self, words):
        answer = super()._nonce(words)
        return answer.replace("counter=", "counter=99999999") if self.forging else answer


def test_the_keepalive_outlives_forged_answers(store, monkeypatch):
    monkeypatch.setattr("sapper_host.board.keepalive.KEEP_ALIVE_S", 0.01)
    store.save(BOARD, KEY)
    with NoisyBoard() as board, Link.open(board.port) as link:
        link.identify()
        board.forging = True
        link.keep_alive()
        asked = len(board.heard)
        until(lambda: sum(line.startswith("nonce ") for line in board.heard[asked:]) >= 3)
        board.forging = False
        until(lambda: board.taken.count("ping") >= 3)


def test_forged_answers_do_not_wear_out_the_laptops_counters(store):
    store.save(BOARD, KEY)
    with NoisyBoard() as board, Link.open(board.port) as link:
        link.identify()
        board.forging = True
        for _ in range(20):
            with pytest.raises(SapperError):
                link.command("ping")
        board.forging = False
        assert link.command("ping").ok and board.gate.counter < 100
