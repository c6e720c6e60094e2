"""`make hotset`: choose what of the firmware is in RAM, and write firmware/board/hot_set.txt. Then build the firmware.

It begins with nothing in RAM; in each step it builds that image, traces all the work, and moves what costs most.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from rich.console import Console
from rich.table import Table

from hil.errors import HilError
from hil.prove.hot_set import choice, listing
from hil.prove.hot_set.choice import Stall
from hil.prove.hot_set.early import ran_early
from hil.prove.hot_set.listing import Entry
from hil.prove.hot_set.sections import FLASH, HOT, Image, Section
from hil.prove.hot_set.traced import Trace, TracedPico
from hil.prove.hot_set.work import WORK
from hil.prove.updates.versions import bundle
from hil.rigs.firmware import with_hot_set
from hil.rigs.virtual.xip import XIP_MISS_CLK
from hil.workers import workers
from sapper_host import processes
from sapper_host.errors import SapperError, Status
from sapper_host.files.checkout import BUILD
from sapper_host.files.place import check_file
from sapper_host.files.whole_file import write
from sapper_host.update import bundle as bundles

# One ends in the other by a jump that reaches 256 bytes: both stay in flash, where they are neighbours.
_NEIGHBOURS = (".text.__wrap___aeabi_ui2f", ".text.__wrap___aeabi_i2f")
ROOM_B = 46 * 1024  # RAM for the hot set
STEPS = 2


def trace_one(name: str, uf2: Path, update: Path, xip_miss_clk: int = XIP_MISS_CLK) -> Trace:
    """One work on a board of its own."""
    with closing(TracedPico(uf2, xip_miss_clk)) as pico:
        return WORK[name].trace(pico, update)


def trace_all(uf2: Path, folder: Path, jobs: int, xip_miss_clk: int = XIP_MISS_CLK) -> dict[str, Trace]:
    """All the work, on boards that run this image."""
    update = folder / "update.sapper"
    if not update.exists():
        bundles.write(bundle(folder / "update"), update)
    with workers(jobs) as pool:
        waiting = {name: pool.submit(trace_one, name, uf2, update, xip_miss_clk) for name in WORK}
        return {name: each.result() for name, each in waiting.items()}


def build(entries: list[Entry], folder: Path) -> Path:
    """The UF2 of an image with this hot set. HilError when it cannot be built."""
    listed = folder / "hot_set.txt"
    listed.write_text(listing.as_text(entries))
    return with_hot_set(listed, folder / "image")


def choose(folder: Path, room_b: int, steps: int, jobs: int, console: Console) -> tuple[list[Entry], list[list[Stall]]]:
    """The hot set for so much RAM; what misses take before each step and after the last."""
    entries: list[Entry] = []
    stalls: list[list[Stall]] = []
    uncached: dict[str, Trace] = {}
    for step in range(steps + 1):
        with console.status(f"step {step} of {steps}: {len(entries)} sections in RAM; building and tracing ..."):
            uf2 = build(entries, folder)
            uncached = uncached or trace_all(uf2, folder, jobs, 0)
            traces = trace_all(uf2, folder, jobs)
            stalls.append(choice.stalls(traces, uncached))
            if step < steps:
                entries += chosen(uf2, choice.costs(Image.beside(uf2), traces, uncached), room_b * (step + 1) // steps)
    return entries, stalls


def chosen(uf2: Path, cost: Mapping[Section, float], room_b: int) -> list[Entry]:
    """What to add to the hot set of that image, for so much RAM in all."""
    image = Image.beside(uf2)
    cost = {section: us for section, us in cost.items() if section.name not in _NEIGHBOURS}
    sizes, early = image.bytes_of(*FLASH), ran_early(uf2, image)
    more = choice.best(image, cost, room_b - sum(image.bytes_of(*HOT).values()))
    return [Entry(section, section in early, sizes[section], cost[section]) for section in more]


def table(before: list[Stall], after: list[Stall]) -> Table:
    """What the misses take of each limit, with nothing in RAM and with the hot set."""
    out = Table(title=f"What the flash cache costs, ms, at {XIP_MISS_CLK} clocks a miss")
    for name in ("of", "limit", "without the cache", "misses, nothing in RAM", "misses, hot set in RAM"):
        out.add_column(name, justify="left" if name == "of" else "right")
    for row, then in zip(before, after, strict=True):
        figures = (row.limit_us, row.work_us, row.stall_us, then.stall_us)
        out.add_row(row.of, *(f"{figure / 1000:.4g}" for figure in figures))
    return out


def as_json(entries: list[Entry], stalls: list[list[Stall]]) -> dict[str, object]:
    """The same figures, after each step, and what is in RAM."""
    return {
        "bytes": sum(row.bytes for row in entries),
        "sections": [{"section": str(row.section), "bytes": row.bytes, "cost": row.cost} for row in entries],
        "steps": [
            {row.of: {"limit_us": row.limit_us, "work_us": row.work_us, "stall_us": row.stall_us} for row in rows}
            for rows in stalls
        ],
    }


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m hil.prove.hot_set", description=__doc__)
    parser.add_argument("--room", type=int, default=ROOM_B, metavar="BYTES", help=f"RAM for it ({ROOM_B})")
    parser.add_argument("--steps", type=int, default=STEPS, help=f"in how many it is chosen ({STEPS})")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="emulators at once")
    parser.add_argument("--out", type=Path, default=listing.LIST, help="where the list goes")
    parser.add_argument("--json", action="store_true", help="the table as JSON, and nothing else")
    options = parser.parse_args(arguments)
    check_file(options.out)
    console = Console(stderr=options.json, width=160 if not sys.stdout.isatty() else None)
    BUILD.mkdir(exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix="hot-set-", dir=BUILD) as folder:
            entries, stalls = choose(Path(folder), options.room, options.steps, options.jobs, console)
    except (HilError, SapperError) as error:
        console.print(f"[bold red]error:[/] {error}", highlight=False)
        return int(Status.ERROR)
    write(options.out, listing.as_text(entries))
    if options.json:
        print(json.dumps(as_json(entries, stalls), indent=1))
    else:
        console.print(table(stalls[0], stalls[-1]))
        console.print(f"written: {options.out}; now `make firmware`", highlight=False)
    return int(Status.OK)


if __name__ == "__main__":
    sys.exit(processes.command(main))
