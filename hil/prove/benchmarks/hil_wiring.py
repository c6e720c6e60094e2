"""Whether `sapper bench check` finds what is wrong with the wires, and names it: every single fault, one by one.

`python -m hil.prove.benchmarks.hil_wiring` cuts every line, voltage and wire of the converter's bus, swaps and joins
every two of a kind, has the check's trials look, and mends. Found: something is told. Named: what is told names the
very wires, and nothing but that kind of fault. --blind: the trials' answers are those of whole wires, a known bad
check; --every N: only each Nth fault.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass
from itertools import combinations

from hil.bench.check import diagnose, look, model
from hil.bench.check.diagnose import Finding
from hil.bench.check.instrument import Instrument
from hil.bench.check.rover import Rover
from hil.bench.check.run import neighbours
from hil.bench.parts.parts import open_parts
from hil.errors import HilError
from hil.prove.benchmarks.hil_command import parser_of, show
from hil.prove.benchmarks.row import Row
from hil.rigs.bench.emulated import EmulatedOutside, emulated_config, open_emulated
from hil.rigs.firmware import default_uf2, instrument_uf2
from hil.workers import workers
from sapper_host import processes

JOBS = 2
_NAMED_PERCENT = 95
_SEED = 5
_WHOLE = "nothing"
# How a fault is put in -> what the check has to call it.
_CALLED = {"open": f"is {model.OPEN}", "swap": f"are {model.SWAPPED}", "short": "touch"}


@dataclass(frozen=True)
class Fault:
    """How the emulated wires take it; kind 'nothing': they are whole."""

    kind: str
    lines: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join((self.kind, *self.lines))


@dataclass(frozen=True)
class Judged:
    """What the check told of a fault."""

    fault: Fault
    told: tuple[Finding, ...]

    @property
    def found(self) -> bool:
        """Anything at all."""
        return bool(self.told)

    @property
    def named(self) -> bool:
        """That very thing, for sure, and nothing else."""
        if len(self.told) != 1:
            return False
        (one,) = self.told
        return one.sure and set(one.wires) == set(self.fault.lines) and one.what.endswith(_CALLED[self.fault.kind])

    def __str__(self) -> str:
        return f"{self.fault}: " + ("; ".join(each.what for each in self.told) or "nothing is said")


def every_fault() -> list[Fault]:
    """Opens and swaps of all lines, voltages and wires of the bus; shorts of what is next to each other at a board."""
    config = emulated_config()
    kinds = (look.WIRES, look.GATES, model.BUS)
    faults = [Fault("open", (line,)) for lines in kinds for line in lines]
    faults += [Fault("swap", pair) for lines in kinds for pair in combinations(lines, 2)]
    shorts = [*neighbours(config), *combinations(look.GATES, 2), model.BUS]
    return faults + [Fault("short", (one, other)) for one, other in shorts]


class Looked:
    """An emulated bench with its rover at the prompt, looked at again and again."""

    def __init__(self, blind: bool = False) -> None:
        self._blind = blind
        self._config = emulated_config()
        self._outside: EmulatedOutside | None = None
        self._begin()

    def _begin(self) -> None:
        self.close()
        self._outside = outside = open_emulated(default_uf2(), instrument_uf2(), self._config, _SEED)
        switches = open_parts(outside.bus, self._config, outside.wait).switches
        switches.set("usb", True)
        switches.set("supply", True)
        self._instrument = Instrument(outside)
        self._rover = Rover(outside)
        if not self._rover.answers():
            raise HilError("the emulated rover does not answer; build it: `make firmware`")
        self._rover.enter()

    def judge(self, fault: Fault) -> Judged:
        """Put it in, look, mend. After one of the bus on a new bench: the converter may be left in the middle of a
        byte."""
        assert self._outside is not None
        lines = self._outside.pair.wires
        if fault.kind != _WHOLE:
            getattr(lines, fault.kind)(*fault.lines)
        told = self._look()
        lines.mend()
        if fault.lines and fault.lines[0] in model.BUS:
            self._begin()
        return Judged(fault, tuple(told))

    def _look(self) -> list[Finding]:
        def quiet(text: str) -> None:
            """Nobody waits for it."""

        instrument, rover = self._instrument, self._rover
        levels, gates = look.levels(instrument, rover, quiet), look.gates(instrument, rover, quiet)
        instrument.let_go()
        if self._blind:
            levels, gates = model.levels(look.WIRES, look.PLAYED, None), model.gates(look.GATES, None)
        near = neighbours(self._config)
        return diagnose.of_levels(levels, look.PLAYED, near) + diagnose.of_gates(gates, look.GATES)

    def close(self) -> None:
        """The emulation ends."""
        if self._outside is not None:
            self._outside.close()


def judge_all(faults: Sequence[Fault], blind: bool) -> list[Judged]:
    """On one bench, whole before and after."""
    looked = Looked(blind)
    try:
        return [looked.judge(each) for each in (Fault(_WHOLE), *faults, Fault(_WHOLE))]
    finally:
        looked.close()


def measure(
    every: int = 1,
    first: int = 0,
    blind: bool = False,
    jobs: int = JOBS,
    tell: Callable[[str], None] = lambda text: None,
) -> list[Judged]:
    """Every so-manieth fault, from a first one on."""
    faults = every_fault()[first::every]
    # Small parts, so that there is something to see of it.
    parts = [faults[start :: max(1, len(faults) // 12)] for start in range(max(1, len(faults) // 12))]
    judged: list[Judged] = []
    with workers(jobs) as pool:
        for done in as_completed([pool.submit(judge_all, part, blind) for part in parts]):
            judged += done.result()
            wrong = [str(one) for one in done.result() if one.fault.kind != _WHOLE and not one.named]
            tell("\n  ".join((f"{len(judged)} looks", *wrong)))
    return judged


def rows_of(judged: Sequence[Judged]) -> list[Row]:
    """The figures."""
    whole = [one for one in judged if one.fault.kind == _WHOLE]
    faults = [one for one in judged if one.fault.kind != _WHOLE]
    if not faults or not whole:
        raise HilError("no fault was put in, or never was the bench whole: nothing was measured")
    missed, unnamed = [one for one in faults if not one.found], [one for one in faults if not one.named]
    of = f"{len(faults)} single opens, swaps and shorts"
    return [
        Row(
            "faults of the bench's wires that its check finds",
            100 * (1 - len(missed) / len(faults)),
            "%",
            ">= 100",
            note="; ".join((of, *map(str, missed[:5]))),
        ),
        Row(
            "of them named: the wires, what is wrong with them, and nothing else",
            100 * (1 - len(unnamed) / len(faults)),
            "%",
            f">= {_NAMED_PERCENT}",
            note="; ".join(map(str, unnamed[:5])),
        ),
        Row(
            "whole wires of which something is said", sum(one.found for one in whole), "", "<= 0", note=f"{len(whole)}"
        ),
    ]


def rows() -> list[Row]:
    """As `make bench` tells them."""
    return rows_of(measure())


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = parser_of(__doc__)
    parser.add_argument("--every", type=int, default=1, metavar="N")
    parser.add_argument("--first", type=int, default=0, metavar="K", help="of these, from fault K on")
    parser.add_argument("--jobs", type=int, default=JOBS)
    parser.add_argument("--blind", action="store_true", help="a known bad check")
    options = parser.parse_args(arguments)
    return show(
        lambda: rows_of(
            measure(options.every, options.first, options.blind, options.jobs, lambda text: print(text, flush=True))
        )
    )


if __name__ == "__main__":
    sys.exit(processes.command(main))
