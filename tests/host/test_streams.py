"""What is printed can go astray: a full disk, a reader that leaves, streams that were closed. Each verb says so in a
line or two, with a documented status, and never as a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sapper_host.connected import run_registry
from sapper_host.errors import Status
from tests.host.fake_board import FakeBoard

pytestmark = pytest.mark.usefixtures("own_cache")

FULL = Path("/dev/full")
CSV = "# sapper-trace 1\nt_s,gate0_mv,gate1_mv,gate2_mv,vsys_mv,temp_c,left_ticks,right_ticks\n" + "".join(
    f"{i / 100:.2f},1,2,3,5000,20,{i},{i}\n" for i in range(9)
)
# Verbs that print: each as typed, TRACE and PORT to be put in.
PRINTING = (
    "--help",
    "--version",
    "monitor --help",
    "devices --json",
    "devices",
    "doctor",
    "doctor --json",
    "doctor --udev-rule",
    "trace info TRACE",
    "trace info TRACE --json",
    "trace plot TRACE",
    "trace convert TRACE TRACE.mcap",
    "monitor --port PORT --seconds 2",
    "monitor --port PORT --seconds 2 --json",
    "console --port PORT",
    "log --port PORT --json",
)


def sapper(line: str, redirected: str, tmp_path: Path, port: str = "/dev/none", **more: str) -> tuple[int, str, str]:
    """Status, output and errors of a line of a shell."""
    trace = tmp_path / "lane.csv"
    trace.write_text(CSV)
    words = line.replace("TRACE", str(trace)).replace("PORT", port)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | more
    command = f"echo version | {sys.executable} -m sapper_host {words} {redirected}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=environment, timeout=60)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("line", PRINTING)
def test_a_full_disk_is_said_in_two_lines(line: str, tmp_path: Path, board: FakeBoard) -> None:
    with run_registry.registered("virtual", {"usb": board.port}):
        status, _, err = sapper(line, f">{FULL}", tmp_path, board.port)
    assert status == Status.ERROR
    assert err.splitlines()[-2:] == [
        "error: what is printed cannot be written (No space left on device)",
        "   do: free some disk space, or print to another place",
    ]
    assert "Traceback" not in err and "Exception ignored" not in err


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
def test_errors_that_cannot_be_told_keep_their_status(tmp_path: Path) -> None:
    assert sapper("trace info nowhere.csv", f"2>{FULL}", tmp_path)[0] == Status.BAD_INPUT
    status, out, _ = sapper("trace info TRACE --json", f"2>{FULL}", tmp_path)
    assert status == Status.OK and json.loads(out)["rows"] == 9


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("trace info TRACE", Status.OK),
        ("trace convert TRACE TRACE.mcap", Status.OK),
        ("trace info nowhere.csv", Status.BAD_INPUT),
        ("console --port PORT", Status.OK),
    ],
)
def test_a_closed_stream_is_as_one_to_nowhere(
    closed: str, line: str, expected: Status, tmp_path: Path, board: FakeBoard
) -> None:
    status, out, err = sapper(line, closed, tmp_path, board.port)
    assert status == expected and "Traceback" not in err
    # What is opened next must not have taken the stream's place: nothing that is printed got into a file.
    assert (tmp_path / "lane.csv").read_text() == CSV
    if line.startswith("trace convert"):
        again, out, err = sapper("trace info TRACE.mcap --json", "", tmp_path)
        assert again == Status.OK and json.loads(out)["rows"] == 9


@pytest.mark.parametrize("line", ["--help", "doctor", "trace info TRACE --json"])
def test_a_reader_that_leaves_is_not_complained_of(line: str, tmp_path: Path) -> None:
    _, out, err = sapper(line, "| head -n 1", tmp_path)
    assert out.count("\n") == 1 and err == ""


@pytest.mark.parametrize("odd", [{"TERM": ""}, {"TERM": "dumb", "COLUMNS": "10"}, {"LC_ALL": "C", "LANG": "C"}])
@pytest.mark.parametrize(
    "line", ["--help", "devices", "trace info TRACE", "trace info nowhere.csv", "settings --nosuch"]
)
def test_odd_terminals_and_languages_are_borne(line: str, odd: dict[str, str], tmp_path: Path) -> None:
    status, _, err = sapper(line, "", tmp_path, **odd)
    assert status in (Status.OK, Status.USAGE, Status.NO_DEVICE, Status.BAD_INPUT) and "Traceback" not in err


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_file_name_that_is_no_text_is_read_and_converted(tmp_path: Path) -> None:
    odd = os.fsencode(tmp_path) + b"/lane\xff.csv"
    with open(odd, "w") as file:
        file.write(CSV)
    for line in ("trace info", "trace info --json", "trace convert X.mcap", "trace info nowhere"):
        words = [word.encode() for word in line.split()]
        words = [odd[:-4] + b".mcap" if word == b"X.mcap" else word for word in words]
        words.insert(2, odd)
        if line.endswith("nowhere"):
            words = words[:2] + [odd + b".none"]
        done = subprocess.run(
            [sys.executable, "-m", "sapper_host", *words],
            capture_output=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            timeout=60,
        )
        expected = Status.BAD_INPUT if line.endswith("nowhere") else Status.OK
        assert (done.returncode, b"Traceback" in done.stderr) == (expected, False), (line, done.stderr[-300:])
