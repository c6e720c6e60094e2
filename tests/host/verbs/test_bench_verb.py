"""`sapper bench silicon`: the table, the record, the status. What the steps find: tests/hil/serve/test_silicon.py."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sapper_host.cli import main
from sapper_host.connected.ports import Port
from sapper_host.errors import Status
from sapper_host.silicon import protocol
from sapper_host.silicon.bench import Bench
from sapper_host.silicon.model import MODEL
from sapper_host.silicon.step import Measured
from tests.host.memory_board import MemoryBoard
from tests.host.silicon.others import others

pytestmark = pytest.mark.unit

SKIPPED = [word for name in others("cache") for word in ("--skip", name)]


@pytest.fixture
def board() -> Iterator[MemoryBoard]:
    with MemoryBoard() as made:
        yield made


@pytest.fixture
def finds(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the cache's step finds: the model's figures, until they are changed."""
    figures = {name: MODEL[name] for name in ("uncached_clk", "replacement")}

    def cache(bench: Bench) -> Measured:
        return Measured(figures, {})

    monkeypatch.setattr(protocol.at_prompt, "cache", cache)
    return figures


def test_a_board_that_is_as_the_model_ends_well_and_its_record_is_whole(
    board: MemoryBoard, finds: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "r.json"
    assert main(["bench", "silicon", "--port", board.port, "--out", str(out), *SKIPPED]) == Status.OK
    said = capsys.readouterr()
    assert "sweep: not measured: left out by --skip" in said.out
    assert [line for line in said.out.splitlines() if line.startswith("a word past the cache") and "yes" in line]
    assert "cache: clocks of a word of flash" in said.err, "progress"
    record = json.loads(out.read_text())
    assert record["board"] and record["firmware"]["sapper"] and record["made"].endswith("+00:00")
    assert [step["name"] for step in record["steps"]] == [step.name for step in protocol.STEPS]
    assert main(["bench", "silicon", "--port", board.port, "--json", "--against", str(out), *SKIPPED]) == Status.OK
    assert json.loads(capsys.readouterr().out)["compared"][0]["within"] is True


def test_a_record_says_whether_it_was_made_on_a_usb_device_or_rehearsed(
    board: MemoryBoard, finds: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rig's line is opened like a port; by what the system says of it no board is behind it."""
    out = tmp_path / "r.json"
    arguments = ["bench", "silicon", "--port", board.port, "--out", str(out), *SKIPPED]
    assert main(arguments) == Status.OK
    assert (json.loads(out.read_text())["rig"], json.loads(out.read_text())["usb"]) == ("", "")
    there = Port(board.port, "usb", "board", serial_number="e6614c775b000001", usb_ids="2e8a:0005")
    monkeypatch.setattr("sapper_host.connected.port_board.list_ports", lambda: [there])
    assert main(arguments) == Status.OK
    assert json.loads(out.read_text())["usb"] == "2e8a:0005"


def test_what_differs_is_a_shortfall_and_says_what_to_set(
    board: MemoryBoard, finds: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    finds |= {"uncached_clk": 52.1, "replacement": "random"}
    assert main(["bench", "silicon", "--port", board.port, *SKIPPED]) == Status.SHORTFALL
    lines = capsys.readouterr().out.splitlines()
    (cost,) = [line for line in lines if line.startswith("a word past the cache")]
    assert cost.split()[-2:] == ["NO", "xip_miss_clk=52"]
    assert [line for line in lines if "xip_random=True" in line]


def test_a_rover_that_is_armed_is_left_alone(board: MemoryBoard, capsys: pytest.CaptureFixture[str]) -> None:
    board.arm()
    assert main(["bench", "silicon", "--port", board.port, "--on-blocks"]) == Status.REFUSED
    assert "not SAFE" in capsys.readouterr().err
    assert board.state == "ARMED"
