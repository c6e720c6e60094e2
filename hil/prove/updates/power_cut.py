"""Power cuts at every flash operation of a piece of work, one by one: what the board is after each, and whether the
same work then comes to its end.

The work is done once, with everything recorded that it does to the flash. From that follows the flash as a cut before
each operation, or half-way through it, would have left it: the list of cuts is complete because the operations are
numbered. Each is then put into a board that is powered up.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from hil.prove.updates.board import BOOT_NS, SimulatedBoard
from hil.rigs.virtual import VirtualPico
from hil.rigs.virtual.flash import PHASES
from sapper_host.errors import SapperError

_HARDLY_UP_NS = 300_000_000  # a start from a slot takes longer; whoever looks then waits for an answer


@dataclass(frozen=True)
class Work:
    """Something that writes flash. prepare(board): what comes before it. do(board): the work. states: those the board
    may be found in, name -> what `look(board)` gives then; the last one is what `do` leads to."""

    name: str
    prepare: Callable[[SimulatedBoard], None]
    do: Callable[[SimulatedBoard], None]
    look: Callable[[SimulatedBoard], object]
    states: dict[str, Any]

    @property
    def goal(self) -> Any:
        """What the work leads to."""
        return list(self.states.values())[-1]


@dataclass(frozen=True)
class Recording:
    """A work's flash operations: their numbers from `first` to `last`, and what they were."""

    first: int
    last: int
    names: dict[str, int]

    def cuts(self) -> list[tuple[int, str]]:
        """Every cut: (operation, phase)."""
        return [(operation, phase) for operation in range(self.first, self.last) for phase in PHASES]


@dataclass
class Tally:
    """What came of the cuts of one work. found: state -> how often; failures: (operation, phase, what)."""

    work: str
    operations: dict[str, int]
    cuts: int = 0
    found: dict[str, int] = field(default_factory=dict)
    failures: list[tuple[int, str, str]] = field(default_factory=list)

    @property
    def survived(self) -> int:
        """Cuts after which all was well."""
        return self.cuts - len(self.failures)


class Recorder:
    """Does a work once on a virtual Pico and keeps what it did to the flash; a context manager."""

    def __init__(self, pico: VirtualPico, work: Work) -> None:
        self._pico = pico
        self.work = work
        board = SimulatedBoard(pico)
        pico.run(BOOT_NS)
        work.prepare(board)
        first = pico.flash.operations
        pico.flash.record()
        work.do(board)
        found = work.look(board)
        if found != work.goal:
            raise SapperError(f"{work.name}: came to {found}, not {work.goal}", "")
        last = pico.flash.operations
        names: dict[str, int] = {}
        for operation in pico.flash.operation_log(first)[: last - first]:
            names[operation.name] = names.get(operation.name, 0) + 1
        self.recording = Recording(first, last, names)

    def images(self, cuts: list[tuple[int, str]]) -> Iterator[tuple[int, str, bytes]]:
        """(operation, phase, flash as that cut leaves it). What half an erase leaves is drawn anew for each."""
        for operation, phase in cuts:
            yield operation, phase, self._pico.flash.torn_image(operation, phase, seed=operation)


def sample(cuts: list[tuple[int, str]], count: int, seed: int = 1) -> list[tuple[int, str]]:
    """`count` of the cuts: the first and last few, where files are opened and pointers replaced, and some between."""
    if count >= len(cuts):
        return cuts
    ends = min(count // 4, 8)
    chosen = set(cuts[:ends] + cuts[-2 * ends :])
    rest = [cut for cut in cuts if cut not in chosen]
    chosen |= set(random.Random(seed).sample(rest, max(0, count - len(chosen))))
    return [cut for cut in cuts if cut in chosen]


def survive(pico: VirtualPico, work: Work, image: bytes, again: bool = True) -> tuple[str, str]:
    """Power a board up with this flash: (the state it is in, what is wrong; '' when all is well). again: whether the
    work then comes to its end, too.
    """
    if pico.powered:
        pico.power_cut()
    pico.flash.write(0, image)
    pico.usb.discard()
    pico.usb.read()
    pico.power_on()
    board = SimulatedBoard(pico)
    try:
        pico.run(_HARDLY_UP_NS)
        found = work.look(board)
    except SapperError as error:
        return "lost", f"does not come up: {error}"
    state = next((name for name, value in work.states.items() if value == found), "torn")
    if state == "torn":
        return state, f"is in no whole state: {found}"
    if not again:
        return state, ""
    try:
        pico.run(BOOT_NS)  # an update on trial takes no other until it has proved itself
        work.do(board)
        after = work.look(board)
    except SapperError as error:
        return state, f"takes it no more: {error}"
    return state, "" if after == work.goal else f"the second time it came to {after}"
