"""The fast CPU of the virtual Pico does what rp2040js does or, where that is wrong, what ARM's manual says."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hil.rigs.virtual import VirtualPico
from hil.rigs.virtual.link import ready_node
from sapper_host.files.checkout import ROOT

pytestmark = pytest.mark.virtual

SOURCES = ROOT / "hil" / "rigs" / "virtual" / "node"


def found_by(sources: Path, *arguments: str, timeout_s: float = 120) -> dict[str, Any]:
    """What proof/check.mjs found."""
    command = [ready_node(), str(sources / "proof" / "check.mjs"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s)
    assert done.returncode in (0, 1), done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def check(*arguments: str, timeout_s: float = 120) -> dict[str, Any]:
    """The same; fails with its first difference."""
    result = found_by(SOURCES, *arguments, timeout_s=timeout_s)
    assert result["difference"] is None, result["difference"]
    return result


def test_each_correction_of_rp2040js_is_needed_and_made():
    """Per case: interpreted and translated code give what the manual says, and rp2040js gives something else."""
    cases = check("cases")["cases"]
    assert len(cases) >= 20
    assert [case["name"] for case in cases if not case["ok"]] == []


@pytest.mark.parametrize(
    ("hot", "seed"), [("never", 11), ("1", 12), ("2", 13)], ids=["interpreted", "translated", "mixed"]
)
def test_random_programs_end_like_the_reference(hot: str, seed: int):
    result = check("fuzz", "--hot", hot, "--seed", str(seed), "--count", "700")
    assert result["programs"] == 700
    assert result["instructions"] > 20_000
    assert (result["translator"]["translated"] > 100) == (hot != "never")


@pytest.mark.parametrize(("hot", "seed"), [("never", 21), ("1", 22)], ids=["interpreted", "translated"])
def test_random_programs_miss_the_flash_cache_as_on_paper(hot: str, seed: int):
    """Registers, time, accesses and hits, with interrupts in the middle of a stall among them."""
    result = check("fuzz", "--hot", hot, "--seed", str(seed), "--count", "400", "--xip-miss-clk", "48")
    assert result["programs"] == 400
    assert (result["translator"]["translated"] > 100) == (hot != "never")


def test_cache_misses_are_those_counted_on_paper():
    """Straight lines, loops below and above 16 KB, half lines, sets, the uncached windows, flush, the flash's clock."""
    cases = check("cache")["cases"]
    assert len(cases) >= 30
    assert [case["name"] for case in cases if not case["ok"]] == []


def test_exceptions_and_the_stack_take_the_clocks_counted_on_paper():
    """Entry, return, one behind and within the other, a fault, wake-up, the vector in flash; PUSH and POP."""
    cases = check("clocks")["cases"]
    assert len(cases) >= 26
    assert [case["name"] for case in cases if not case["ok"]] == []


WRONG_CACHES = {
    "first way always goes": ("cpu/xip_cache.mjs", "1 ^ ((this.recent[set] >>> 2) & 1)", "0"),
    "a miss fetches the whole line": ("cpu/xip_cache.mjs", "| (1 << (word & 1))", "| 3"),
    "half as many sets": ("cpu/xip_cache.mjs", "export const SETS = 1024", "export const SETS = 512"),
    "translated code does not note what it used": (
        "cpu/trace.mjs",
        "return i32.store8(AT.RECENT + (this.line.number & (SETS - 1)), ZERO, local.get(this.line.state));",
        "return [];",
    ),
    "translated code takes half a line for the whole": ("cpu/trace.mjs", "whole: needed === 3", "whole: true"),
    "translated code that begins in a word takes its line for used": (
        "cpu/trace.mjs",
        "this.line.noted = false; //",
        "//",
    ),
    "translated code does not count loads": (
        "cpu/trace.mjs",
        "i32.add(loadSlot(ACCESSES), i32.const(1))",
        "loadSlot(ACCESSES)",
    ),
    "XIP_NOALLOC fills": ("cpu/xip_cache.mjs", "window === WINDOW.NO_ALLOCATE || window", "window"),
    "a flush keeps the lines": ("cpu/xip_cache.mjs", "    this.lines.fill(0);\n", ""),
}


@pytest.mark.parametrize(("file", "text", "other"), WRONG_CACHES.values(), ids=list(WRONG_CACHES))
def test_a_cache_that_is_wrong_in_one_line_is_told(file: str, text: str, other: str, tmp_path: Path):
    assert found_by(spoilt(tmp_path, file, text, other), "cache")["difference"] is not None


def spoilt(folder: Path, file: str, text: str, other: str) -> Path:
    """The emulation's sources, copied, with one text replaced by another."""
    sources = shutil.copytree(SOURCES, folder / "node")
    for name in ("node_modules", "bootrom_b1.bin"):
        (folder / name).symlink_to(SOURCES.parent / name)
    before = (sources / file).read_text()
    assert text in before
    (sources / file).write_text(before.replace(text, other))
    return sources


WRONG_CLOCKS = {
    "entering is free": ("cpu/interrupts.mjs", "R[SLOT.CYCLES] += exceptionClk(entryClk);", ""),
    "returning is free": ("cpu/interrupts.mjs", "if (!chained) R[SLOT.CYCLES] += exceptionClk(EXIT_CLK);", ""),
    "the stack is in the way of each exception": ("cpu/interrupts.mjs", "entryClk = CHAIN_CLK", "entryClk = ENTRY_CLK"),
    "the vector is read past the cache": ("cpu/interrupts.mjs", "xip.access(this.VTOR + 4 * number)", "0"),
    "code runs on past the limit": ("cpu/fast.mjs", " && R[CYCLES] >= R[LIMIT]) continue;", ");"),
    "PUSH does not count LR": ("cpu/interpreter.mjs", "return 1 + listedClk(op);", "return 1 + listedClk(op & 0xff);"),
    "translated POP does not count PC": ("cpu/emit_lists.mjs", "cycles + 2)", "cycles + 1)"),
}


@pytest.mark.parametrize(("file", "text", "other"), WRONG_CLOCKS.values(), ids=list(WRONG_CLOCKS))
def test_clocks_that_are_wrong_in_one_line_are_told(file: str, text: str, other: str, tmp_path: Path):
    assert found_by(spoilt(tmp_path, file, text, other), "clocks")["difference"] is not None


def test_the_firmware_starts_with_the_misses_counted_on_paper(uf2: Path):
    result = check("lockstep", "--uf2", str(uf2), "--seconds", "0.25", "--xip-miss-clk", "48")
    assert result["translator"]["translated"] > 100
    assert 0 < result["hits"] < result["accesses"] - 50_000


def test_the_firmware_starts_instruction_by_instruction_like_the_reference(uf2: Path):
    """From the boot ROM into MicroPython: registers, flags and time, compared every few hundred cycles."""
    result = check("lockstep", "--uf2", str(uf2), "--seconds", "0.15")
    assert result["instructions"] > 1_000_000
    assert result["translator"]["translated"] > 100
    assert result["comparisons"] > 10_000


def statistics_of_a_start(uf2: Path) -> tuple[dict[str, Any], int]:
    """How many blocks were translated and used in the first 150 ms after power-on, and where the program then was."""
    with VirtualPico(uf2, seed=3) as pico:
        pico.run(150_000_000)
        return pico.call("executorStatistics"), pico.cpu.pc


def test_translated_code_is_kept_between_processes_and_a_damaged_file_is_no_harm(uf2, tmp_path, monkeypatch):
    monkeypatch.setenv("SAPPER_CACHE", str(tmp_path))
    first, pc = statistics_of_a_start(uf2)
    second, same_pc = statistics_of_a_start(uf2)
    assert first["translated"] > 300
    assert second["translated"] < first["translated"] / 4
    assert second["blocks"] > first["blocks"] / 2
    assert same_pc == pc
    (kept,) = (tmp_path / "fastcpu").iterdir()
    damaged = bytearray(kept.read_bytes())
    damaged[-1] ^= 1
    kept.write_bytes(damaged)
    third, same_pc = statistics_of_a_start(uf2)
    assert third["translated"] == first["translated"]
    assert same_pc == pc


def test_another_text_of_any_source_makes_another_file_of_translated_code(tmp_path: Path):
    """Code that an older translator made is never taken."""
    copy = shutil.copytree(SOURCES, tmp_path / "node")
    command = [ready_node(), "--input-type=module", "--eval", NAMES_OF_THE_FILE, str(copy)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    names = json.loads(done.stdout)
    assert len(names) == 1 + len(list(SOURCES.rglob("*.mjs")))
    assert len(set(names)) == len(names)


# The file's name for the sources as they are, and after a change of each.
NAMES_OF_THE_FILE = """
import { appendFileSync, readdirSync } from 'node:fs';
const [folder] = process.argv.slice(1);
const { CodeCache } = await import(`${folder}/cpu/cache.mjs`);
const name = () => new CodeCache({ memory: { flash: new Uint8Array(1) } }, '').path;
const names = [name()];
for (const file of readdirSync(folder, { recursive: true }).filter((file) => file.endsWith('.mjs'))) {
  appendFileSync(`${folder}/${file}`, '\\n');
  names.push(name());
}
console.log(JSON.stringify(names));
"""


@pytest.mark.slow
def test_micropython_runs_a_script_like_the_reference(uf2: Path, tmp_path: Path):
    """Bytecode, viper and native code in RAM, floats, long integers, dictionaries, all in step with the reference."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    result = check("lockstep", "--uf2", str(uf2), "--script", str(script), "--seconds", "0.5", timeout_s=280)
    assert "4 5.5 3003 121932631112635269 [8, 7, 6]" in result["output"]


SCRIPT = """
import math, micropython

@micropython.viper
def viper_sum(data) -> int:
    view = ptr8(data)
    total = 0
    for i in range(64):
        total += int(view[i])
    return total

@micropython.native
def native_sum(n):
    total = 0
    for i in range(n):
        total += i
    return total

ordered = sorted({k: k for k in range(9)}.values(), key=lambda v: -v)
total = viper_sum(bytes(range(64))) + native_sum(45) - 3
print(int(math.sqrt(16)), 11 / 2, total, 123456789 * 987654321, ordered[:3])
"""
