"""`sapper bench flash`: what it says, and with which status it ends; how a board takes a firmware is in
tests/hil/rigs/bench/test_flashing.py."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from hil.errors import HilError
from hil.rigs.firmware import default_uf2, instrument_uf2
from sapper_host.cli import main
from sapper_host.errors import Status


@pytest.fixture
def built() -> None:
    """Both images; skips, with the reason, where one is not built."""
    try:
        default_uf2()
        instrument_uf2()
    except HilError as error:
        pytest.skip(str(error))


@pytest.mark.unit
def test_a_bench_that_is_not_there_is_no_emulated_one(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["bench", "flash", "--bench", str(tmp_path / "none.toml")]) == Status.BAD_INPUT
    assert "none.toml is not there" in capsys.readouterr().err


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
