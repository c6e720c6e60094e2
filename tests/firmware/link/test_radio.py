"""Signed lines: what the key's owner signed is taken once, in order, this boot; everything else is refused and
counted."""

import hashlib
import hmac
import random

import pytest
from bench import Bench
from hypothesis import given
from hypothesis import strategies as st

from sapper.crypto.keys import differ, from_hex, key_id, to_hex
from sapper.crypto.line_mac import COUNTER_MAX, LineMac
from sapper.crypto.signing import Signer
from sapper.link.gate import Forged, Gate
from sapper.link.line import LineReader
from sapper.link.link import READ_BYTES
from sapper.link.radio_reader import RadioReader
from sapper.safety.supervisor import ARMED, SAFE, STOPPED, SWEEP
from sapper.shared.commands import COMMANDS
from sapper.storage import key_file

pytestmark = pytest.mark.unit

RADIO = 1
KEY = bytes(range(32))
OTHER = bytes(range(1, 33))
HOSTILE_LINES = 100_000


@pytest.fixture
def bench():
    bench = Bench()
    bench.app.new_key(KEY)
    return bench


def opened(gate, line):
    """What the gate makes of a line: the line inside, or the reason it is refused for."""
    try:
        return gate.open(line)
    except Forged as forged:
        return forged.args[0]


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=16, max_size=16), st.integers(1, COUNTER_MAX), st.text())
def test_the_mac_is_hmac_sha256_of_the_standard_library(key, nonce, counter, line):
    expected = hmac.new(key, nonce + f"{counter} {line}".encode(), hashlib.sha256).hexdigest()[:16]
    assert Signer(key, nonce).mac(counter, line) == expected


def test_a_signed_line_is_taken_once():
    gate = Gate(KEY, bytes(16))
    line = Signer(KEY, bytes(16)).sign(1, "drive 100 0")
    assert opened(gate, line) == "drive 100 0"
    assert opened(gate, line) == "counter"


def test_reordered_lines_lose_the_earlier_one():
    gate = Gate(KEY, bytes(16))
    signer = Signer(KEY, bytes(16))
    first, second = signer.sign(1, "drive 100 0"), signer.sign(2, "stop")
    assert [opened(gate, second), opened(gate, first)] == ["stop", "counter"]


def test_lost_lines_do_not_matter():
    gate = Gate(KEY, bytes(16))
    signer = Signer(KEY, bytes(16))
    assert [opened(gate, signer.sign(n, "ping")) for n in (1, 5, 1000, COUNTER_MAX)] == ["ping"] * 4


def test_another_boots_and_another_keys_lines_are_refused():
    gate = Gate(KEY, bytes(16))
    assert opened(gate, Signer(KEY, b"x" * 16).sign(1, "arm")) == "mac"
    assert opened(gate, Signer(OTHER, bytes(16)).sign(1, "arm")) == "mac"
    assert opened(Gate(b"", bytes(16)), Signer(KEY, bytes(16)).sign(1, "arm")) == "no_key"


def test_a_refused_line_does_not_use_its_counter_up():
    gate = Gate(KEY, bytes(16))
    signer = Signer(KEY, bytes(16))
    forged = f"@{COUNTER_MAX} {'0' * 16} drive 100 0"
    assert opened(gate, forged) == "mac"
    assert opened(gate, signer.sign(1, "ping")) == "ping"


@pytest.mark.parametrize("cut", range(1, 30))
def test_a_truncated_line_is_refused(cut):
    line = Signer(KEY, bytes(16)).sign(7, "drive 100 0")
    assert opened(Gate(KEY, bytes(16)), line[:-cut]) in ("mac", "malformed")


@given(st.integers(0, 50), st.integers(0, 6))
def test_any_flipped_bit_is_refused(place, bit):
    line = bytearray(Signer(KEY, bytes(16)).sign(7, "drive 100 0").encode())
    place %= len(line)
    line[place] ^= 1 << bit
    if place == 0 or not all(32 <= byte < 127 for byte in line):
        return
    assert opened(Gate(KEY, bytes(16)), line.decode()) in ("mac", "malformed", "counter")


@pytest.mark.parametrize("counter", ["0", "01", "-1", "+1", " 1", "1.0", "1e3", "1000000000", "0x1", ""])
def test_a_counter_is_written_in_one_way_only(counter):
    signer = Signer(KEY, bytes(16))
    line = f"@{counter} {signer.mac(1, 'arm')} arm"
    assert opened(Gate(KEY, bytes(16)), line) in ("malformed", "mac")


def test_a_key_put_in_again_does_not_revive_its_old_lines():
    gate = Gate(KEY, bytes(16))
    line = Signer(KEY, bytes(16)).sign(3, "arm")
    assert opened(gate, line) == "arm"
    gate.set_key(OTHER)
    gate.set_key(KEY)
    assert opened(gate, line) == "counter"


def test_a_line_longer_than_any_reader_gives_is_refused_before_it_is_hashed():
    """Nobody sends one; the hash's buffer is of fixed size, and compiled code writes past its end unasked."""
    assert opened(Gate(KEY, bytes(16)), Signer(KEY, bytes(16)).sign(1, "x" * 200)) == "malformed"


def test_a_mark_of_proof_holds_for_one_key_and_comes_through_no_reader():
    gate = Gate(KEY, bytes(16))
    inside = Signer(OTHER, bytes(16)).sign(4, "arm")[1:]  # a MAC that is wrong
    proved = chr(gate.mark) + inside
    gate.set_key(KEY)
    assert opened(gate, proved) == "mac"  # proved, but before the key was put in anew
    for mark in range(32):
        if mark != gate.mark:
            assert opened(gate, chr(mark) + inside) == "mac"
        for reader in (LineReader(), RadioReader(gate)):
            data = bytes([mark]) + inside.encode() + b"\n"
            assert not [line for line in lines_of(reader, data) if isinstance(line, str) and line and line[0] < " "]


@pytest.mark.parametrize("key", [KEY, b""])
def test_the_mac_of_a_forged_line_that_is_answered_is_worked_out_once(bench, monkeypatch, key):
    """Its reader did it: a second time is half a millisecond of the longest ticks under a flood."""
    bench.app.new_key(key)
    worked_out = []
    right = LineMac.right
    monkeypatch.setattr(LineMac, "right", lambda self, line, parts: worked_out.append(1) or right(self, line, parts))
    answer = bench.last("@5 0123456789abcdef drive 300 0", RADIO)
    assert answer.startswith("err mac" if key else "err no_key")
    assert len(worked_out) == (1 if key else 0)


def lines_of(reader, data):
    """What a reader, of USB or of the radio, makes of some bytes."""
    if isinstance(reader, RadioReader):
        reader.begin(len(data))
        while (line := reader.next(data)) is not None:
            yield line
        return
    at = 0
    while at < len(data):
        at = reader.take(data, at, len(data))
        yield reader.line


def test_hex_and_comparison():
    assert from_hex(to_hex(KEY), 32) == KEY
    assert from_hex("AB" * 32, 32) is None and from_hex("ab" * 31, 32) is None and from_hex("zz" * 32, 32) is None
    assert not differ(b"abcdx", b"abcdy", 4) and differ(b"abcd", b"abce", 4) and differ(b"\x00bcd", b"abcd", 4)
    assert key_id(b"") == "none" and key_id(KEY) != key_id(OTHER)


def test_the_key_survives_in_its_file_and_a_broken_file_is_no_key(bench):
    assert key_file.RADIO.load() == KEY
    for broken in (b"", b"ab" * 31, b"\xff\xfe", b"zz" * 32, b"ab" * 5000):
        with open(key_file.RADIO.path, "wb") as file:
            file.write(broken)
        assert key_file.RADIO.load() == b""
    key_file.RADIO.save(b"")
    assert key_file.RADIO.load() == b""


def test_an_operator_on_the_radio_can_do_it_all(bench):
    """Arm, sweep, stop, disarm: over the radio alone, signed."""
    signer = Signer(KEY, bench.app.gate.nonce)
    bench.board.inputs.key = 1
    bench.tick(300)
    code = bench.last(signer.sign(1, "arm"), RADIO)[8:12]
    assert bench.last(signer.sign(2, "arm " + code), RADIO) == "ok state=ARMED"
    assert bench.last(signer.sign(3, "sweep 5000"), RADIO) == "ok state=SWEEP"
    assert bench.last("stop", RADIO) == "ok state=STOPPED"
    assert bench.last("disarm", RADIO).startswith("err unsigned")
    assert bench.last(signer.sign(4, "disarm"), RADIO) == "ok state=SAFE"


def test_a_lines_mac_is_worked_out_once(bench, monkeypatch):
    signer = Signer(KEY, bench.app.gate.nonce)
    looked_at = []
    right = LineMac.right
    monkeypatch.setattr(LineMac, "right", lambda self, line, parts: looked_at.append(1) or right(self, line, parts))
    assert bench.say(signer.sign(1, "ping"), RADIO).startswith("ok t_ms=") and len(looked_at) == 1
    assert bench.say(signer.sign(2, "ping")).startswith("ok t_ms=") and len(looked_at) == 2  # USB: by the gate


def test_unsigned_traffic_does_not_keep_the_link_alive(bench):
    signer = Signer(KEY, bench.app.gate.nonce)
    bench.board.inputs.key = 1
    bench.tick(300)
    code = bench.last(signer.sign(1, "arm"), RADIO)[8:12]
    bench.last(signer.sign(2, "arm " + code), RADIO)
    bench.last(signer.sign(3, "sweep 100000"), RADIO)
    replay = signer.sign(3, "sweep 100000")
    for tick in range(160):
        bench.say(("", "status", "ping", replay)[tick % 4], RADIO, ticks=1)
        if bench.app.state == STOPPED:
            break
    assert bench.app.state == STOPPED and tick < 155


def hostile(signer, rng, taken):
    """One line that an attacker who hears everything and has no key can send."""
    command = rng.choice(COMMANDS)[0]
    line = rng.choice([command, command + " on", "arm 0000", "drive 100 0", "sweep 5000", "disarm", "ping", "reboot"])
    kind = rng.randrange(8)
    counter = rng.choice([1, 2, 50, 1000, COUNTER_MAX, rng.randrange(1, COUNTER_MAX)])
    if kind == 0:
        return line
    if kind == 1:
        return rng.choice(taken)
    if kind == 2:
        return Signer(OTHER, signer_nonce).sign(counter, line)
    if kind == 3:
        return Signer(KEY, b"last boot's....!").sign(counter, line)
    if kind == 4:
        text = bytearray(rng.choice(taken).encode())
        text[rng.randrange(len(text))] = rng.randrange(33, 127)
        return text.decode()
    if kind == 5:
        return rng.choice(taken)[: rng.randrange(40)]
    if kind == 6:
        return f"@{counter} {rng.getrandbits(64):016x} {line}"
    return "".join(chr(rng.randrange(33, 127)) for _ in range(rng.randrange(1, 60)))


signer_nonce = bytes(16)


class Attacked:
    """A board in a state, lines that were heard on its radio, and all that a hostile line must leave as it is."""

    def __init__(self, bench, state):
        self.bench, self.app, self.state = bench, bench.app, state
        self.rng = random.Random(4821 + state)
        self.signer = Signer(KEY, bench.app.gate.nonce)
        lines = ("ping", "arm", "drive 100 0", "disarm", "sweep 50")
        self.taken = [self.signer.sign(n, line) for n, line in enumerate(lines, 1)]
        bench.board.inputs.key = 1
        bench.tick(300)
        for line in self.taken:  # heard by the attacker, and by the board
            bench.say(line, RADIO, ticks=1)
        bench.tick(5)
        bench.say("disarm")
        bench.to(state)
        self._standing = self._now()
        self._log_next = bench.app.log.next

    def _now(self):
        app = self.app
        return (app.settings.dump_lines(), app.gate.id, app.leave_for, app.owner, app.gate.counter, app._marks)

    def line(self):
        """The next one. `stop` is everybody's, by the design; it is left out where it would be all there is to see."""
        while True:
            line = hostile(self.signer, self.rng, self.taken)
            if line.split()[:1] != ["stop"]:
                return line

    def check(self, ticks):
        """Nothing has changed, and so many ticks told of a refusal once a second, no more."""
        assert self.app.state == self.state and self._now() == self._standing
        assert self.app.log.next - self._log_next <= ticks // 100 + 5, "a flood of refusals washed the log"


attacked_states = pytest.mark.parametrize("state", [SAFE, ARMED, SWEEP, STOPPED])


@attacked_states
def test_twenty_thousand_hostile_lines_on_the_radio_change_nothing(bench, state):
    """Through the whole application, in at the line's bytes, as fast as it reads them; 5,000 in each of four states."""
    attacked = Attacked(bench, state)
    port, waiting, refused = bench.ports[RADIO], b"", bench.app.refused
    sent = ticks = 0
    while sent < 5000 or waiting:
        while sent < 5000 and len(waiting) < READ_BYTES[RADIO]:
            waiting += attacked.line().encode() + b"\n"
            sent += 1
        port.waiting += waiting[: READ_BYTES[RADIO]]
        waiting = waiting[READ_BYTES[RADIO] :]
        port.sent = b""
        if ticks % 100 == 0:
            bench.ports[0].waiting += b"ping\n"
        ticks += 1
        bench.tick()
        assert bench.app.state == state and not port.waiting
    attacked.check(ticks)
    assert bench.app.refused - refused > 4000, "nearly all of them are refused, one by one"


@attacked_states
def test_a_hundred_thousand_hostile_lines_straight_into_the_console_change_nothing(bench, state):
    """Each is looked at whole, as none would be on the radio, which takes a share of them (25,000 in each state)."""
    attacked = Attacked(bench, state)
    link = bench.app.links[RADIO]
    for n in range(HOSTILE_LINES // 4):
        bench.app.console.handle(link, attacked.line())
        if n % 100 == 0:
            bench.say("ping", ticks=1)
            link._answers.clear()
            assert bench.app.state == state
    attacked.check(HOSTILE_LINES // 4 // 100)
    assert bench.app.refusals.count > HOSTILE_LINES // 4 // 2


def test_a_flood_on_the_radio_is_counted_and_told_once_a_second(bench):
    app = bench.app
    for _ in range(300):
        bench.ports[RADIO].waiting += b"arm\n" * 14
        bench.tick()
    kinds = [app.log.text(n) for n in range(app.log.oldest(), app.log.next)]
    told = [text for text in kinds if " refused " in text]
    assert 2 <= len(told) <= 4
    assert "why=flood" in told[-1] or "why=unsigned" in told[-1]
    assert app.refused > 300
