"""Whatever is sent over the radio, and however much: the operator's signed lines and anybody's `stop` come through,
the rest is dropped at no cost, and whoever merely erred is told."""

import hashlib
import random
from array import array

import pytest
from bench import Bench
from hypothesis import given
from hypothesis import strategies as st

from sapper.crypto import sha256
from sapper.crypto.line_mac import COUNTER_MAX, LineMac
from sapper.crypto.signing import Signer
from sapper.link.gate import NO_KEY, WRONG_MAC, Gate
from sapper.link.line import LineReader
from sapper.link.often import TEXTS
from sapper.link.radio_reader import SHARE, RadioReader
from sapper.link.unproved import REFUSED, form
from sapper.safety.supervisor import STOPPED, SWEEP

pytestmark = pytest.mark.unit

RADIO = 1
KEY = bytes(range(32))
OTHER = bytes(range(1, 33))
NONCE = bytes(range(16))
BYTES_A_TICK = 57  # at 57,600 baud
TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=125).map(str.strip).filter(bool)


def roots(count, root):
    """The first 32 bits of the fractional parts of the roots of the first primes (FIPS 180-4, 4.2.2 and 5.3.3)."""
    primes = (n for n in range(2, 400) if all(n % d for d in range(2, n)))
    found = []
    for prime in primes:
        value = round((prime << 32 * root) ** (1 / root))
        while value**root > prime << 32 * root:
            value -= 1
        while (value + 1) ** root <= prime << 32 * root:
            value += 1
        found.append(value & 0xFFFFFFFF)
        if len(found) == count:
            return found
    raise ValueError("too few primes")


def test_the_tables_are_the_standards():
    assert list(sha256.K) == [*roots(64, 3), 0xFFFFFFFF]
    assert list(sha256.START) == roots(8, 2)


@given(st.binary(max_size=300))
def test_the_hash_is_the_standard_librarys(data):
    padded = data + b"\x80" + bytes((55 - len(data)) % 64) + (8 * len(data)).to_bytes(8, "big")
    state, digest = array("I", sha256.START), bytearray(32)
    sha256.WORK[64] = len(padded) // 64
    sha256.hash_blocks(state, padded, sha256.WORK, sha256.K)
    sha256.put_state(state, digest)
    assert bytes(digest) == hashlib.sha256(data).digest()


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=16, max_size=16), st.integers(1, COUNTER_MAX), TEXT)
def test_a_lines_mac_is_right_when_the_signer_made_it_and_not_when_a_byte_of_it_is_another(key, nonce, counter, text):
    signed = Signer(key, nonce).sign(counter, text).encode()
    mac = LineMac(key, nonce)
    digits = len(str(counter))
    line = bytearray(b"??" + signed)
    parts = array("i", [2, len(line), digits, 0])
    assert mac.right(line, parts)
    for place in {3, 2 + digits, 2 + digits + 2, 2 + digits + 17, len(line) - 1}:
        line[place] ^= 1
        assert not mac.right(line, parts), place
        line[place] ^= 1
    assert mac.right(line, parts)
    assert not LineMac(OTHER if key != OTHER else KEY, nonce).right(line, parts)


def unsigned(line):
    """A line of USB's reader as the radio's gives it of a still rover without a key."""
    if line in TEXTS:
        return line
    data = line.encode() if isinstance(line, str) else b"drive"
    found = REFUSED + NO_KEY if data[:1] == b"@" else form(data, 0, len(data), False)
    return line if found is None else found


def all_lines(reader, data, size):
    """The lines that a RadioReader gives for these bytes, `size` a tick."""
    found = []
    for at in range(0, len(data), size):
        part = data[at : at + size]
        reader.begin(len(part))
        while (line := reader.next(part)) is not None:
            found.append(line)
    return found


@given(st.lists(st.one_of(st.binary(max_size=40), TEXT.map(str.encode), st.just(b"stop"), st.binary(max_size=170))),
       st.sampled_from([b"\n", b"\r", b"\r\n"]), st.integers(1, 96))  # fmt: skip
def test_the_radios_lines_are_those_that_usb_would_give(parts, end, size):
    data = end.join(parts) + end
    usual, radio = LineReader(), RadioReader(Gate(b"", NONCE))
    radio._state[10] = 10_000  # none is too many here
    at, expected = 0, []
    while at < len(data):
        at = usual.take(data, at, len(data))
        if usual.line is not None:
            expected.append(unsigned(usual.line))
    assert all_lines(radio, data, size) == expected
    assert radio.dropped() == usual.dropped()
    assert radio.by_hand == usual.by_hand


def test_a_share_of_lines_is_looked_at_and_then_stop_and_what_is_signed():
    gate = Gate(KEY, NONCE)
    reader = RadioReader(gate)
    signer = Signer(KEY, NONCE)
    forged = Signer(OTHER, NONCE)
    lines = [forged.sign(n, "drive 300 0") for n in range(1, 101)]
    shared = all_lines(reader, ("\n".join(lines) + "\n").encode(), 57)
    assert shared == [REFUSED + WRONG_MAC] * SHARE
    assert reader.dropped() == 100 - SHARE and reader.why_dropped() == "flood"

    def proved(line):
        """A line whose MAC was found right: the gate's mark is in the place of its `@`."""
        return chr(gate.mark) + line[1:]

    first, second = signer.sign(1, "mark"), signer.sign(2, "mark")
    for data, expected in (
        (second, [proved(second)]), (second, []), (first, []), ("stop", ["stop"]), (" stop ", ["stop"]), ("status", []),
        (signer.sign(3, "sweep 5")[:-1], []), (last := signer.sign(COUNTER_MAX, "mark"), [proved(last)]),
    ):  # fmt: skip
        assert all_lines(reader, data.encode() + b"\n", 57) == expected, data
    for _ in range(1000):
        reader.elapse()
    assert all_lines(reader, b"status\n", 57) == ["status"]


@pytest.fixture
def bench():
    """A board with a radio key, in SWEEP, armed over the radio; the operator's counter stands at 3."""
    bench = Bench()
    bench.app.gate.set_key(KEY)
    bench.board.inputs.key = 1
    bench.tick(300)
    signer = Signer(KEY, bench.app.gate.nonce)
    code = bench.last(signer.sign(1, "arm"), RADIO)[8:12]
    assert bench.last(signer.sign(2, "arm " + code), RADIO) == "ok state=ARMED"
    assert bench.last(signer.sign(3, "sweep 1000000"), RADIO) == "ok state=SWEEP"
    return bench


def flood(rng, kind):
    """A line of a flood: what somebody without the key can make up."""
    if kind == "forged":
        return b"@%d %016x drive 300 0\n" % (rng.randrange(1, COUNTER_MAX), rng.getrandbits(64))
    if kind == "next counters":
        return b"@%d %016x x\n" % (rng.randrange(4, 60), rng.getrandbits(64))
    if kind == "plain":
        return rng.choice((b"arm\n", b"\n", b"\r", b"disarm\n", b"dump\n", b"status\n", b"q\n"))
    return rng.randbytes(20)


@pytest.mark.parametrize("kind", ["forged", "next counters", "plain", "noise"])
def test_under_a_flood_the_operators_signed_lines_keep_the_rover_and_stop_stops_it(bench, kind):
    """Ten seconds at the line's full rate; a ping a second, in between two lines of the flood."""
    app, rng = bench.app, random.Random(9)
    signer = Signer(KEY, app.gate.nonce)
    waiting, counter, answered = b"", 3, 0
    bench.ports[RADIO].sent = b""
    for tick in range(1000):
        if tick % 100 == 50:
            counter += 1
            waiting += b"\n" + signer.sign(counter, "ping").encode() + b"\n"
        while len(waiting) < BYTES_A_TICK:
            waiting += flood(rng, kind)
        bench.ports[RADIO].waiting += waiting[:BYTES_A_TICK]
        waiting = waiting[BYTES_A_TICK:]
        bench.tick()
        assert app.state == SWEEP, tick
    answered = bench.ports[RADIO].sent.count(b"ok t_ms=")
    assert app.gate.counter == counter, "the operator's lines were shut out"
    assert answered >= 5
    assert app.refused > 100
    bench.ports[RADIO].waiting += b"\nstop\n"
    bench.tick(2)
    assert app.state == STOPPED
