"""Signing on the laptop: what goes out is what the firmware takes; keys and counters survive; no key is shown."""

import os
import random
import stat
import subprocess
import sys
import threading

import pytest

from sapper.crypto.keys import key_id, to_hex
from sapper.crypto.line_mac import COUNTER_MAX
from sapper.crypto.signing import Signer
from sapper.link.gate import Forged, Gate
from sapper_host.board.answers import Answer
from sapper_host.board.counters import Counters
from sapper_host.board.key_store import KeyStore
from sapper_host.board.radio_key import provision
from sapper_host.board.signing import RadioEncoder, encoder_for, must_be_signed, question
from sapper_host.errors import SapperError

pytestmark = pytest.mark.unit

BOARD = "e6614c775b000001"
KEY = bytes(range(32))
NONCE = bytes(range(16))


@pytest.fixture
def counters(tmp_path):
    return Counters(BOARD, tmp_path)


def nonce_answer(gate):
    line = question()
    return Answer(line, "ok " + gate.text(line.split()[1]))


def signing(counters, gate):
    encoder = RadioEncoder(KEY, BOARD, counters)
    encoder.renew(nonce_answer(gate))
    return encoder


def test_what_goes_out_is_taken_by_the_firmware_line_after_line(counters):
    gate = Gate(KEY, NONCE)
    encoder = signing(counters, gate)
    for n in range(200):
        line = f"drive {n} 0"
        assert gate.open(encoder(line).decode().strip()) == line


def test_stop_and_looking_go_plain_and_the_rest_is_signed():
    assert [must_be_signed(line) for line in ("stop", "status", "", "version", "nonce", "nothing")] == [False] * 6
    assert all(must_be_signed(line) for line in ("arm", "arm 1234", "ping", "disarm", "set a 1", "telemetry on"))


def test_two_programs_and_a_new_start_never_use_a_counter_twice(tmp_path):
    gate = Gate(KEY, NONCE)
    one, two = (signing(Counters(BOARD, tmp_path), gate) for _ in range(2))
    used = set()
    for encoder in (one, two, signing(Counters(BOARD, tmp_path), gate)):
        for _ in range(100):
            used.add(encoder("ping").split()[0])
    assert len(used) == 300


def test_counters_of_many_threads_are_all_different(tmp_path):
    taken = []
    threads = [
        threading.Thread(target=lambda: taken.extend(Counters(BOARD, tmp_path).reserve("aa", 0, 10))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == 80


RESERVE = """
import sys
from pathlib import Path
from sapper_host.board.counters import Counters
sys.stdin.read(1)
for _ in range(100):
    taken = Counters(sys.argv[1], Path(sys.argv[2])).reserve("aa", 0, 10)
    print(*taken)
"""


def test_counters_of_several_programs_at_once_never_overlap(tmp_path):
    command = [sys.executable, "-c", RESERVE, BOARD, str(tmp_path)]
    path = os.pathsep.join(sys.path)
    programs = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": path})
        for _ in range(2)
    ]
    for program in programs:
        program.stdin.write(b"x")
        program.stdin.flush()  # both begin once both are there
    taken = [[int(word) for word in program.communicate(timeout=60)[0].split()] for program in programs]
    assert [program.returncode for program in programs] == [0, 0]
    assert [len(numbers) for numbers in taken] == [1000, 1000]
    assert len(set(taken[0]) | set(taken[1])) == 2000 and max(map(max, taken)) == 2000
    assert all(numbers == sorted(numbers) for numbers in taken)


def test_a_folder_of_counters_that_cannot_be_made_is_told_with_its_name(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SapperError, match=rf"file/below/{BOARD}.json cannot be written"):
        Counters(BOARD, tmp_path / "file" / "below").reserve("aa", 0)


@pytest.mark.parametrize("spoilt", ["", "{}", "not json", '{"nonce": 3, "counter": []}', "[1]"])
def test_a_lost_or_spoilt_counter_file_costs_nothing_the_board_knows_better(tmp_path, spoilt):
    (tmp_path / f"{BOARD}.json").write_text(spoilt)
    gate = Gate(KEY, NONCE)
    gate.counter = 500
    assert gate.open(signing(Counters(BOARD, tmp_path), gate)("ping").decode().strip()) == "ping"


def test_after_the_board_restarts_renewing_makes_lines_valid_again(counters):
    encoder = signing(counters, Gate(KEY, NONCE))
    encoder("ping")
    restarted = Gate(KEY, b"another nonce..!")
    with pytest.raises(Forged):
        restarted.open(encoder("ping").decode().strip())
    encoder.renew(nonce_answer(restarted))
    assert restarted.open(encoder("arm").decode().strip()) == "arm"


@pytest.mark.parametrize("key", [b"", bytes(32)])
def test_a_board_with_no_or_another_key_is_told_with_the_remedy(counters, key):
    with pytest.raises(SapperError, match="sapper key"):
        signing(counters, Gate(key, NONCE))


def test_a_key_is_kept_for_its_user_alone_and_comes_back(tmp_path):
    store = KeyStore(tmp_path / "keys")
    assert store.load(BOARD) is None
    path = store.save(BOARD, KEY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert store.load(BOARD) == KEY
    path.write_text("half a k")
    with pytest.raises(SapperError, match="holds no key"):
        store.load(BOARD)


@pytest.mark.parametrize("board", ["", "../../etc/passwd", "E6614C775B000001", "e661"])
def test_a_boards_number_never_leads_out_of_the_folder(tmp_path, board):
    with pytest.raises(SapperError):
        KeyStore(tmp_path).save(board, KEY)


class Board:
    """Answers `nonce` and `key` as the firmware does."""

    def __init__(self, port, key=KEY):
        self.port = port
        self.gate = Gate(key, NONCE)
        self.lines = []

    def ask(self, line):
        return Answer(line, f"ok {self.gate.text(*line.split()[1:])} port={self.port}")

    def command(self, line, timeout_s=2.0, check=True, quiet=False):
        self.lines.append(line)
        assert quiet, "no listener hears a key"
        if self.port != "usb":
            assert not check, "what raises an error shows the line"
            return Answer(line, "err link: key is taken over USB only")
        self.gate.set_key(bytes.fromhex(line.split()[1]))
        return Answer(line, f"ok key={self.gate.id}")


def test_lines_are_signed_on_a_radio_whose_key_is_here_and_nowhere_else(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    store = KeyStore(tmp_path)
    with pytest.raises(SapperError, match="sapper key"):
        encoder_for(BOARD, Board("radio").ask, store)
    store.save(BOARD, KEY)
    assert encoder_for(BOARD, Board("usb").ask, store) is None
    assert encoder_for(BOARD, lambda line: Answer(line, "err unknown: no command"), store) is None
    encoder = encoder_for(BOARD, Board("radio").ask, store)
    assert encoder is not None and encoder("arm").startswith(b"@1 ")


def test_provisioning_puts_a_fresh_key_into_board_and_folder(tmp_path):
    store, board = KeyStore(tmp_path), Board("usb", b"")
    first = provision(board, BOARD, store).key_id
    second = provision(board, BOARD, store).key_id
    assert first != second == key_id(store.load(BOARD)) == board.gate.id


def test_a_refused_key_leaves_the_old_one_and_is_not_in_the_error(tmp_path):
    store = KeyStore(tmp_path)
    store.save(BOARD, KEY)
    board = Board("radio")
    with pytest.raises(SapperError) as caught:
        provision(board, BOARD, store)
    assert store.load(BOARD) == KEY
    assert board.lines[0].split()[1] not in str(caught.value)
    assert to_hex(KEY) not in str(caught.value)


WORDS = {
    "a counter that uses this boot's up": ("counter=0", f"counter={COUNTER_MAX - 70}"),
    "another nonce": (NONCE.hex(), bytes(16).hex()),
    "no signature": (" mac=", " was="),
    "another signature": (" mac=", " mac=0"),
}


@pytest.mark.parametrize("words", WORDS)
def test_somebody_elses_answer_to_nonce_is_refused_and_the_lines_go_on(counters, words):
    gate = Gate(KEY, NONCE)
    encoder = signing(counters, gate)
    true = nonce_answer(gate)
    for _ in range(100):
        with pytest.raises(SapperError, match="not signed"):
            encoder.renew(Answer(true.command, true.last.replace(*WORDS[words])))
    for _ in range(100):
        assert gate.open(encoder("ping").decode().strip()) == "ping"
    assert gate.counter == 100, "nothing was used up"


def test_an_earlier_answer_to_nonce_is_not_taken_again(counters):
    gate = Gate(KEY, NONCE)
    old = nonce_answer(gate)
    encoder = signing(counters, gate)
    with pytest.raises(SapperError, match="not signed"):
        encoder.renew(Answer(question(), old.last))


def test_asking_again_and_again_uses_no_counters_up(counters):
    """Each forged `err counter` makes the laptop ask; the board's true answer costs nothing."""
    gate = Gate(KEY, NONCE)
    encoder = signing(counters, gate)
    for _ in range(1000):
        encoder.renew(nonce_answer(gate))
        assert gate.open(encoder("ping").decode().strip()) == "ping"
    assert gate.counter == 1000


def test_the_boards_own_words_are_no_line_that_a_board_takes():
    """Signed alike, with the counter 0: somebody who has the board sign any challenge has no line signed."""
    signer = Signer(KEY, NONCE)
    gate = Gate(KEY, NONCE)
    with pytest.raises(Forged):
        gate.open(f"@0 {signer.answer_mac('a' * 16, 0)} nonce {'a' * 16} 0")


def test_lines_lost_on_the_way_do_not_stop_the_rest(counters):
    gate = Gate(KEY, NONCE)
    encoder = signing(counters, gate)
    rng = random.Random(3)
    for n in range(500):
        line = encoder(f"drive {n} 0").decode().strip()
        if rng.random() < 0.4:
            assert gate.open(line) == f"drive {n} 0"
