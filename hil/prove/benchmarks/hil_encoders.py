"""What the rover counts of the encoders that the bench plays: minutes of random speeds both ways, exact or not.

`python -m hil.prove.benchmarks.hil_encoders --minutes 10` plays both tracks at random speeds, some as fast as a track
can, with turns in between, and compares the rover's own counts with the played edges at each rest. Two emulated
benches share the minutes out. --drop N: each so-manieth edge is left out of what is played, a known bad bench.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass
from random import Random

from hil.errors import HilError
from hil.play.operator import Operator
from hil.prove.benchmarks.hil_command import parser_of, show
from hil.prove.benchmarks.hil_world_clock import outside_of
from hil.prove.benchmarks.row import Row
from hil.rigs.bench.opened import open_bench
from hil.rigs.bench.rig import BenchRig
from hil.rigs.rig import NS_PER_MS, NS_PER_S
from hil.workers import workers
from hil.world.encoder import QUARTERS, Edges
from hil.world.wiring import Decoder
from sapper.shared.pins import GPIO
from sapper_host import processes

MINUTES = 10.0
JOBS = 2
_SEED = 11
_SIDES = ("LEFT", "RIGHT")
_LEG_NS = 5 * NS_PER_S  # then both rest, and are compared
_REST_NS = 300 * NS_PER_MS  # a telemetry frame of it has come
# From quarter to quarter, two to a count: 2 m/s of a track with 1000 counts to the metre, and crawling.
_GAP_NS = (250_000, 20_000_000)
_RUN_NS = (20 * NS_PER_MS, 800 * NS_PER_MS)
_WRAP = 1 << 16


@dataclass(frozen=True)
class Compared:
    """A rest: each track's counts by the rover and as played, from the first rest on, modulo 65536."""

    counted: tuple[int, int]
    played: tuple[int, int]
    edges: int

    @property
    def off(self) -> int:
        """By how many, both tracks together."""
        return sum(
            abs((ours - theirs + _WRAP // 2) % _WRAP - _WRAP // 2)
            for ours, theirs in zip(self.counted, self.played, strict=True)
        )


class Track:
    """An encoder that is turned at random. `leg` gives its edges; `ticks` is what a decoder makes of all so far."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._quarter = -1  # both low, as the bench begins
        self._decoder = Decoder(QUARTERS[self._quarter % 4])

    @property
    def ticks(self) -> int:
        """Forward positive."""
        return self._decoder.ticks

    def leg(self, start_ns: int, end_ns: int) -> tuple[Edges, Edges]:
        """Runs at one speed each, forwards or back, from start to end."""
        a, b = Edges(), Edges()
        chance, at_ns = self._chance, start_ns
        while at_ns < end_ns:
            least, most = _GAP_NS
            gap_ns = round(least * (most / least) ** chance.random())
            until_ns = min(end_ns, at_ns + chance.randrange(*_RUN_NS))
            step = chance.choice((-1, 1))
            at_ns += gap_ns
            while at_ns < until_ns:
                before, self._quarter = self._quarter, self._quarter + step
                was, now = QUARTERS[before % 4], QUARTERS[self._quarter % 4]
                line, level = (a, now[0]) if was[0] != now[0] else (b, now[1])
                line.times_ns.append(at_ns)
                line.levels.append(level)
                at_ns += gap_ns
        self._decoder.take(a, b)
        return a, b


def without(edges: Edges, drop: int) -> Edges:
    """Without each so-manieth pulse; 0: as they are."""
    if not drop:
        return edges
    keep = [i for i in range(len(edges.times_ns)) if i // 2 % drop != drop - 1]
    return Edges([edges.times_ns[i] for i in keep], [edges.levels[i] for i in keep])


def measure(rig: BenchRig, minutes: float, seed: int, drop: int = 0) -> list[Compared]:
    """So many of the world's minutes, by legs; the rig is closed."""
    with rig:
        operator = Operator(rig)
        operator.boot()
        operator.must("telemetry raw")
        tracks = [Track(Random(f"{seed} {side}")) for side in _SIDES]
        operator.run(_REST_NS)
        first = _counts(operator)
        compared = []
        pair = outside_of(rig).pair
        end_ns = pair.now_ns + minutes * 60 * NS_PER_S
        while pair.now_ns < end_ns:
            start_ns = rig.now_ns + NS_PER_MS
            count = 0
            for side, track in zip(_SIDES, tracks, strict=True):
                for letter, edges in zip("AB", track.leg(start_ns, start_ns + _LEG_NS), strict=True):
                    count += len(edges.times_ns)
                    played = without(edges, drop) if letter == "A" else edges
                    rig.pin(GPIO[f"ENC_{side}_{letter}"]).drive_edges(played.times_ns, played.levels)
            operator.run(_LEG_NS + _REST_NS, 50 * NS_PER_MS)
            counts = _counts(operator)
            operator.heard.frames.clear()
            compared.append(
                Compared(
                    ((counts[0] - first[0]) % _WRAP, (counts[1] - first[1]) % _WRAP),
                    (tracks[0].ticks % _WRAP, tracks[1].ticks % _WRAP),
                    count,
                )
            )
        return compared


def _counts(operator: Operator) -> tuple[int, int]:
    frame = next((each for each in reversed(operator.heard.frames) if each.name == "RAW"), None)
    if frame is None:
        raise HilError("the rover sends no raw telemetry; `telemetry raw` was answered by ok")
    return frame.fields["left_4"], frame.fields["right_4"]


def _share(minutes: float, seed: int, drop: int) -> list[Compared]:
    return measure(open_bench(seed=seed), minutes, seed, drop)


def rows_of(compared: Sequence[Compared], minutes: float) -> list[Row]:
    """The figure. HilError when hardly anything was played."""
    edges = sum(each.edges for each in compared)
    if not edges:
        raise HilError("no edge was played: nothing was counted")
    return [
        Row(
            f"counts off at the worst rest, {minutes:g} min of random speeds both ways",
            max(each.off for each in compared),
            "",
            "<= 0",
            note=f"{len(compared)} rests, {edges} edges played, two tracks",
        )
    ]


def run(minutes: float, jobs: int, drop: int = 0, tell: Callable[[str], None] = lambda text: None) -> list[Row]:
    """Shared out between so many benches."""
    compared: list[Compared] = []
    with workers(jobs) as pool:
        waiting = [pool.submit(_share, minutes / jobs, _SEED + job, drop) for job in range(jobs)]
        for done in as_completed(waiting):
            compared += done.result()
            tell(f"{len(compared)} rests")
    return rows_of(compared, minutes)


def rows() -> list[Row]:
    """As `make bench` tells them."""
    return run(MINUTES, JOBS)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = parser_of(__doc__)
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--jobs", type=int, default=JOBS)
    parser.add_argument("--drop", type=int, default=0, metavar="N", help="a known bad bench")
    options = parser.parse_args(arguments)
    return show(lambda: run(options.minutes, options.jobs, options.drop, lambda text: print(text, flush=True)))


if __name__ == "__main__":
    sys.exit(processes.command(main))
