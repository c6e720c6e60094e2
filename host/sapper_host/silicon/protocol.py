"""The protocol: its steps in their order, and the record of what they found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sapper.shared.version import VERSION
from sapper_host.errors import SapperError
from sapper_host.silicon import at_prompt, running
from sapper_host.silicon.bench import Bench
from sapper_host.silicon.step import Figure, Measured, Outcome, Skipped

FORMAT = 1
NOT_MEASURED = {
    "ring oscillator": "off once the crystal runs, and nothing on the board depends on it",
    "instants at the pins": "they take a logic analyser: the emergency-stop loop to MOTOR_EN, the gates' strobes",
}


@dataclass(frozen=True)
class Step:
    """name: what --skip knows it by. what: for progress."""

    name: str
    what: str


STEPS = (
    Step("cache", "clocks of a word of flash, how the cache replaces"),
    Step("flash", "erasing and programming a blank sector of the idle update slot"),
    Step("converter", "histograms of the ADC's inputs"),
    Step("clock", "the crystal against this laptop's clock"),
    Step("start", "reset to the first answer"),
    Step("sweep", "a sweep on blocks: load, jitter, cache"),
)


def run(
    bench: Bench,
    tell: Callable[[str], None],
    skip: Mapping[str, str] | None = None,
    on_blocks: bool = False,
    sweep_s: float = running.SWEEP_S,
    clock_s: float = at_prompt.CLOCK_S,
) -> dict[str, Any]:
    """All steps but those to `skip` (name -> why); the record.

    tell: hears of each step as it begins. A step that fails is told in its outcome, and the others are done. However
    this ends, motors are off and the board runs Sapper, in SAFE. SapperError when it cannot be brought there, or was
    not there at the beginning.
    """
    skip = skip or {}
    work: dict[str, Callable[[Bench], Measured]] = {
        "cache": at_prompt.cache,
        "flash": at_prompt.flash,
        "converter": at_prompt.converter,
        "clock": partial(at_prompt.clock, for_s=clock_s),
        "start": running.start,
        "sweep": partial(running.sweep, for_s=sweep_s, on_blocks=on_blocks),
    }
    version = bench.begin()
    outcomes = []
    try:
        for step in STEPS:
            tell(f"{step.name}: {step.what}")
            outcomes.append(_done(bench, step.name, work[step.name], skip))
    finally:
        bench.make_safe()
    return {
        "format": FORMAT,
        "board": version.get("board", ""),
        "firmware": version,
        "sapper": VERSION,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "steps": [outcome.as_dict() for outcome in outcomes],
        "not_measured": NOT_MEASURED,
    }


def _done(bench: Bench, name: str, work: Callable[[Bench], Measured], skip: Mapping[str, str]) -> Outcome:
    if name in skip:
        return Outcome(name, skip[name])
    began_s = bench.clock()
    try:
        measured = work(bench)
    except Skipped as why:
        return Outcome(name, str(why))
    except SapperError as error:
        bench.make_safe()
        return Outcome(name, f"failed: {error}")
    return Outcome(name, "", round(bench.clock() - began_s, 2), measured.figures, measured.raw)


def figures_of(record: Mapping[str, Any]) -> dict[str, Figure]:
    """All figures of a record, by name."""
    return {name: value for step in record["steps"] for name, value in step["figures"].items()}
