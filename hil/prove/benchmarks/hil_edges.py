"""What the bench says of MOTOR_EN against what happened: its edges, and how long after an emergency stop it falls.

`python -m hil.prove.benchmarks.hil_edges --moments 100` brings the rover to SWEEP and ARMED in turn, opens the loop at
100 seeded moments, and compares each with the emulator's own record of the rover's two pins; the same moments on
`virtual` beside it. --delay-off NS: a known bad bench, that is told delays of the lines that are off by so much.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass, field, replace
from random import Random
from statistics import fmean

from hil.errors import HilError
from hil.prove.benchmarks.hil_command import parser_of, show
from hil.prove.benchmarks.hil_world_clock import WorldClock, outside_of
from hil.prove.benchmarks.row import Row, at_most
from hil.prove.safety.stage import Stage
from hil.rigs.bench.emulated import emulated_config, open_emulated
from hil.rigs.bench.rig import BenchRig
from hil.rigs.firmware import default_uf2, instrument_uf2
from hil.rigs.registry import open_rig
from hil.rigs.rig import NS_PER_MS, Rig
from hil.workers import workers
from sapper.shared.pins import GPIO
from sapper_host import processes

MOMENTS = 100
JOBS = 2
_SEED = 3
_STATES = ("SWEEP", "ARMED")
_EDGE_US, _LATENCY_US = 1, 2
_SEEN_NS = 60 * NS_PER_MS  # after a moment: the stop itself takes a tenth of a millisecond
_NS_PER_US = 1000

Edge = tuple[int, int]


@dataclass
class Told:
    """By moment: from the loop's opening to MOTOR_EN low, ns, as the rig tells it, and as it was where that is known.

    edges: of MOTOR_EN, (told, true), ns of the rig's clock; astray: edges that were not told, or are none.
    """

    told_ns: list[float] = field(default_factory=list)
    true_ns: list[float] = field(default_factory=list)
    edges: list[tuple[float, float]] = field(default_factory=list)
    astray: int = 0
    width_ns: float = 0.0

    def add(self, more: Told) -> None:
        """What another rig told, too."""
        self.told_ns += more.told_ns
        self.true_ns += more.true_ns
        self.edges += more.edges
        self.astray += more.astray
        self.width_ns = max(self.width_ns, more.width_ns)


def open_bench_off(delay_off_ns: int = 0, seed: int = _SEED) -> BenchRig:
    """An emulated bench that is told delays of its lines that are off by so much."""
    config = emulated_config()
    outside = open_emulated(default_uf2(), instrument_uf2(), config, seed)
    return BenchRig(outside, replace(config, line_delay_ns=config.line_delay_ns + delay_off_ns))


def pair_edges(told: Sequence[Edge], true: Sequence[Edge]) -> tuple[list[tuple[int, int]], int]:
    """(time told, true time) of each edge, and how many have no partner: one by one, as their levels agree."""
    if [level for _, level in told] == [level for _, level in true]:
        return [(ours, theirs) for (ours, _), (theirs, _) in zip(told, true, strict=True)], 0
    return [], max(1, abs(len(told) - len(true)))


def on_bench(rig: BenchRig, moments: int, seed: int = _SEED) -> Told:
    """The moments on an emulated bench, which is closed."""
    with rig:
        rover = outside_of(rig).pair.rover
        loop, enable = rover.pin(GPIO["ESTOP_OK"]), rover.pin(GPIO["MOTOR_EN"])
        clock = WorldClock(rig)
        for pin in (loop, enable):
            pin.watch()
        told = Told()

        def truth(opened_ns: int, seen: Sequence[Edge]) -> None:
            clock.look()
            edges = enable.edges()
            pairs, astray = pair_edges(seen, edges)
            told.edges += [(ours, clock.rig_ns(theirs)) for ours, theirs in pairs]
            told.astray += astray
            opened = [t for t, level in loop.edges() if not level]
            told.true_ns.append(edges[-1][0] - opened[-1])

        _moments(rig, moments, seed, told, truth)
        told.width_ns = clock.width_ns
    return told


def on_virtual(moments: int, seed: int = _SEED) -> Told:
    """The same on `virtual`, which tells what it is."""
    rig = open_rig("virtual", seed=seed)
    told = Told()
    try:
        _moments(rig, moments, seed, told, lambda opened_ns, seen: None)
    finally:
        rig.close()
    return told


def _moments(rig: Rig, moments: int, seed: int, told: Told, truth: Callable[[int, Sequence[Edge]], None]) -> None:
    loop = rig.pin(GPIO["ESTOP_OK"])
    loop.watch()
    stage = Stage(rig, seed)
    chance = Random(seed)
    first = len(stage.timeline.enable)
    for moment in range(moments):
        stage.to(_STATES[moment % len(_STATES)])
        stage.look(0)
        loop.edges()
        at_ns = rig.now_ns + chance.randrange(NS_PER_MS, 20 * NS_PER_MS)
        stage.loop_closed(False, at_ns)
        stage.look(_SEEN_NS)
        opened_ns = next((t for t, level in loop.edges() if not level), at_ns)
        seen = [(round(t), int(level)) for t, level in stage.timeline.enable[first:]]
        if not seen or seen[-1][1]:
            raise HilError(f"moment {moment}: by this rig MOTOR_EN has not fallen; run `sapper bench check`")
        told.told_ns.append(seen[-1][0] - opened_ns)
        truth(opened_ns, seen)
        stage.safe()
        first = len(stage.timeline.enable)
    if stage.repeats:
        raise HilError(f"something was tried again, so the moments are not as meant: {stage.repeats[0]}")


def rows_of(bench: Told, virtual: Told) -> list[Row]:
    """The figures."""
    worst = max((abs(told - true) for told, true in bench.edges), default=float("inf"))
    apart = [abs(told - true) for told, true in zip(bench.told_ns, bench.true_ns, strict=True)]
    of = f"{len(bench.told_ns)} moments in {' and '.join(_STATES)}"
    limit = at_most("ESTOP_OPEN_US")
    ours, theirs = bench.told_ns, virtual.told_ns
    within = f"<= {_LATENCY_US}"
    return [
        Row("edges of MOTOR_EN that the instrument left out or made up", bench.astray, "", "<= 0"),
        Row(
            "edge of MOTOR_EN by the instrument against the emulator's, worst",
            worst / _NS_PER_US,
            "us",
            f"<= {_EDGE_US}",
            note=f"{len(bench.edges)} edges; the timer's zero is known to {bench.width_ns / 2:.0f} ns",
        ),
        Row("emergency stop to MOTOR_EN low, by the bench, worst", max(ours) / _NS_PER_US, "us", limit, note=of),
        Row("the same by virtual, worst", max(theirs) / _NS_PER_US, "us", limit, note=of),
        Row("by the bench against the same rover's own, worst", max(apart) / _NS_PER_US, "us", within, note=of),
        Row(
            "mean by the bench against by virtual",
            abs(fmean(ours) - fmean(theirs)) / _NS_PER_US,
            "us",
            within,
            note=f"{fmean(ours) / _NS_PER_US:.2f} and {fmean(theirs) / _NS_PER_US:.2f} us",
        ),
        Row("worst by the bench against by virtual", abs(max(ours) - max(theirs)) / _NS_PER_US, "us", within, note=of),
    ]


def _part(rig: str, moments: int, seed: int, delay_off_ns: int) -> tuple[str, Told]:
    if rig == "virtual":
        return rig, on_virtual(moments, seed)
    return rig, on_bench(open_bench_off(delay_off_ns, seed), moments, seed)


def rows(
    moments: int = MOMENTS, delay_off_ns: int = 0, jobs: int = JOBS, tell: Callable[[str], None] = lambda text: None
) -> list[Row]:
    """As `make bench --only hil` tells them. Shared out between so many rigs of each kind, each a board of its own."""
    shares = [len(range(job, moments, jobs)) for job in range(jobs)]
    told = {"bench": Told(), "virtual": Told()}
    with workers(jobs) as pool:
        waiting = [
            pool.submit(_part, rig, share, _SEED + job, delay_off_ns)
            for rig in told
            for job, share in enumerate(shares)
            if share
        ]
        for done in as_completed(waiting):
            rig, part = done.result()
            told[rig].add(part)
            tell(f"{rig}: {len(told[rig].told_ns)} of {moments}")
    return rows_of(told["bench"], told["virtual"])


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = parser_of(__doc__)
    parser.add_argument("--moments", type=int, default=MOMENTS)
    parser.add_argument("--jobs", type=int, default=JOBS)
    parser.add_argument("--delay-off", type=int, default=0, metavar="NS", help="a known bad bench")
    options = parser.parse_args(arguments)
    return show(lambda: rows(options.moments, options.delay_off, options.jobs, lambda text: print(text, flush=True)))


if __name__ == "__main__":
    sys.exit(processes.command(main))
