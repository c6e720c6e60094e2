"""The virtual rover's own radio: a laptop without its key watches a sweep and stops it; brought the key, it drives."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from sapper_host.board.link import Link
from sapper_host.cli import main
from sapper_host.errors import BoardError, SapperError, Status
from sapper_host.operate.operator import Operator
from tests.host.board.test_link import wait_for
from tests.terminal import READY_S

pytestmark = [pytest.mark.virtual, pytest.mark.slow, pytest.mark.xdist_group("virtual"), pytest.mark.timeout(300)]
Sit = Callable[[str], None]


@pytest.fixture
def sit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sit:
    """Sit down at the laptop of this name."""

    def at(name: str) -> None:
        for kind in ("CONFIG", "STATE", "DATA"):
            monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / name / kind))

    monkeypatch.setenv("SAPPER_CACHE", str(tmp_path / "cache"))
    return at


@pytest.fixture
def lines(sit: Sit) -> Iterator[dict[str, str]]:
    """USB and radio of a virtual rover."""
    command = [sys.executable, "-m", "sapper_host", "rig", "virtual", "--json", "--world", "clean", "--key-on"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, stdin=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        ports = json.loads(process.stdout.readline())
        with Link.open(ports["usb"]) as link:
            link.identify(timeout_s=READY_S)
        yield ports
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)


def sweep(operator: Operator) -> None:
    """Until it sweeps: just started it cannot see yet, and on a busy machine a code may come back too late."""
    for _ in range(20):
        with suppress(BoardError, KeyError):
            code = operator.link.command("arm").values()["code"]
            operator.link.command(f"arm {code}")
            break
        time.sleep(1)
    said, ok = operator.say("sweep 20000")
    assert ok, said
    wait_for(lambda: operator.state == "SWEEP", 10)  # events come later than answers


def test_who_has_no_key_watches_and_stops_and_who_was_brought_it_drives(
    lines: dict[str, str], sit: Sit, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    usb, radio = lines["usb"], lines["radio"]
    (tmp_path / "phrase").write_text("a pass phrase that is long")
    phrase = ("--pass-phrase-file", str(tmp_path / "phrase"))
    sit("driver")
    assert main(["key", "--port", usb]) == Status.OK
    sit("watcher")
    with Link.open(usb) as driver, Operator(driver) as operator:
        sweep(operator)
        capsys.readouterr()
        assert main(["monitor", "--port", radio, "--json", "--seconds", "4"]) == Status.OK
        rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        told = [row for row in rows if row["topic"] == "status"]
        assert {row["state"] for row in told} == {"SWEEP"} and int(told[-1]["s_mm"]) > int(told[0]["s_mm"])
        assert told[-1]["refused"] == "0", "nothing was asked for that it had to refuse"
        with Link.open(radio) as watcher:
            events: list[object] = []
            watcher.identify()
            watcher.tap(events.append)
            with pytest.raises(SapperError, match="no radio key"):
                watcher.command("drive 100 0")
            assert watcher.stop().text == "state=STOPPED"
            wait_for(lambda: "stop" in [getattr(event, "kind", "") for event in events], 10)
        wait_for(lambda: operator.state == "STOPPED", 10)
        assert driver.command("status").values()["refused"] == "0"
        assert driver.command("disarm").ok
    sit("driver")
    assert main(["key", "export", str(tmp_path / "keys"), *phrase]) == Status.OK
    sit("watcher")
    assert main(["key", "import", str(tmp_path / "keys"), *phrase]) == Status.OK
    with Link.open(radio) as link, Operator(link) as operator:
        sweep(operator)
        assert operator.holds
