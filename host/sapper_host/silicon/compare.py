"""What a board showed beside what the model shows by the same steps, and what is to be set where they differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sapper_host.silicon.step import Figure


@dataclass(frozen=True)
class Row:
    """within: how far the board may be from the model, in the figure's unit, or, as `share`, of the model's figure;
    both 0: the same. set: what to do about a difference, {} for the board's figure."""

    figure: str
    what: str
    unit: str = ""
    within: float = 0.0
    share: float = 0.0
    set: str = ""


_MODEL = "look at the model: hil/rigs/virtual/node/"
_FIRMWARE = "a limit of docs/safety.md is at stake: the firmware has to become quicker"
ROWS = (
    Row("uncached_clk", "a word past the cache", "clk", 1.0, set="xip_miss_clk={:.0f}"),
    Row("miss_clk", "a word that the cache lacks", "clk", 1.0, set="xip_miss_clk={:.0f}"),
    Row("hit_clk", "a word that it has", "clk", 0.1, set=_MODEL + "cpu/xip_cache.mjs"),
    Row("fetched_bytes", "bytes that a miss fetches", "B", set=_MODEL + "cpu/xip_cache.mjs"),
    Row("two_ways", "two lines of a set are kept", set=_MODEL + "cpu/xip_cache.mjs"),
    Row("way_bytes", "bytes of a way", "B", set=_MODEL + "cpu/xip_cache.mjs"),
    Row("replacement", "which line is replaced", set="xip_random=True where it is 'random'"),
    Row("counters_exact", "CTR_ACC counts every load", set=_MODEL + "cpu/xip_cache.mjs"),
    Row("ssi_baudr", "SSI's divider", set="FASTEST_BAUD, in xip_cache.mjs"),
    Row("clk_sys_mhz", "clk_sys", "MHz", set="the figures are not of the clock that the model has"),
    Row("erase_ms", "erase of a sector, mean", "ms", share=0.5, set="flash_wear, or {:.1f} ms in node/flash/nor.mjs"),
    Row(
        "program_ms",
        "programming of a page, mean",
        "ms",
        share=0.5,
        set="flash_wear, or {:.2f} ms in node/flash/nor.mjs",
    ),
    Row("noise_lsb", "ADC noise, quietest input", "LSB", 0.5, set="adc_noise_lsb={:.1f}"),
    Row(
        "crystal_ppm",
        "crystal against the laptop",
        "ppm",
        100.0,
        set="crystal_ppm={:.0f}, if the laptop's clock is right",
    ),
    Row("start_ms", "reset to the first answer", "ms", share=0.2, set="BOOT_MS; a laptop takes some for finding USB"),
    Row("load_percent", "CPU load of a sweep", "%", 2.0, set=_FIRMWARE),
    Row("late_p999_us", "ticks begin late, all but 1 in 1000", "us", 100.0, set=_FIRMWARE),
    Row("tick_max_us", "longest tick of the sweep", "us", 1000.0, set=_FIRMWARE),
    Row("cache_accesses_per_s", "words asked of the cache", "1/s", share=0.05, set="fetching ahead, in the model"),
    Row("cache_hit_percent", "that it had", "%", 0.5, set="xip_random, or fetching ahead, in the model"),
)


@dataclass(frozen=True)
class Compared:
    """within: None where one of the two has no figure. set: '' where nothing is to be done."""

    what: str
    unit: str
    board: Figure
    model: Figure
    within: bool | None
    set: str

    def as_dict(self) -> dict[str, Any]:
        """For the record."""
        return asdict(self)


def compare(board: Mapping[str, Figure], model: Mapping[str, Figure]) -> Iterator[Compared]:
    """A row each, in the table's order."""
    for row in ROWS:
        ours, theirs = board.get(row.figure), model.get(row.figure)
        if ours is None or theirs is None:
            yield Compared(row.what, row.unit, ours, theirs, None, "")
            continue
        good = _within(row, ours, theirs)
        yield Compared(row.what, row.unit, ours, theirs, good, "" if good else row.set.format(ours))


def _within(row: Row, ours: Figure, theirs: Figure) -> bool:
    if isinstance(ours, str | bool) or isinstance(theirs, str | bool) or ours is None or theirs is None:
        return ours == theirs
    return abs(ours - theirs) <= max(row.within, row.share * abs(theirs))
