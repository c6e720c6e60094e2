"""The server behind an exporter, without labgrid: who is let in, what is told, what is left; and a rig from afar."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hil.errors import HilError
from hil.farm import server as serving
from hil.farm import wire
from hil.farm.members import by_names
from hil.farm.remote import remote_rig
from hil.farm.session import HAND, RUN, BenchLostError, RefusedError, RemoteError, Session
from hil.rigs.capabilities import CAPABILITIES, Faults, Insight, LackingError, Power
from hil.rigs.firmware import default_uf2
from hil.rigs.registry import RIGS, open_rig
from hil.rigs.rig import NS_PER_MS, Rig
from hil.testing.kernel_log import KernelLog
from sapper_host import processes
from tests.family import SOURCES, alive, new_mark
from tests.hil.farm.job import SEED, stopped

pytestmark = [pytest.mark.virtual, pytest.mark.xdist_group("farm")]
TOKEN = "of-this-holder"


@dataclass
class Served:
    process: subprocess.Popen[str]
    port: int
    mark: dict[str, str]

    def session(self, kind: str = RUN, who: str = "desk/anna", token: str = TOKEN) -> Session:
        return Session("127.0.0.1", self.port, token, who, kind, "bench-1")

    def rig(self) -> Rig:
        session = self.session()
        offers = by_names(session.welcome["offers"])
        return remote_rig(session, "virtual", offers, default_uf2().read_bytes(), {"seed": SEED})


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A server with the virtual rig; nothing of it is left behind."""
    mark = new_mark()
    process = processes.start(
        [sys.executable, "-m", "hil.farm.server", "--rig", "virtual"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **mark, "PYTHONPATH": SOURCES, serving.TOKEN_VARIABLE: TOKEN, "TMPDIR": str(tmp_path)},
    )
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], 30)
    assert ready, "it does not say where it listens"
    try:
        yield Served(process, json.loads(process.stdout.readline())["port"], mark)
        process.send_signal(signal.SIGCONT)
        process.terminate()
        assert process.wait(10.0) == 128 + signal.SIGTERM
        assert not list(tmp_path.glob("sapper-farm-*"))
        assert not alive(mark)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_rig_from_afar_is_the_rig(served: Served) -> None:
    here, there = open_rig("virtual", seed=SEED), served.rig()
    try:
        assert all(isinstance(there, each) for each in RIGS["virtual"].offers)
        assert stopped(there) == stopped(here)
        assert there.now_ns == here.now_ns
        assert isinstance(here, Power) and isinstance(there, Power)
        there.power_cut()
        assert there.powered is False
        with pytest.raises(RemoteError, match="not 99"):
            there.pin(99)
    finally:
        here.close()
        there.close()


def test_what_was_brought_along_is_neither_lost_nor_told_twice(served: Served) -> None:
    there = served.rig()
    try:
        there.pin(17).drive(1)
        came = b""
        for _ in range(60):
            there.run(10 * NS_PER_MS)
            came += b"".join(data for _, data in there.usb.read())
        there.usb.write(b"version\n")
        for _ in range(3):
            there.run(10 * NS_PER_MS)  # brought along three times, drained once
        answers = b"".join(data for _, data in there.usb.read())
        assert answers.count(b"ok sapper=") == 1
        assert b"ok sapper=" not in b"".join(data for _, data in there.usb.read())
        assert b"boot" in came
    finally:
        there.close()


def test_a_run_is_alone_and_those_by_hand_are_not(served: Served) -> None:
    run = served.session(RUN, "desk/anna")
    for kind in (RUN, HAND):
        with pytest.raises(RefusedError, match="bench-1: in use by desk/anna; wait for its end"):
            served.session(kind, "desk/ben")
    run.close()
    with_hands = [served.session(HAND, "desk/anna"), served.session(HAND, "desk/ben")]
    assert with_hands[1].ask(["powered"]) is True
    with pytest.raises(RefusedError, match="in use by desk/anna"):
        served.session(RUN, "desk/carl")
    for each in with_hands:
        each.close()
    served.session(RUN).close()


def test_who_had_the_place_before_is_not_let_in(served: Served) -> None:
    with pytest.raises(RefusedError, match="not yours any more"):
        served.session(token="of-the-holder-before")


def test_a_session_that_breaks_off_leaves_no_rig_behind(served: Served) -> None:
    there = served.rig()
    assert len(alive(served.mark)) == 2, "the server and its emulator"
    there._session._channel._socket.close()  # type: ignore[attr-defined]
    deadline_s = time.monotonic() + 10
    while len(alive(served.mark)) > 1:
        assert time.monotonic() < deadline_s
        time.sleep(0.05)
    served.rig().close()


def test_what_is_asked_wrongly_costs_nobody_the_bench(served: Served) -> None:
    session = served.session()
    session.ask(["open"], None, {})
    for path, arguments, text in (
        (["flash", "write"], (0, b""), "flash.write is not offered"),
        (["run"], ("soon",), "run"),
        (["pin", 5, "drive"], (), "drive"),
        (["open"], (b"no uf2", {}), "uf2"),
        (["open"], (None, {"no_such_option": 1}), "no_such_option"),
    ):
        with pytest.raises(RemoteError, match=text):
            session.ask(path, *arguments)
    session.ask(["open"], None, {})
    assert session.ask(["powered"]) is True
    session.close()


def test_when_the_server_ends_who_runs_hears_why(served: Served) -> None:
    there = served.rig()
    threading.Timer(0.3, served.process.terminate).start()
    began_s = time.monotonic()
    with pytest.raises(BenchLostError, match="bench-1: the bench is lost: .*; nothing of this run counts"):
        while True:
            there.run(NS_PER_MS)
    assert time.monotonic() - began_s < 5.0
    with pytest.raises(BenchLostError):
        there.run(NS_PER_MS)
    served.process.wait()


@pytest.mark.slow
@pytest.mark.whole
def test_a_server_that_is_frozen_is_given_up(served: Served) -> None:
    there = served.rig()
    served.process.send_signal(signal.SIGSTOP)
    began_s = time.monotonic()
    with pytest.raises(BenchLostError, match="nothing came for"):
        there.run(NS_PER_MS)
    assert wire.SILENCE_S - 1 < time.monotonic() - began_s < wire.SILENCE_S + 4


def test_nobody_there_is_said_with_the_remedy() -> None:
    with pytest.raises(BenchLostError, match="nobody answers at 127.0.0.1:1 .*see whether its exporter runs"):
        Session("127.0.0.1", 1, "", "", RUN, "bench-1")


def test_a_rig_from_afar_offers_no_more_than_the_one_there(served: Served) -> None:
    session = served.session()
    some = frozenset(CAPABILITIES) - {Faults, Insight}
    there = remote_rig(session, "virtual", some, default_uf2().read_bytes(), {})
    try:
        assert not isinstance(there, Faults) and not isinstance(there, Insight) and isinstance(there, Power)
    finally:
        there.close()


class Unflashable:
    """A rig of hardware, as the server meets one: it has real ports."""

    now_ns = 0
    instrument_id = "e6614c31"
    usb_places = ("1-1.2",)

    def __init__(self) -> None:
        self.flashed: list[bytes] = []
        self.closed = False

    def run(self, duration_ns: int) -> None: ...

    def close(self) -> None:
        self.closed = True


class Hardware(Unflashable):
    """It is flashed after it was opened."""

    def flash_uf2(self, uf2: Path) -> None:
        self.flashed.append(uf2.read_bytes())


def bench_of(rig: object, log: Path, monkeypatch: pytest.MonkeyPatch) -> serving.Bench:
    log.touch()
    monkeypatch.setattr(serving, "KernelLog", lambda: KernelLog(log))
    monkeypatch.setattr(serving, "open_rig", lambda name, firmware, **options: rig)
    return serving.Bench("virtual", {"config": "bench.toml"})


def test_hardware_is_flashed_with_what_was_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Hardware()
    bench = bench_of(rig, tmp_path / "kmsg", monkeypatch)
    assert bench.call(["open"], [b"the very one", {}], {}) == {"instrument_id": "e6614c31"}
    assert rig.flashed == [b"the very one"]
    bench.close()
    assert rig.closed


def test_hardware_that_cannot_be_flashed_runs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Unflashable()
    bench = bench_of(rig, tmp_path / "kmsg", monkeypatch)
    with pytest.raises(HilError, match="cannot flash"):
        bench.call(["open"], [b"x", {}], {})
    assert rig.closed
    bench.close()


def test_usb_errors_of_the_benchs_host_end_a_run_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "kmsg"
    bench = bench_of(Hardware(), log, monkeypatch)
    bench.call(["open"], [b"x", {}], {})
    bench.call(["run"], [1], {})
    with log.open("a") as file:
        file.write("4,100,200,-;usb 1-1.3: device descriptor read/64, error -71\n")
    bench.call(["run"], [1], {})
    with log.open("a") as file:
        file.write("4,101,201,-;usb 1-1.2: device descriptor read/64, error -71\n")
    with pytest.raises(HilError, match="USB errors .*1-1.2: device descriptor .*error -71"):
        bench.call(["run"], [1], {})
    bench.close()


def test_a_long_call_is_no_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server in this process, whose rig takes five times as long as silence may last."""
    import socket

    monkeypatch.setattr(wire, "BUSY_S", 0.05)
    monkeypatch.setattr(wire, "SILENCE_S", 0.3)

    class Slow:
        now_ns = 7

        def call(self, path: list[str], arguments: list[str], named: dict[str, str]) -> str:
            if path == ["lacks"]:
                raise LackingError("needs Power, which it does not offer")
            time.sleep(1.5)
            return "done"

        def close_rig(self) -> None: ...

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = serving.Server(listener, TOKEN, "virtual")
        threading.Thread(target=server.serve, args=(Slow(),), daemon=True).start()
        session = Session("127.0.0.1", listener.getsockname()[1], TOKEN, "me", RUN, "bench-1")
        assert session.ask(["run"]) == "done"
        assert session.now_ns == 7
        with pytest.raises(RemoteError) as caught:
            session.ask(["lacks"])
        assert caught.value.kind == "LackingError"
        session.close()
