"""The generated pages of docs/ are what the tables say, and stale ones are told."""

from __future__ import annotations

import shutil
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from sapper.shared import commands, events, pins, settings, wire
from sapper_host.docs_gen import pages
from sapper_host.docs_gen.wire_page import wire_format
from sapper_host.files.checkout import DOCS
from sapper_host.files.page import with_parts
from sapper_host.pictures import wiring as wiring_picture

pytestmark = pytest.mark.unit


def test_no_page_is_stale() -> None:
    assert pages.stale() == [], "run `python -m sapper_host.docs_gen`"


def test_a_changed_page_and_a_changed_part_are_stale(tmp_path: Path) -> None:
    shutil.copytree(DOCS, tmp_path / "docs")
    for path, text in pages.made(tmp_path / "docs").items():
        path.write_text(text)
    for name in ("wiring.md", "recordings.md"):
        path = tmp_path / "docs" / name
        path.write_text(path.read_text().replace("gate 0", "gate nought"))
    names = [path.name for path in pages.stale(tmp_path / "docs")]
    assert names == ["wiring.md", "recordings.md"]


def test_text_between_the_parts_is_left_alone(tmp_path: Path) -> None:
    text = "before\n<!-- generated: x -->\nold\n<!-- end of generated: x -->\nafter\n"
    made = with_parts(text, {"x": lambda: "new\n"})
    assert made.startswith("before\n") and made.endswith("after\n") and "new" in made and "old" not in made
    with pytest.raises(ValueError, match="generated: y"):
        with_parts(text, {"y": str})


def test_every_row_of_every_table_is_on_its_page() -> None:
    for text, names in (
        (pages.wiring(), [row[1] for row in pins.PINS]),
        (pages.console(), [row[0] for row in commands.COMMANDS] + list(events.REASON_NAMES)),
        (pages.settings_page(), [row[0] for row in settings.TABLE]),
        (wire_format(), [f[0] for row in wire.MESSAGES for f in row[3]] + [row[1] for row in events.KINDS]),
    ):
        assert not [name for name in names if f"`{name}" not in text]


def test_the_picture_shows_each_wired_signal_once_and_is_well_formed() -> None:
    text = wiring_picture.svg()
    ElementTree.fromstring(text)
    wired = [row[1] for row in pins.PINS if row[0] in wiring_picture.HEADER_PIN]
    for signal in wired:
        assert sum(signal in line for line in text.splitlines()) == 1, signal
    assert sorted(signal for _, _, signals in wiring_picture.DEVICES for signal in signals) == sorted(pins.GPIO)


def test_header_pins_are_the_picos() -> None:
    # Spot checks against the Pico's data sheet: GP0 is pin 1, GP15 pin 20, GP16 pin 21, GP22 pin 29, GP28 pin 34.
    pin = wiring_picture.HEADER_PIN
    assert (pin[0], pin[15], pin[16], pin[22], pin[28]) == (1, 20, 21, 29, 34)
    assert len(set(pin.values())) == len(pin) == 26
