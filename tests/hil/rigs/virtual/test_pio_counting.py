"""A PIO machine that counts in a jump to itself sleeps until it has counted, and nobody can tell: every register, flag
and edge comes at the cycle at which it comes when each turn is taken."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from hil.rigs.virtual.link import ready_node
from sapper_host.files.checkout import ROOT

pytestmark = pytest.mark.virtual
MS = 1_000_000
CYCLE_NS = 8
SOURCES = ROOT / "hil" / "rigs" / "virtual" / "node"


def fuzzed(sources: Path, *arguments: str) -> dict[str, Any]:
    """What random programs found: on one chip machines sleep, on the other they take each turn."""
    command = [ready_node(), str(sources / "proof" / "check.mjs"), "pio", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode in (0, 1), done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@pytest.mark.parametrize(("seed", "circles"), [(1, []), (2, []), (3, ["--circles"])])
def test_random_programs_run_as_if_each_turn_were_taken(seed: int, circles: list[str]):
    """Written to, stopped, forced, starved, with other pins, dividers and clocks in mid-count; alone on their pins and
    against each other; `circles`: polling programs sleep as well, on both chips."""
    result = fuzzed(SOURCES, "--seed", str(seed), "--count", "200", *circles)
    assert result["difference"] is None, result["difference"]
    assert result["programs"] == 200
    assert result["asleep"] < result["awake"] / 4


TURN = "this.turnNanos = (1 + this.machine.delay) * this.period;"
PROGRAM = "this.instructions[(offset - INSTR_MEM0) >> 2] = value;\n      this.runners.forEach((runner) => runner.{}());"
RUNNER = "pio/runner.mjs"
WRONG = {
    "wakes a turn early": (RUNNER, "this.turnsLeft * this.turnNanos)", "(this.turnsLeft - 1) * this.turnNanos)"),
    "wakes a turn late": (RUNNER, "this.turnsLeft * this.turnNanos)", "(this.turnsLeft + 1) * this.turnNanos)"),
    "a turn too few when looked at": (RUNNER, "Math.ceil((nanos - this.next)", "Math.floor((nanos - this.next)"),
    "delays are left out": (RUNNER, f"{TURN}\n    return", "this.turnNanos = this.period;\n    return"),
    "forced before it has caught up": (RUNNER, "this.catchUp();\n    machine.latched", "machine.latched"),
    "does not notice another program": ("pio/block.mjs", PROGRAM.format("wake"), PROGRAM.format("notice")),
    "does not notice another divider": (RUNNER, f"{TURN}\n    if", "if"),
    "does not hold its pins": ("pio/outputs.mjs", "this.disturbed |= 1 << runner.machine.index;", ""),
    "sleeps though it has lost a pin": (RUNNER, " || this.machine.pinsLost !== 0", ""),
    "goes on past another's turn": (
        "time/clock.mjs",
        "this.nextAlarm !== null && this",
        "this.nextAlarm === this && this",
    ),
    "goes on past the end": ("time/clock.mjs", "nanos > this.untilNanos || ", ""),
    "counts the other register": (RUNNER, "{ 2: 'x', 4: 'y' }", "{ 2: 'y', 4: 'x' }"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_count_that_is_wrong_in_one_line_is_told(wrong: str, tmp_path: Path):
    file, text, other = WRONG[wrong]
    sources = shutil.copytree(SOURCES, tmp_path / "node")
    for name in ("node_modules", "bootrom_b1.bin"):
        (tmp_path / name).symlink_to(SOURCES.parent / name)
    before = (sources / file).read_text()
    assert before.count(text) == 1
    (sources / file).write_text(before.replace(text, other))
    runs = [fuzzed(sources, "--seed", "1", "--count", "400", *circles) for circles in ([], ["--circles"])]
    assert any(run["difference"] is not None for run in runs)


# A word: 26 bits of delay, 6 levels that hold after it.
PLAY = (
    "import array\n"
    "@rp2.asm_pio(out_init=(rp2.PIO.OUT_LOW,) * 6, out_shiftdir=rp2.PIO.SHIFT_RIGHT, autopull=True,\n"
    "             fifo_join=rp2.PIO.JOIN_TX)\n"
    "def play():\n"
    "    out(x, 26)\n"
    "    label('self')\n"
    "    jmp(x_dec, 'self')\n"
    "    out(pins, 6)\n"
    "sm = rp2.StateMachine(4, play, out_base=Pin(2))\n"
    "words = array.array('I', [(k % 64) << 26 | ({cycles} - 3) for k in range({count})])\n"
    "d = rp2.DMA()\n"
    "d.config(read=words, write=0x50300010, count={count}, trigger=True,\n"
    "         ctrl=d.pack_ctrl(size=2, inc_write=False, treq_sel=8))\n"
    "sm.active(1)"
)


@pytest.mark.parametrize("cycles", [3, 4, 5, 1000, 62_500])
def test_levels_are_played_at_their_cycle(repl, cycles: int):
    pins = [repl.pico.pin(2 + bit) for bit in range(6)]
    for pin in pins:
        pin.watch()
    count = 200
    repl.execute(PLAY.format(cycles=cycles, count=count))
    repl.pico.run(count * cycles * CYCLE_NS + MS)
    played: dict[int, int] = {}
    for bit, pin in enumerate(pins):
        for t, level in pin.edges():
            played[t] = played.get(t, 0) | (level << bit) | (0 if level else 1 << (6 + bit))
    times = sorted(played)
    assert [b - a for a, b in zip(times, times[1:], strict=False)] == [cycles * CYCLE_NS] * (count - 2)
    level = 0
    for expected, t in zip((k % 64 for k in range(1, count)), times, strict=True):
        level = (level | (played[t] & 63)) & ~(played[t] >> 6)
        assert level == expected
    repl.execute("sm.active(0); d.close()")


def test_x_is_right_whenever_it_is_looked_at(repl):
    """In mid-count by an instruction put in, and after a stop and a start; a turn of 3 cycles at a divider of 2.5."""
    out = repl.execute(
        "@rp2.asm_pio()\n"
        "def count():\n"
        "    label('self')\n"
        "    jmp(x_dec, 'self') [2]\n"
        "    label('end')\n"
        "    jmp('end')\n"
        "sm = rp2.StateMachine(4, count, freq=50_000_000)\n"
        "def x():\n"
        "    sm.exec(0xa0c1); sm.exec(0x8000); return sm.get()\n"
        "sm.put(100_000_000); sm.exec('pull()'); sm.exec('mov(x, osr)')\n"
        "def look():\n"
        "    return x(), time.ticks_us()\n"
        "def since(before):\n"
        "    time.sleep_ms(7); now = look(); print(before[0] - now[0], time.ticks_diff(now[1], before[1]))\n"
        "sm.active(1); a = look(); since(a)\n"
        "sm.active(0); a = look(); since(a)\n"
        "sm.active(1); a = look(); since(a); sm.active(0)"
    )
    (first, took), (stopped, _), (second, took_too) = (
        [int(word) for word in line.split()] for line in out.splitlines()
    )
    assert first == pytest.approx(took * 50 / 3, abs=30 * 50 / 3)  # the way from one to the other
    assert second == pytest.approx(took_too * 50 / 3, abs=30 * 50 / 3)
    assert stopped == 0


def test_what_the_last_instruction_of_a_circle_does_is_done_each_time_round(repl):
    """Once round, from the last turn of the count on, its rise is the only edge."""
    repl.execute(
        "@rp2.asm_pio(sideset_init=rp2.PIO.OUT_LOW)\n"
        "def prog():\n"
        "    set(x, 1) .side(0)\n"
        "    wrap_target()\n"
        "    label('turn')\n"
        "    jmp(x_dec, 'turn') .side(0)\n"
        "    mov(x, null) .side(0)\n"
        "    nop() .side(1)\n"
        "    wrap()\n"
        "sm = rp2.StateMachine(4, prog, freq=1_000_000, sideset_base=Pin(2))"
    )
    pin = repl.pico.pin(2)
    pin.watch()
    repl.execute("sm.active(1); time.sleep_us(1000); sm.active(0)")
    edges = pin.edges()
    assert len(edges) > 300
    assert {b[0] - a[0] for a, b in zip(edges, edges[1:], strict=False)} == {1000, 2000}


def test_counting_costs_nothing(repl):
    """A second of it takes half a minute and more turn by turn; asleep, next to nothing."""
    repl.execute(PLAY.format(cycles=62_500, count=2000))
    began = time.monotonic()
    repl.pico.run(1000 * MS)
    assert time.monotonic() - began < 10
    repl.execute("sm.active(0); d.close()")
