"""`sapper bench wiring` and `sapper bench init`: what they print and write; the rest is in tests/hil/bench."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from hil.bench import config_file, init_dialog, port_finding
from hil.bench.config import Config, GateFit
from hil.bench.port_finding import Identity
from hil.bench.wiring import wires
from sapper_host.cli import main
from sapper_host.connected.ports import Port
from sapper_host.errors import Status

pytestmark = pytest.mark.unit

PORTS = [
    Port("/dev/ttyACM0", "usb", "board", "Sapper rover", "E661A", location="1-1.1", usb_ids="2e8a:0005"),
    Port("/dev/ttyACM1", "usb", "board", "Sapper bench instrument", "E661B", location="1-1.2", usb_ids="2e8a:0005"),
    Port("/dev/ttyUSB0", "usb", "other", "CP2102", "0001", location="1-1.3", usb_ids="10c4:ea60"),
]


@pytest.fixture(autouse=True)
def a_table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Ports are plugged in, settings are nobody's."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    hello = {PORTS[1].device: Identity(1, "e661b", "00")}
    dialog = init_dialog.Dialog

    def made(**how: object) -> init_dialog.Dialog:
        return dialog(listed=lambda: PORTS, hello=hello.get, native=lambda: True, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(init_dialog, "Dialog", made)
    monkeypatch.setattr(port_finding, "plugged_in", lambda: PORTS)
    return tmp_path / "sapper" / "bench.toml"


def test_wiring_prints_each_part_and_each_wire(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "wiring"]) == Status.OK
    out = capsys.readouterr().out
    for wire in wires():
        assert any(line.startswith(wire.name) and str(wire.target) in line for line in out.splitlines())
    assert "29     resistor 330 ohm" in out


def test_wiring_is_that_of_the_benchs_own_file(
    a_table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a_table.parent.mkdir()
    a_table.write_text("format = 1\n[switches]\nkey = { pin = 14 }\n")
    other = tmp_path / "other.toml"
    other.write_text("format = 1\n[switches]\nkey = { pin = 15 }\n")
    for words, pin in (([], "GPB6"), (["--bench", str(other)], "GPB7")):
        assert main(["bench", "wiring", "--json", *words]) == Status.OK
        told = json.loads(capsys.readouterr().out)
        key = next(wire for wire in told["wires"] if wire["name"] == "KEY")
        assert key["from"]["pin"] == pin and key["neighbours"]["rover"] == ["GND", "RUN"]
    assert {"count": 1, "part": "Raspberry Pi Pico", "for": "the instrument"} in told["materials"]


def test_wiring_draws_the_picture(tmp_path: Path) -> None:
    assert main(["bench", "wiring", "--out", str(tmp_path / "w.svg")]) == Status.OK
    ElementTree.parse(tmp_path / "w.svg")


def test_init_writes_what_is_clear_and_keeps_the_calibration(a_table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config_file.write(Config(gates={"gate_0": GateFit(2.5, 0.99)}), a_table)
    assert main(["bench", "init", "--yes", "--name", "attic"]) == Status.OK
    assert "next: sapper bench check" in capsys.readouterr().err
    config = config_file.read()
    assert config.name == "attic" and config.gates["gate_0"] == GateFit(2.5, 0.99)
    assert config.ports["instrument"].serial_number == "E661B" and not config.ports["gnss"].given


def test_init_for_scripts_prints_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "b.toml"
    assert main(["bench", "init", "--json", "--out", str(path), "--backend", "ft232h"]) == Status.OK
    told = json.loads(capsys.readouterr().out)
    assert told["file"] == str(path) and told["bus"]["backend"] == "ft232h"
    assert told["ports"]["radio"] == {"serial_number": "0001", "usb_ids": "10c4:ea60"}


def test_init_asks_where_somebody_is_there(a_table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    questions: list[str] = []

    def confirm(question: str, **_: object) -> bool:
        questions.append(question)
        return "is there a gnss" not in question

    monkeypatch.setattr("typer.confirm", confirm)
    assert main(["bench", "init"]) == Status.OK
    assert [question.split()[0] for question in questions] == ["rover", "instrument", "radio", "is"]
    assert config_file.read().ports["rover"].serial_number == "E661A"


def test_a_spoilt_file_is_told_kept_beside_and_written_anew(a_table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a_table.parent.mkdir()
    a_table.write_text("format = 1\nlead_ms = 'x'\n")
    assert main(["bench", "init", "--yes", "--rover", "/dev/ttyNOSUCH"]) == Status.ERROR
    assert a_table.read_text() == "format = 1\nlead_ms = 'x'\n", "nothing is written before all is clear"
    assert main(["bench", "init", "--yes"]) == Status.OK
    assert "lead_ms = 'x' is no whole number" in capsys.readouterr().err
    assert config_file.read().ports["rover"].serial_number == "E661A"
    assert a_table.with_name("bench.toml.old").read_text() == "format = 1\nlead_ms = 'x'\n"
