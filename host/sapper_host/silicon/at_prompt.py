"""Steps at MicroPython's prompt: the flash cache, the flash chip, the ADC, the clock."""

from __future__ import annotations

import math
from typing import Any

from sapper_host.silicon.bench import Bench
from sapper_host.silicon.step import Figure, Measured, Skipped

CLOCK_S = 30.0
_ASKED = 20
_TICKS_WRAP = 1 << 30
# Where the RP2040's converter leaves codes out (erratum RP2040-E11), and how far around one is looked at.
_GAPS = (512, 1536, 2560, 3584)
_AROUND = 4
# An input that wanders further tells of what is before the converter, not of the converter.
QUIET_LSB = 8.0
_INPUTS = ("gpio26", "gpio27", "gpio28", "gpio29", "temperature")
# Shares of hits that tell how the cache replaces: three lines in turn, and one of them every second time.
_NONE, _HALF = 0.01, 0.48


def cache(bench: Bench) -> Measured:
    """Clocks of a word, cached and not; half lines, ways, which line is replaced; SSI's divider."""
    raw = bench.prompt().measure("cache")
    mhz = raw["clk_hz"] / 1e6
    three_us, accesses, hits = raw["three_lines"]
    rounds, misses = raw["rounds"], accesses - hits
    figures: dict[str, Figure] = {
        "clk_sys_mhz": mhz,
        "ssi_baudr": raw["baudr"],
        "uncached_clk": round((raw["uncached_us"] - raw["ram_us"]) * mhz / raw["loads"], 2),
        "hit_clk": round((raw["cached_us"] - raw["ram_us"]) * mhz / raw["loads"], 2),
        "miss_clk": round((three_us - raw["three_in_ram"][0]) * mhz / misses, 2) if misses > 0 else None,
        "fetched_bytes": {2: 4, 3: 8}.get(raw["halves"][2]),
        "two_ways": raw["two_lines"][2] == 2 * rounds - 2,
        "way_bytes": next((step for step, (_, all_, hit) in sorted(raw["closer"].items()) if hit < all_ - 3), None),
        "replacement": _replacement(raw),
        "three_lines_hit_percent": round(100 * hits / max(1, accesses), 1),
        "counters_exact": raw["halves"][1] == 4 and accesses == 3 * rounds,
    }
    return Measured(figures, raw)


def _replacement(raw: dict[str, Any]) -> str:
    in_turn, again = (raw[name][2] / max(1, raw[name][1]) for name in ("three_lines", "first_again"))
    if in_turn > _NONE:
        return "random"
    return "least recently used" if again > _HALF else "first in, first out"


def flash(bench: Bench) -> Measured:
    """How long a sector's erase and a page's programming take, in the update slot that does not run."""
    raw = bench.prompt().measure("flash")
    if "why" in raw:
        raise Skipped(raw["why"])
    erase_us, program_us = raw["erase_us"], raw["program_us"]
    figures: dict[str, Figure] = {
        "erase_ms": round(sum(erase_us) / len(erase_us) / 1000, 2),
        "erase_longest_ms": round(max(erase_us) / 1000, 2),
        "program_ms": round(sum(program_us) / len(program_us) / 1000, 3),
        "program_longest_ms": round(max(program_us) / 1000, 3),
    }
    return Measured(figures, raw)


def converter(bench: Bench) -> Measured:
    """Histograms of the ADC's inputs as they are; noise is that of the quietest."""
    raw = dict(zip(_INPUTS, bench.prompt().measure("converter"), strict=True))
    figures: dict[str, Figure] = {}
    quiet = []
    for name, counts in raw.items():
        mean, rms = spread(counts)
        figures[f"{name}_mean_lsb"], figures[f"{name}_rms_lsb"] = round(mean, 2), round(rms, 2)
        if rms <= QUIET_LSB:
            quiet.append(rms)
    figures["noise_lsb"] = round(min(quiet), 2) if quiet else None
    for code in _GAPS:
        figures[f"gap_{code}"] = _gap(raw, code)
    return Measured(figures, {name: sorted(counts.items()) for name, counts in raw.items()})


def spread(counts: dict[int, int]) -> tuple[float, float]:
    """(mean, root mean square about it) of codes that came so often."""
    total = sum(counts.values())
    mean = sum(code * count for code, count in counts.items()) / total
    return mean, math.sqrt(sum((code - mean) ** 2 * count for code, count in counts.items()) / total)


def _gap(raw: dict[str, dict[int, int]], code: int) -> float | None:
    """How often `code` came, in times of those around it; None where no input has been on both its sides."""
    for counts in raw.values():
        if min(counts) < code < max(counts):
            around = [counts.get(code + step, 0) for step in range(-_AROUND, _AROUND + 1) if step]
            return round(counts.get(code, 0) * len(around) / max(1, sum(around)), 2)
    return None


def clock(bench: Bench, for_s: float) -> Measured:
    """The board's crystal by the laptop's clock, in parts per million."""
    bench.prompt().run("from time import ticks_us")
    first = _instant(bench)
    while bench.clock() - first[0] < for_s:
        # At least once in a second: the line, and a rig's time, go on.
        bench.dialog.quiet(min(1.0, max(0.01, for_s - (bench.clock() - first[0]))))
    last = _instant(bench)
    laptop_s = last[0] - first[0]
    board_s = (last[1] - first[1]) % _TICKS_WRAP / 1e6
    figures: dict[str, Figure] = {
        "crystal_ppm": round((board_s / laptop_s - 1) * 1e6, 1),
        "crystal_within_ppm": round((first[2] + last[2]) / laptop_s * 1e6, 1),
    }
    return Measured(figures, {"first": first, "last": last})


def _instant(bench: Bench) -> tuple[float, int, float]:
    """(laptop's seconds, board's microseconds, how far the two may be apart in seconds): the quickest of many."""
    found = []
    for _ in range(_ASKED):
        before = bench.clock()
        ticks = bench.prompt().value("ticks_us()")
        after = bench.clock()
        found.append(((before + after) / 2, int(ticks), (after - before) / 2))
    return min(found, key=lambda each: each[2])
