"""A bench's file: what is written is read again, and whatever is wrong in it is told with file, key and remedy."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from hil.bench import config_file
from hil.bench.config import BenchPort, BusSpec, Config, GateFit, SupplySpec, SwitchSpec
from hil.bench.config_file import ConfigError, default_path, missing_ports, parse, read, tables, text, write

pytestmark = pytest.mark.unit

ODD = Config(
    name='the "third" bench\\ of\tours é',
    line_delay_ns=21_000,
    lead_ms=40,
    ports={
        "rover": BenchPort(serial_number="E6614103E7452D2F", usb_ids="2e8a:0005"),
        "instrument": BenchPort(serial_number="E661410403868A2C"),
        "radio": BenchPort(usb_ids="10c4:ea60", location="1-1.3"),
        "gnss": BenchPort(device="/dev/serial0"),
    },
    bus=BusSpec("ft232h", "ftdi://ftdi:232h:FT9/1", 0x21, 0x61, 0x44),
    switches={
        "key": SwitchSpec(15, "low"),
        "run": SwitchSpec("D17", "pulls low"),
        "bootsel": SwitchSpec(1, "pulls low"),
        "supply": SwitchSpec(2, "pulls high"),
        "usb": SwitchSpec(3),
    },
    supply=SupplySpec(zero_mv=5100.5, on_at_rest=True),
    gates={"gate_0": GateFit(-3.25, 0.9967), "gate_1": GateFit(), "gate_2": GateFit(1e-7, 1.0)},
)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    for config in (Config(), ODD):
        path = tmp_path / "deep" / "bench.toml"
        write(config, path)
        assert read(path) == replace(config, path=str(path))


def test_each_key_is_written_with_what_it_means() -> None:
    written = text(ODD)
    assert "mcp23017 = 0x21  # address of the switches' pins" in written
    assert "lead_ms = 40  # ms: how far ahead of the instrument the tests are" in written
    assert 'key = { pin = 15, acts = "low" }' in written
    assert tomllib.loads(written)["ports"]["radio"] == {"usb_ids": "10c4:ea60", "location": "1-1.3"}


def test_the_file_is_in_the_users_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert default_path() == tmp_path / "sapper" / "bench.toml"
    with pytest.raises(ConfigError, match=r"no bench at .*bench.toml; `sapper bench init` writes its file by asking"):
        read()


def test_an_empty_file_but_for_its_format_is_the_usual_bench() -> None:
    assert parse({"format": 1}) == Config(path="(bench)")
    assert missing_ports(Config()) == ["rover", "instrument", "radio"]
    assert missing_ports(ODD) == []


WRONG = (
    ("", "format = None, this Sapper reads 1; `sapper bench init` writes it anew"),
    ("format = 2", "format = 2, this Sapper reads 1"),
    ("format = 1\nnam = 'x'", "'nam' is not known; there are format, name, line_delay_ns"),
    ("format = 1\nname = 3", "name = 3 is not understood; it takes text in quotes: what people call it"),
    ("format = 1\nlead_ms = 2.5", "lead_ms = 2.5 is no whole number; it takes 5..500 ms"),
    ("format = 1\nlead_ms = true", "lead_ms = True is no whole number"),
    ("format = 1\nlead_ms = 4", "lead_ms = 4 is out of bounds; it takes 5..500 ms: how far ahead"),
    ("format = 1\nbus = 3", "bus is no table; write \\[bus\\]"),
    (
        "format = 1\n[bus]\nbackend = 'usb'",
        "\\[bus\\] backend = 'usb' is not understood; it takes 'native' or 'ft232h'",
    ),
    ("format = 1\n[bus]\nmcp23017 = 0x40", "\\[bus\\] mcp23017 = 64 is out of bounds; it takes 0x20..0x27"),
    ("format = 1\n[bus]\nina = 1", "\\[bus\\]: 'ina' is not known; there are backend, ft232h"),
    ("format = 1\n[supply]\nzero_mv = nan", "\\[supply\\] zero_mv = nan is out of bounds; it takes 1000..5500 mV"),
    ("format = 1\n[supply]\non_at_rest = 1", "on_at_rest = 1 is not understood; it takes true or false"),
    ("format = 1\n[supply]\nrest_mv = 5400", "\\[supply\\] rest_mv is not between least_mv and most_mv; put it there"),
    ("format = 1\n[ports.rovr]\n", "\\[ports\\]: 'rovr' is not known; there are rover, instrument, radio, gnss"),
    ("format = 1\n[switches]\nkey = { pin = 16 }", "key: pin = 16 is no pin; it takes 0..15 of the MCP23017"),
    ("format = 1\n[switches]\nkey = { pin = 'D 1' }", "key: pin = 'D 1' is no pin"),
    ("format = 1\n[switches]\nkey = { pin = true }", "key: pin = True is no pin"),
    ("format = 1\n[switches]\nkey = { acts = 'down' }", "key: acts = 'down'; it takes 'high', 'low', 'pulls high'"),
    ("format = 1\n[switches]\nkey = { pin = 1 }", "\\[switches\\] run and key are both on pin 1; give each its own"),
    ("format = 1\n[gates.gate_1]\ngain = 1.2", "\\[gates.gate_1\\] gain = 1.2 is out of bounds; it takes 0.9..1.1"),
    ("format = 1\n[ports]\nrover = {device='a'}\nradio = {device='a'}", "radio and rover are the same port"),
    ("format = 1\nname = '", "is no TOML: .*correct it, or `sapper bench init` writes it anew"),
    ("format = 1\nlead_ms = 1" + "0" * 5000, "is no TOML|out of bounds|thousands of digits"),
)


@pytest.mark.parametrize(("content", "words"), WRONG)
def test_what_is_wrong_is_told_with_file_key_and_remedy(content: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "bench.toml"
    path.write_text(content)
    with pytest.raises(ConfigError, match=words) as told:
        read(path)
    assert str(path) in str(told.value)


def test_bytes_that_are_no_text_and_a_file_without_an_end_are_told(tmp_path: Path) -> None:
    path = tmp_path / "bench.toml"
    path.write_bytes(b"format = 1\nname = '\xff'")
    with pytest.raises(ConfigError, match="is no TOML"):
        read(path)
    path.write_bytes(b"#" * 100_000)
    with pytest.raises(ConfigError, match="is no TOML"):
        read(path)
    with pytest.raises(ConfigError, match="cannot be read"):
        read(tmp_path)


def test_what_a_terminal_would_obey_is_shown_harmless(tmp_path: Path) -> None:
    path = tmp_path / "bench.toml"
    path.write_text('format = 1\n[bus]\nbackend = "\\u001b[31m"')
    with pytest.raises(ConfigError) as told:
        read(path)
    assert "\x1b" not in str(told.value)


def test_a_calibration_changes_nothing_else() -> None:
    fitted = ODD.calibrated({"gate_1": GateFit(2.0, 1.01)}, replace(ODD.supply, zero_mv=5200))
    assert fitted.gates["gate_1"] == GateFit(2.0, 1.01) and fitted.gates["gate_0"] == ODD.gates["gate_0"]
    assert replace(fitted, gates=ODD.gates, supply=ODD.supply) == ODD
    assert tables(ODD)["format"] == config_file.FORMAT
