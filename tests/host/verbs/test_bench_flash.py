"""`sapper bench flash`: what it says, and with which status it ends; how a board takes a firmware is in
tests/hil/rigs/bench/test_flashing.py."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from hil.errors import HilError
from hil.rigs.bench.flashing import HostSockets
from hil.rigs.firmware import default_uf2, instrument_uf2
from sapper_host.cli import main
from sapper_host.connected.bootsel import Drive
from sapper_host.errors import Status


@pytest.fixture
def built() -> None:
    """Both images; skips, with the reason, where one is not built."""
    try:
        default_uf2()
        instrument_uf2()
    except HilError as error:
        pytest.skip(str(error))


@pytest.fixture
def nobodys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No bench has been set up; where its file would be."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path / "sapper" / "bench.toml"


@pytest.mark.unit
def test_without_a_bench_the_rover_is_not_flashed_and_no_emulated_one_in_its_stead(
    capsys: pytest.CaptureFixture[str], nobodys: Path
) -> None:
    for words in ([], ["--bench", str(nobodys)], ["--instrument", "--bench", str(nobodys)]):
        assert main(["bench", "flash", *words]) == Status.ERROR
        said = capsys.readouterr()
        assert f"there is no bench at {nobodys}" in said.err and "sapper bench init" in said.err and not said.out


@pytest.mark.unit
@pytest.mark.usefixtures("built", "nobodys")
def test_an_instrument_is_flashed_before_there_is_a_file_on_the_only_drive_that_there_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As far as two drives, which it refuses to choose from, and one on paper."""
    drives = [Drive("1-1", "/dev/sda1", tmp_path / "a"), Drive("1-2", "/dev/sdb1", tmp_path / "b")]
    monkeypatch.setattr("hil.rigs.bench.opened.plugged_in", list)
    monkeypatch.setattr("hil.rigs.bench.opened.HostSockets", lambda config: HostSockets(config, list, lambda: drives))
    assert main(["bench", "flash", "--instrument"]) == Status.ERROR
    assert "are in BOOTSEL, and which is the instrument cannot be told" in capsys.readouterr().err
    drives.pop()
    (tmp_path / "a").mkdir()

    def taken(content: bytes, folder: Path, *_: object) -> None:
        assert content == instrument_uf2().read_bytes() and folder == tmp_path / "a"
        drives.clear()

    monkeypatch.setattr("hil.rigs.bench.flashing.copy_to_drive", taken)
    monkeypatch.setattr("hil.rigs.bench.flashing._BACK_NS", 50_000_000)
    assert main(["bench", "flash", "--instrument"]) == Status.ERROR
    assert "took the file and did not come back" in capsys.readouterr().err and not drives


@pytest.mark.unit
@pytest.mark.usefixtures("built")
def test_what_is_no_firmware_is_refused_before_a_board_is_touched(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def touched(*_: object, **__: object) -> None:
        raise AssertionError("a board was touched")

    monkeypatch.setattr("hil.rigs.bench.opened.open_outside", touched)
    monkeypatch.setattr("hil.rigs.bench.opened.open_bench", touched)
    none = tmp_path / "none.uf2"
    none.write_bytes(b"no firmware")
    for which in ([], ["--instrument"]):
        assert main(["bench", "flash", "--bench", "emulated", "--uf2", str(none), *which]) == Status.ERROR
        assert "is not a UF2 file" in capsys.readouterr().err


@pytest.mark.virtual
@pytest.mark.slow
@pytest.mark.whole
@pytest.mark.xdist_group("virtual")
@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(("words", "file"), [([], default_uf2), (["--instrument"], instrument_uf2)])
def test_on_two_emulated_picos_it_tells_what_runs_and_whose_bytes_they_are(
    capsys: pytest.CaptureFixture[str], words: list[str], file: Callable[[], Path]
) -> None:
    assert main(["bench", "flash", "--bench", "emulated", "--json", *words]) == Status.OK
    said = capsys.readouterr()
    done = json.loads(said.out)
    assert "the bench: emulated" in said.err and done["bench"] == "emulated"
    assert done["board"] == ("instrument" if words else "rover") and len(done["number"]) == 16
    assert done["sha256"] == hashlib.sha256(file().read_bytes()).hexdigest()
    assert words or done["verified_bytes"] > 400_000
