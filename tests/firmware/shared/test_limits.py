"""Every limit stands once: whoever changes a row of the table has changed it everywhere."""

import ast
import os
import re
import shutil
import subprocess
import sys

import pytest

from sapper.shared import limits as table
from sapper.shared.settings import TABLE
from sapper_host.files.checkout import ROOT
from sapper_host.limits import LIMITS

pytestmark = pytest.mark.unit

UNIT_ENDS = {
    "us": "_US", "ms": "_MS", "min": "_MIN", "B": "_B", "%": "_PERCENT", "x": "_SPEED", "": "",
    "1/1000": "_PM", "mm/s": "_MM_S", "mm": "_MM", "1/100 sigma": "_X100",
}  # fmt: skip
COMMANDS = ("make safety", "make bench")
# Of other boards: `make bench` finds these rows by the name of the usual one (hil/prove/benchmarks/column.py).
COLUMNS = ("_70CLK", "_SLOT")


def usual(name):
    for column in COLUMNS:
        name = name.replace(column, "")
    return name


def sources(folder):
    return "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / folder).rglob("*.py")))


def test_every_constant_is_a_row_and_every_row_is_whole():
    assert {name for name in vars(table) if name.isupper()} == set(LIMITS)
    for row in LIMITS.values():
        assert isinstance(row.value, int) and row.name.endswith(UNIT_ENDS[row.unit])
        assert all(text and text.isascii() and "|" not in text for text in (row.what, row.source, row.measured_by))
    assert len({row.what for row in LIMITS.values()}) == len(LIMITS)


@pytest.mark.parametrize("row", LIMITS.values(), ids=lambda row: row.name)
def test_what_a_row_says_measures_it_is_there_and_reads_it(row):
    for by in row.measured_by.split(", "):
        if by == "make bench":
            assert usual(row.name) in LIMITS and usual(row.name) in sources("hil/prove/benchmarks")
        elif by == "make safety":
            assert f'"{row.name}"' in sources("hil/prove/safety")
        elif by in LIMITS:
            assert LIMITS[by].measured_by.split(", ")[0] in COMMANDS
        else:
            assert row.name in (ROOT / by).read_text(encoding="utf-8")


def test_a_row_that_nobody_reads_is_no_limit():
    read = sources("firmware/sapper").replace((ROOT / "firmware/sapper/shared/limits.py").read_text(), "")
    read += sources("hil") + sources("host") + sources("tests/hil")
    words = set(re.findall(r"\w+", read))
    assert [name for name in LIMITS if usual(name) not in words] == []


def test_what_the_board_is_built_with_keeps_what_is_promised():
    assert table.FEED_HOLD_MS + table.TICK_MS <= table.TICK_STOP_MS
    assert table.WATCHDOG_MS + table.TICK_MS <= table.WATCHDOG_RESET_MS
    assert table.DRIVE_TIMEOUT_MOST_MS + table.STOP_RAMP_MOST_MS + 2 * table.TICK_MS <= table.DRIVE_STALE_MS
    assert table.LINK_TIMEOUT_MOST_MS + 2 * table.TICK_MS <= table.SILENCE_MS
    assert table.ENCODER_FAULT_MOST_MS + table.TICK_MS <= table.ENCODER_STOP_MS
    assert table.NO_FRAME_MS + 2 * table.TICK_MS <= table.BLIND_STOP_MS
    assert table.SUPPLY_LOW_MS + 2 * table.TICK_MS <= table.SUPPLY_STOP_MS


def test_the_settings_that_a_limit_bounds_take_their_bound_from_it():
    tree = ast.parse((ROOT / "firmware/sapper/shared/settings.py").read_text(encoding="utf-8"))
    together = re.sub(r"(?m)^from .*", "", (ROOT / "firmware/sapper/shared/together.py").read_text())
    named = {name for name in LIMITS if "_MOST_" in name or "_LEAST_" in name}
    for column in (2, 3):
        bounds = {
            row.elts[0].value: row.elts[column].id
            for row in ast.walk(tree)
            if isinstance(row, ast.Tuple) and len(row.elts) == 6 and getattr(row.elts[column], "id", "") in LIMITS
        }
        named -= set(bounds.values())
        for row in TABLE:
            if row[0] in bounds:
                assert row[column] == getattr(table, bounds[row[0]]) and row[2] <= row[1] <= row[3]
    assert named <= set(re.findall(r"\w+", together)), "bounds that no setting takes"


def test_one_changed_row_is_changed_in_firmware_settings_proof_and_page(tmp_path):
    for folder in ("firmware/sapper", "firmware/cpython", "host/sapper_host", "hil", "docs"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("node*", "__pycache__"))
    path = tmp_path / "firmware/sapper/shared/limits.py"
    text, count = re.subn(r"(?m)^(SILENCE_MS: (?:.|\n)*?\) = \(?\s*)1600\b", r"\g<1>1700", path.read_text())
    assert count == 1
    path.write_text(text)
    script = """
from hil.prove.safety import coverage
from hil.prove.safety.scenarios import NOISE, SILENT
from sapper.shared.settings import row_of
print(row_of("link_timeout_ms")[3], SILENT.us, NOISE.us)
coverage.main()
"""
    folders = [str(tmp_path), *(str(tmp_path / name) for name in ("firmware/cpython", "firmware", "host"))]
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(folders)},
        cwd=tmp_path,
    )
    assert done.stdout == "1600 1700000 1700000\n", done.stderr
    old, new = ((root / "docs" / "safety.md").read_text().splitlines() for root in (ROOT, tmp_path))
    assert [line.split("|")[1].strip() for line in new if line not in old] == [
        "no valid operator message: STOPPED",
        "10,000 random bytes on USB: motors off, or unaffected",
        "`LINK_TIMEOUT_MOST_MS`",
    ]
