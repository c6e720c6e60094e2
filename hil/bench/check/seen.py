"""What was tried on the wires, and what came of it: nothing else is known to whoever judges.

Wires are named by their signal. Each row of a table is one trial: the wire that was acted upon, and the wires on which
it showed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

Shown = dict[str, frozenset[str]]


@dataclass(frozen=True)
class Levels:
    """The digital lines, the rover at its prompt, the instrument with all its pins let go of unless said otherwise.

    across: the rover drives one line high, all others are let go of: which lines read high at the instrument.
    own: the same moment at the rover. idle: what reads high at the rover when nobody drives.
    back: the instrument plays one line high, its others low: which lines read high at the rover.
    """

    across: Shown
    own: Shown
    idle: frozenset[str]
    back: Shown


@dataclass(frozen=True)
class Gates:
    """The voltages: one output of the converter is high, the others low: which of the rover's inputs are at it.

    `answers`: whether the converter is on its bus. `sda`, `scl`: what the two wires of that bus read at rest; the
    pull-ups are at the converter, so a wire that is cut reads low. `at_mv`: what each input had in each trial.
    """

    answers: bool
    sda: int
    scl: int
    at_mv: dict[str, dict[str, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Host:
    """What the host's switches and the radio's adapter did: each by its name, whether it had its effect.

    A name that is not in `did` was not tried, as something before it failed.
    """

    did: dict[str, bool] = field(default_factory=dict)
