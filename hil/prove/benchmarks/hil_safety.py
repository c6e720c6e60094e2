"""How many rows of `make safety` the bench can put in, by what they need and what it offers.

Counted, not run: `make safety RIG=bench` runs them, each against its limit, and tells the difference to another rig.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from hil.prove.benchmarks.row import Row
from hil.prove.safety.scenarios import SCENARIOS, needs
from hil.rigs.capabilities import Capability, lacking
from hil.rigs.registry import entry

_RIG = "bench"
_LEAST_PERCENT = 80


def rows_of(offers: Collection[Capability], name: str = _RIG) -> list[Row]:
    """The figure of a rig that offers these."""
    offered = frozenset(offers)
    reasons = [lacking(name, offered, needs(scenario, offered)) for scenario in SCENARIOS]
    why = Counter(reason for reason in reasons if reason)
    able = len(reasons) - why.total()
    note = "; ".join((f"{able} of {len(reasons)}", *(f"{count}: {reason}" for reason, count in why.most_common())))
    percent = 100 * able / len(reasons)
    return [Row("rows of `make safety` that a bench can run", percent, "%", f">= {_LEAST_PERCENT}", note=note)]


def rows() -> list[Row]:
    """As `make bench --only hil` tells it."""
    return rows_of(entry(_RIG).offers)
