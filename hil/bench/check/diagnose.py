"""From what was seen to the wire that is wrong: the faults of the model that would have shown just that.

Where several would, all are named. Where none would, there is more than one: then the wires are named whose rows are
not as they should be, one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from hil.bench.check import model
from hil.bench.check.model import Fault
from hil.bench.check.seen import Gates, Host, Levels

_UNCLEAR = "not as it should be"
_DO = {
    model.OPEN: "measure its 330 ohm from pin to pin, and from the pin to ground; solder it anew at both ends",
    model.SWAPPED: "change the two over at one end",
    model.SHORT: "look for solder or a strand between the two",
    model.TO_SUPPLY: "look for solder or a strand to 3V3 beside it",
    _UNCLEAR: "mend what is named above first, then check again: more than one thing is wrong",
}
# What the host's switches do, in the order in which they are tried -> what to look at when they do not.
HOST_TRIALS = {
    "supply": "the supply's switch does not give the rover power: the wire from the switches' SUPPLY to the regulator",
    "usb": "the rover's USB port does not come: its cable, and the wire from the switches' USB to the port's power",
    "prompt": "the rover answers on USB, but not as Sapper or MicroPython: `sapper flash --bootsel`",
    "run": "RUN held low does not stop the chip: the wire from the switches' RUN to the rover's RUN",
    "key": "the key does not arrive: the wire from the switches' KEY to the rover's ARM_KEY",
    "level": "VSYS does not follow: the wire from the host's converter to the regulator's feedback",
    "radio to the rover": "nothing arrives from the radio's adapter: its TX to the rover's RADIO_RX",
    "radio from the rover": "nothing comes to the radio's adapter: its RX from the rover's RADIO_TX",
    "bootsel": "BOOTSEL held brings up no drive: the wire from the switches' BOOTSEL to the pad under the button",
}


@dataclass(frozen=True)
class Finding:
    """A thing that is wrong: the wires it may be of, what it is, what to do. `sure`: nothing else would show this."""

    wires: tuple[str, ...]
    what: str
    remedy: str
    sure: bool = True

    def __str__(self) -> str:
        return f"{self.what}: {self.remedy}"


def of_levels(seen: Levels, played: Sequence[str], neighbours: Iterable[tuple[str, str]]) -> list[Finding]:
    """What is wrong with the digital lines; [] when nothing is."""
    wires = list(seen.across)
    if seen == model.levels(wires, played, None):
        return []
    fits = [each for each in model.single_faults(wires, neighbours) if seen == model.levels(wires, played, each)]
    if not fits:
        # A wire that fights another reads as it likes at the rover: while it is played, and beside the loop, which the
        # instrument holds open until it looks. So by what the instrument sees then.
        fits = [
            each
            for each in model.single_faults(wires, neighbours)
            if _at_instrument(seen) == _at_instrument(model.levels(wires, played, each))
        ]
    if fits:
        return _named(fits)
    whole = model.levels(wires, played, None)
    return [
        _finding(Fault(_UNCLEAR, (wire,)), False)
        for wire in wires
        if (seen.across[wire], seen.own[wire], seen.back.get(wire), wire in seen.idle)
        != (whole.across[wire], whole.own[wire], whole.back.get(wire), wire in whole.idle)
    ]


def of_gates(seen: Gates, outputs: Sequence[str]) -> list[Finding]:
    """What is wrong with the voltages; [] when nothing is."""
    if model.alike(seen, model.gates(outputs, None)):
        return []
    neighbours = [(one, other) for place, one in enumerate(outputs) for other in outputs[place + 1 :]]
    candidates = [*model.single_faults(outputs, neighbours)]
    candidates += [Fault(model.OPEN, (wire,)) for wire in model.BUS]
    candidates += [Fault(kind, model.BUS) for kind in (model.SWAPPED, model.SHORT)]
    fits = [each for each in candidates if model.alike(seen, model.gates(outputs, each))]
    if fits:
        return _named(fits)
    whole = model.gates(outputs, None)
    wrong = [gate for gate in outputs if not model.alike(_column(seen, gate), _column(whole, gate))]
    return [_finding(Fault(_UNCLEAR, (gate,)), False) for gate in wrong]


def of_host(seen: Host) -> list[Finding]:
    """What is wrong with the host's switches, supply and radio; the first alone, as what follows needs it."""
    for name, remedy in HOST_TRIALS.items():
        if not seen.did.get(name, True):
            what, _, rest = remedy.partition(": ")
            return [Finding((name,), what, rest)]
    return []


def _at_instrument(seen: Levels) -> Levels:
    return Levels(seen.across, {}, seen.idle, {})


def _column(seen: Gates, gate: str) -> Gates:
    return Gates(seen.answers, seen.sda, seen.scl, {high: {gate: row[gate]} for high, row in seen.at_mv.items()})


def _named(fits: list[Fault]) -> list[Finding]:
    return [_finding(each, len(fits) == 1) for each in fits]


def _finding(fault: Fault, sure: bool) -> Finding:
    names = " and ".join(fault.wires)
    verb = "are" if len(fault.wires) > 1 else "is"
    words: dict[str, Callable[[], str]] = {
        model.SHORT: lambda: f"{names} touch",
        model.TO_SUPPLY: lambda: f"{names} touches 3V3",
    }
    what = words.get(fault.kind, lambda: f"{names} {verb} {fault.kind}")()
    return Finding(fault.wires, what if sure else f"it may be that {what}", _DO[fault.kind], sure)
