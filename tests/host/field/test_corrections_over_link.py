"""Corrections over a serial link, beside a mission's lines; and through the real firmware to its receiver's line."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hil.play.operator import Operator
from hil.rigs.registry import open_rig
from hil.rigs.rig import NS_PER_MS, NS_PER_S, Rig
from sapper.crypto.signing import Signer
from sapper.link.gate import Forged, Gate
from sapper_host.board.answers import Answer as Said
from sapper_host.board.answers import Pending
from sapper_host.board.key_store import KeyStore
from sapper_host.board.signing import must_be_signed
from sapper_host.field.corrections import Corrections
from sapper_host.field.link_port import LinkPort
from sapper_host.field.port import Answer, Gone
from sapper_host.field.rtcm_frames import Framer
from tests.host.fake_board import FakeBoard
from tests.host.field.rtcm_made import Base, epoch, message

KEY = bytes(range(32))
BOARD = "e6614c775b000001"
LINE = "rtcm 0wAEPtAAAYP21A=="


class RtcmBoard(FakeBoard):
    """Answers `rtcm` as the firmware does. key: on a radio, with the firmware's own gate."""

    def __init__(self, key: bytes | None = None) -> None:
        super().__init__()
        self.gate = Gate(key, bytes(16)) if key else None

    def _answer(self, line: str) -> str:
        if self.gate is not None and line.startswith("@"):
            try:
                line = self.gate.open(line)
            except Forged as forged:
                return "err {}: {}".format(*forged.args)
        elif self.gate is not None and must_be_signed(line):
            return "err unsigned: it must be signed"
        return super()._answer(line)

    def _nonce(self, words: list[str]) -> str:
        return super()._nonce(words) if self.gate is None else f"ok {self.gate.text(*words)} port=radio"

    def _rtcm(self, words: list[str]) -> str:
        return "ok waiting=0"


def until(happened: Callable[[], object], wait_s: float = 10.0) -> None:
    end = time.monotonic() + wait_s
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.01)


def answered(port: LinkPort, number: int) -> Answer:
    heard: list[Answer] = []

    def there() -> bool:
        heard.extend(item for item in port.hear() if isinstance(item, Answer) and item.number == number)
        return bool(heard)

    until(there)
    return heard[0]


@pytest.mark.unit
def test_a_correction_goes_when_the_mission_is_silent_and_its_answer_is_not_the_missions() -> None:
    with RtcmBoard() as board, LinkPort(board.port) as port:
        until(port.free)
        pending = port.pass_on(LINE)
        until(pending.done.is_set)
        assert pending.answer is not None and pending.answer.last == "ok waiting=0"
        assert answered(port, port.say("version")).values["board"] == BOARD
        assert not [item for item in port.hear() if not isinstance(item, Gone)], "nobody hears of it"


@pytest.mark.unit
def test_none_goes_while_the_mission_waits_for_an_answer_or_has_just_had_one() -> None:
    with RtcmBoard() as board, LinkPort(board.port) as port:
        until(port.free)
        board.delay_s = 0.3
        number = port.say("version")
        assert not port.free()
        until(lambda: len(board.heard) > 1 and board.heard[-1] == "version")
        assert not port.free()
        answered(port, number)
        assert not port.free(), "its next line comes soon"
        until(port.free)


@pytest.mark.unit
def test_a_ping_and_a_stop_wait_for_no_correction() -> None:
    with RtcmBoard() as board, LinkPort(board.port) as port:
        until(port.free)
        board.mute = True
        port.pass_on(LINE)
        port.say("ping")
        assert port.stop_now()
        until(lambda: "stop" in board.heard)
        assert board.heard[board.heard.index(LINE) :] == [LINE, "ping", "stop"]
        board.mute = False


@pytest.mark.unit
def test_a_correction_that_is_lost_is_not_taken_for_the_missions_answer() -> None:
    with RtcmBoard() as board, LinkPort(board.port) as port:
        until(port.free)
        board.drop_answers = 1
        pending = port.pass_on(LINE)
        until(lambda: LINE in board.heard and not board.drop_answers)
        assert answered(port, port.say("arm")).values["code"] == "4821"
        assert pending.answer is None


@pytest.mark.unit
def test_none_goes_behind_the_stop_of_who_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []
    with RtcmBoard() as board:
        with LinkPort(board.port) as port:
            monkeypatch.setattr(port, "_say_stop", lambda: seen.append(port.free()))
            port.say("ping")
            until(port.free)
        assert seen == [False]


@pytest.mark.unit
def test_none_goes_once_the_port_is_left_or_its_board_is_gone() -> None:
    with RtcmBoard() as board:
        with LinkPort(board.port) as port:
            until(port.free)
            board.vanish()
            until(lambda: not port.free())
            pending = port.pass_on(LINE)
            assert pending.done.is_set() and pending.answer is None
        assert not port.free()


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KeyStore:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return KeyStore()


@pytest.mark.unit
def test_on_a_radio_they_are_signed_also_after_the_board_has_started_anew(store: KeyStore) -> None:
    store.save(BOARD, KEY)
    with RtcmBoard(KEY) as board, LinkPort(board.port) as port:
        lasts = []
        for start in (bytes(16), b"the next boot..."):
            board.gate = Gate(KEY, start)
            for _ in range(2):
                until(port.free)
                pending = port.pass_on(LINE)
                until(pending.done.is_set)
                assert pending.answer is not None
                lasts.append(pending.answer.last.partition(":")[0])
        assert lasts == ["ok waiting=0", "ok waiting=0", "err mac", "ok waiting=0"]


# Through the firmware


class RigWay:
    """A rig's operator, who waits for each answer; on the radio he signs."""

    def __init__(self, operator: Operator, sign: Callable[[str], str] | None = None) -> None:
        self._operator, self._sign = operator, sign or (lambda line: line)
        self.data = b""

    def free(self) -> bool:
        return True

    def pass_on(self, line: str) -> Pending:
        self.data += base64.b64decode(line.removeprefix("rtcm "))
        pending = Pending(line)
        pending.answer = Said(line, self._operator.ask(self._sign(line))[0])
        pending.done.set()
        return pending


@pytest.fixture
def rig() -> Iterator[Rig]:
    made = open_rig("sil")
    try:
        yield made
    finally:
        made.close()


@pytest.mark.sil
@pytest.mark.parametrize("by", ["usb", "radio"])
def test_what_was_sent_comes_out_of_the_boards_gnss_line_unchanged_and_in_order(rig: Rig, by: str) -> None:
    usb = Operator(rig)
    usb.boot()
    way = RigWay(usb)
    if by == "radio":
        usb.must(f"key {KEY.hex()}", 3000)
        radio = Operator(rig, line=rig.uart[0])
        nonce = dict(word.split("=") for word in radio.must("nonce").split() if "=" in word)["nonce"]
        signer, counters = Signer(KEY, bytes.fromhex(nonce)), iter(range(1, 10_000))
        way = RigWay(radio, lambda line: signer.sign(next(counters), line))
    rows = [(0.2 + i, b"".join([message(1005, fill=i), *epoch(1000 * i, 60 + 20 * i)])) for i in range(6)]
    noise = b"$GNGGA*00\r\n\xd3\x00\x05spoilt??"
    base = Base([(at_s, noise + data) for at_s, data in rows])
    corrections = Corrections(base, 1000)
    start_ns, out = rig.now_ns, b""
    rig.uart[1].read()
    while rig.now_ns - start_ns < 14 * NS_PER_S:
        now_s = base.now_s = (rig.now_ns - start_ns) / NS_PER_S
        while corrections.hear(now_s):
            pass
        corrections.give(way, now_s)
        usb.run(20 * NS_PER_MS)
        out += b"".join(data for _, data in rig.uart[1].read())
    assert not corrections.news() and corrections.taken_s is not None
    assert out == way.data, "unchanged and in order"
    frames = [frame for i in range(6) for frame in [message(1005, fill=i), *epoch(1000 * i, 60 + 20 * i)]]
    assert sorted(Framer().feed(out)) == sorted(frames), "and all of them"
