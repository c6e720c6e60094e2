"""Whatever stops the build, the message says what to do about it."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sapper_host.files.checkout import ROOT
from toolchain import errors, system
from toolchain.errors import ToolchainError
from toolchain.progress import run

pytestmark = pytest.mark.unit

# What the programs really print -> a part of the remedy.
MESSAGES = {
    "Err:1 mirror trixie InRelease\n  Temporary failure resolving 'mirror'": "network",
    "Could not connect to mirror:80 (192.0.2.1), connection timed out": "network",
    "ERROR: No matching distribution found for numpy": "network",
    "npm error code ENOTFOUND": "network",
    "E: You don't have enough free space in /var/cache/apt/archives/.": "free some disk space",
    "fatal error: error writing to /tmp/x.s: No space left on device": "SAPPER_CACHE",
    "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 1": "wait for it to end",
    "W: GPG error: NO_PUBKEY 6ED0E7B82643E131": "debian-archive-keyring",
    "sudo: a password is required": "terminal",
    "builder is not in the sudoers file.": "root",
    "E: Unable to locate package ninja-build": "mirror",
    "E: dpkg was interrupted, you must manually run": "dpkg --configure -a",
}


@pytest.mark.parametrize("output", MESSAGES)
def test_a_known_failure_names_its_remedy(output: str) -> None:
    assert MESSAGES[output] in errors.remedy_for(output, "look")


def test_an_unknown_failure_falls_back_to_what_the_step_advises(tmp_path: Path) -> None:
    with pytest.raises(ToolchainError, match="status 3") as caught:
        run(["sh", "-c", "echo strange; exit 3"], tmp_path / "log", "do this")
    assert "strange" in caught.value.what
    assert "what to do: do this" in str(caught.value)
    assert "strange" in (tmp_path / "log").read_text()


def test_a_missing_program_leads_to_setup(tmp_path: Path) -> None:
    with pytest.raises(ToolchainError, match="no-such-program is not installed") as caught:
        run(["no-such-program"], tmp_path / "log", "")
    assert "make setup" in caught.value.remedy


@pytest.mark.parametrize(
    ("number", "remedy"), [(errno.ENOSPC, "SAPPER_CACHE"), (errno.EACCES, "chown"), (errno.EROFS, "chown")]
)
def test_errors_of_the_file_system_name_a_remedy(number: int, remedy: str) -> None:
    assert remedy in errors.from_os_error(OSError(number, os.strerror(number), "/somewhere")).remedy


def test_without_apt_the_missing_programs_and_their_use_are_listed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(system.shutil, "which", lambda name: None)
    with pytest.raises(ToolchainError, match="cmake: the firmware") as caught:
        system.install_missing(tmp_path)
    assert "Debian 12 or 13" in caught.value.remedy


def test_without_root_and_sudo_the_command_for_root_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(system.shutil, "which", lambda name: None)
    with pytest.raises(ToolchainError, match="no sudo") as caught:
        system.as_root(["apt-get", "update"])
    assert "apt-get install git" in caught.value.remedy


def test_sudo_is_told_not_to_ask_where_nobody_can_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(system.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(system.sys.stdin, "isatty", lambda: False, raising=False)
    assert system.as_root(["apt-get", "update"]) == ["sudo", "-n", "apt-get", "update"]


RUNNER = """
import sys
from pathlib import Path
from toolchain.progress import run

from sapper_host.files.checkout import ROOT
run(["sh", "-c", "echo $$ > {pid}; exec sleep 60"], Path("{log}"), "")
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_however_a_build_is_stopped_nothing_of_it_goes_on_running(number: signal.Signals, tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    code = RUNNER.format(pid=pid_file, log=tmp_path / "log")
    firmware = ROOT / "firmware"
    runner = subprocess.Popen(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(firmware)}, stderr=subprocess.DEVNULL
    )
    deadline_s = time.monotonic() + 20
    while not (pid_file.exists() and pid_file.read_text().strip()):
        assert time.monotonic() < deadline_s
        time.sleep(0.02)
    runner.send_signal(number)
    runner.wait(timeout=10)
    child = Path("/proc") / pid_file.read_text().strip()
    while child.exists() and "State:\tZ" not in (child / "status").read_text():
        assert time.monotonic() < deadline_s, "the child still runs"
        time.sleep(0.02)
