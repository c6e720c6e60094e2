"""`sapper update` without a file: the board first, then what is there already; nothing is built or fetched unasked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from sapper_host.cli import main
from sapper_host.connected import choice
from sapper_host.errors import LinkError, Status
from sapper_host.files.checkout import ROOT
from sapper_host.update import at_hand, compiling, several_boards, team_key
from sapper_host.update.bundle import Bundle, BundleError, make, write
from tests.host.update.test_bundle import KEY, compiled
from toolchain import cache, uf2

pytestmark = pytest.mark.unit
DAY_S = 86_400
# Runs the command, and tells what it asked of the system on the way.
WATCHED = """
import json, sys
seen = []
def hook(event, arguments):
    if event in ("socket.connect", "subprocess.Popen", "os.mkdir", "os.system", "os.posix_spawn", "os.exec", "os.fork"):
        seen.append((event, repr(arguments)[:200]))
sys.addaudithook(hook)
from sapper_host.cli import main
from serial.tools import list_ports
list_ports.comports = lambda *_, **__: []
status = main(sys.argv[1:])
print(json.dumps({"status": int(status), "seen": seen}))
"""


@pytest.mark.parametrize("arguments", [[], ["--all"], ["--build"]])
def test_without_a_board_it_makes_no_folder_connects_nowhere_and_starts_nothing(
    arguments: list[str], tmp_path: Path
) -> None:
    """On a machine without a toolchain, whose cache is empty."""
    environment = {
        "HOME": str(tmp_path / "home"),
        "SAPPER_CACHE": str(tmp_path / "cache"),
        "PATH": str(tmp_path / "bin"),
        "PYTHONPATH": os.pathsep.join(sys.path),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, "update", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    said = json.loads(done.stdout.splitlines()[-1])
    assert said == {"status": Status.NO_DEVICE, "seen": []}, done.stderr
    assert "no board found" in done.stderr
    assert not (tmp_path / "cache").exists() and not (tmp_path / "home").exists()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout that nothing was built in."""
    module = tmp_path / "checkout" / "firmware" / "sapper" / "part.py"
    module.parent.mkdir(parents=True)
    module.write_text("PART = 1\n")
    (module.parents[2] / "build").mkdir()
    return module.parents[2]


def built(checkout: Path, made: int = 1_700_000_000) -> Path:
    """What `make mpy` leaves in build/mpy."""
    folder = checkout / "build" / "mpy"
    folder.mkdir(exist_ok=True)
    about = json.loads((compiled(folder) / "build.json").read_text())
    about |= {"content": at_hand.content_of(checkout / "firmware"), "made": made}
    (folder / "build.json").write_text(json.dumps(about))
    return folder


def bundle_file(path: Path, scratch: Path, made: int) -> Path:
    scratch.mkdir()
    about = json.loads((compiled(scratch) / "build.json").read_text())
    (scratch / "build.json").write_text(json.dumps(about | {"made": made}))
    write(make(scratch, KEY), path)
    return path


def test_what_stands_for_the_modules_is_what_the_build_writes() -> None:
    assert at_hand.content_of(ROOT / "firmware") == cache.key(uf2.application(ROOT / "firmware"))


def test_what_the_build_left_is_taken_signed_and_named_with_version_revision_and_age(checkout: Path) -> None:
    folder = built(checkout)
    found = at_hand.find(KEY, checkout, checkout / "none")
    assert found.path == folder and found.bundle.signed
    said = found.describe(1_700_000_000 + 3 * DAY_S)
    assert said.startswith(f"{folder}: sapper 1.2.3+abc, ") and "of 2023-11-14 (3 days old)" in said
    assert "of unknown age" in at_hand.AtHand(folder, make(built(checkout, 0))).describe(time.time())


def test_of_several_the_newest_is_taken(checkout: Path, tmp_path: Path) -> None:
    kit = tmp_path / "kit"
    kit.mkdir()
    built(checkout, 1000)
    old = bundle_file(checkout / "build" / "old.sapper", tmp_path / "a", 900)
    new = bundle_file(kit / "new.sapper", tmp_path / "b", 2000)
    assert at_hand.find(None, checkout, kit).path == new
    new.unlink()
    assert at_hand.find(None, checkout, kit).path == checkout / "build" / "mpy"
    (checkout / "build" / "mpy" / "build.json").unlink()
    assert at_hand.find(None, checkout, kit).path == old


def test_modules_of_other_sources_than_there_are_now_are_refused(checkout: Path) -> None:
    built(checkout)
    (checkout / "firmware" / "sapper" / "part.py").write_text("PART = 2\n")
    with pytest.raises(BundleError, match="other sources") as caught:
        at_hand.find(None, checkout, checkout / "none")
    assert "sapper update --build" in caught.value.remedy and "make mpy" in caught.value.remedy


def test_nothing_at_hand_says_how_to_get_it_and_a_spoilt_file_what_is_wrong_with_it(checkout: Path) -> None:
    with pytest.raises(BundleError, match="no update is at hand") as caught:
        at_hand.find(None, checkout, checkout / "none")
    assert "sapper update --build" in caught.value.remedy and caught.value.status == Status.USAGE
    (checkout / "build" / "half.sapper").write_bytes(b"PK")
    with pytest.raises(BundleError, match=r"half\.sapper"):
        at_hand.find(None, checkout, checkout / "none")


@pytest.fixture
def steps(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the command does, in order; there is a board, and what is compiled is what `built` makes."""
    done: list[str] = []

    def update_all(ports: list[str], bundle: Bundle, **_: Any) -> list[Any]:
        done.append("update")
        return []

    def toolchain(*words: str, **_: Any) -> subprocess.CompletedProcess[str]:
        done.append("toolchain " + " ".join(words))
        built(checkout)
        return subprocess.CompletedProcess([], 0)

    def find_port(wanted: str | None) -> str:
        done.append("board")
        if wanted == "none":
            raise LinkError("no board found")
        return "/dev/one"

    find, compile_ = at_hand.find, compiling.compiled
    monkeypatch.setattr(several_boards, "update_all", update_all)
    monkeypatch.setattr(compiling, "toolchain", toolchain)
    monkeypatch.setattr(compiling, "compiled", lambda: compile_(checkout))
    monkeypatch.setattr(at_hand, "find", lambda key: find(key, checkout, checkout / "none"))
    monkeypatch.setattr(choice, "find_port", find_port)
    monkeypatch.setattr(team_key, "load_default", lambda: None)
    (checkout / "firmware" / "toolchain").mkdir()
    return done


def test_the_board_comes_first_and_only_what_was_asked_for_is_built(
    checkout: Path, steps: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["update", "--port", "none", "--build"]) == Status.NO_DEVICE and steps == ["board"]
    steps.clear()
    assert main(["update"]) == Status.USAGE and steps == ["board"]
    assert "sapper update --build" in capsys.readouterr().err
    steps.clear()
    assert main(["update", "--build"]) == Status.OK and steps == ["board", "toolchain mpy", "update"]
    steps.clear()
    capsys.readouterr()
    assert main(["update"]) == Status.OK and steps == ["board", "update"]
    assert f"takes {checkout / 'build' / 'mpy'}: sapper 1.2.3+abc" in capsys.readouterr().err
