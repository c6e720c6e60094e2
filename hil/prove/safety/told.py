"""What the board told its operator. Rows look at it beside the pins, and never take a time from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hil.play.operator import Operator


def reason(operator: Operator) -> str:
    """Why it is in its state; '' when it has told of no change."""
    states = [event for event in operator.heard.events if event.kind == "state"]
    return str(states[-1].args["reason"]) if states else ""


def states_since(operator: Operator, t_ns: int) -> tuple[tuple[int, str], ...]:
    """(time, state) from t_ns on, with the state before as the first: by the board's own clock, for pictures."""
    told = [event for event in operator.heard.events if event.kind == "state"]
    rows = [(operator.rig_ns(event.t_ms), str(event.args["to"])) for event in told]
    first = max((i for i, row in enumerate(rows) if row[0] <= t_ns), default=0)
    return tuple(rows[first:])


def heard_ns(operator: Operator, kind: str, from_ns: int, which: Callable[[Mapping[str, Any]], bool]) -> int | None:
    """When the first such event came in after from_ns; None when none did. `which`: of its values."""
    came = (at for at, event in operator.heard.came if event.kind == kind and which(event.args))
    return next((at for at in came if at > from_ns), None)
