"""A home folder that cannot be written, or is not there, keeps nothing from working that needs no file in it; what does
need one says so, before a board is changed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sapper_host.cli import main
from sapper_host.connected import run_registry
from sapper_host.errors import Status
from tests.host.fake_board import FakeBoard

CSV = "# sapper-trace 1\nt_s,gate0_mv,gate1_mv,gate2_mv,vsys_mv,temp_c,left_ticks,right_ticks\n" + "".join(
    f"{i / 100:.2f},1,2,3,5000,20,{i},{i}\n" for i in range(9)
)


@pytest.fixture(params=["below a file", "forbidden", "named by nobody"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """The environment of somebody without a usable home folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "SAPPER_CACHE"))}
    if request.param == "below a file":  # for root as well
        (tmp_path / "file").write_text("")
        environment["HOME"] = str(tmp_path / "file" / "home")
    elif request.param == "forbidden":
        if os.geteuid() == 0:
            pytest.skip("root may write anywhere")
        (tmp_path / "home").mkdir(mode=0)
        environment["HOME"] = str(tmp_path / "home")
    else:
        environment.pop("HOME", None)
        environment["XDG_CACHE_HOME"] = "/dev/null"
        environment["XDG_CONFIG_HOME"] = "/dev/null"
    return environment | {"PYTHONPATH": os.pathsep.join(sys.path)}


def sapper(environment: dict[str, str], *words: object) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "sapper_host", *map(str, words)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, input="version\n")
    return done.returncode, done.stdout, done.stderr


def test_what_needs_no_home_works(home: dict[str, str], tmp_path: Path, board: FakeBoard) -> None:
    trace = tmp_path / "lane.csv"
    trace.write_text(CSV)
    for words in (
        ("trace", "info", trace),
        ("trace", "plot", trace),
        ("console", "--port", board.port),
        ("monitor", "--port", board.port, "--seconds", "1", "--record", tmp_path / "s.mcap"),
    ):
        status, _, err = sapper(home, *words)
        assert status == Status.OK, err
        assert not [line for line in err.splitlines() if not line.startswith("recorded")], err
    status, out, err = sapper(home, "devices")
    assert status in (Status.OK, Status.NO_DEVICE) and "Traceback" not in err and "error" not in err


def test_the_doctor_says_what_is_wrong_with_it(home: dict[str, str]) -> None:
    status, out, err = sapper(home, "doctor")
    assert status == Status.ERROR and err == ""
    assert "cache" in out and "or set SAPPER_CACHE to a folder of yours" in out


def test_a_key_that_cannot_be_kept_is_not_put_in(home: dict[str, str], board: FakeBoard) -> None:
    status, _, err = sapper(home, "key", "--port", board.port)
    assert status == Status.ERROR and "Traceback" not in err
    assert [line[:6] for line in err.splitlines()] == ["error:", "   do:"]
    assert not [line for line in board.heard if line.startswith("key ")]


def test_a_rig_that_cannot_be_listed_runs_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SAPPER_CACHE", str(tmp_path / "file" / "cache"))
    ready = {"usb": "/dev/pts/98"}, "e6614c775b000001"
    monkeypatch.setattr("hil.serve.rig_server.serve", lambda *words: words[3](*ready))
    assert run_registry.running_rigs() == []
    assert main(["rig", "virtual"]) == Status.OK
    out, err = capsys.readouterr()
    assert "usb    /dev/pts/98" in out and "without --port other commands do not find this rig" in err
