"""Steps with Sapper running: its start, and a sweep on blocks."""

from __future__ import annotations

from sapper_host.board.decoder import Event, Frame, Item
from sapper_host.errors import BoardError
from sapper_host.silicon.bench import Bench
from sapper_host.silicon.step import Figure, Measured, Skipped

SWEEP_S = 60.0
_MOST_MM = 1_000_000  # as far as a sweep may be told to go; it is stopped before
_PING_EVERY_S = 0.4
# The board's states that lead to more sweeping: it stops over what it takes for a find, and is sent on.
_GOES_ON = ("ARMED", "SWEEP", "CONTACT")
_KEY_S = 60.0
_KEY_LOOK_S = 0.5


def start(bench: Bench) -> Measured:
    """From the reset to the first answer; on a real port the laptop's finding of the USB device is in it."""
    asked_s = bench.restart()
    answered_s, t_ms = bench.answering()
    figures: dict[str, Figure] = {"start_ms": round(1000 * (answered_s - asked_s), 1), "start_board_ms": t_ms}
    return Measured(figures, dict(figures))


def sweep(bench: Bench, for_s: float, on_blocks: bool) -> Measured:
    """So many seconds of sweeping with telemetry: load, jitter, longest tick, and what the cache was asked and had."""
    if not on_blocks:
        raise Skipped("the rover was not said to stand on blocks: --on-blocks")
    bench.sapper()
    dialog = bench.dialog
    loops: list[dict[str, int]] = []
    states: list[str] = []

    def hear(item: Item) -> None:
        if isinstance(item, Frame) and item.name == "LOOP":
            loops.append(dict(item.fields))
        elif isinstance(item, Event) and item.kind == "state":
            states.append(str(item.args["to"]))

    _arm(bench)
    dialog.hear = hear
    dialog.ask("telemetry on", expect="telemetry=")
    # The cache is asked standing, before and after: what answers takes a part of a tick, and is not to be in the sweep.
    dialog.ask("cache", expect="accesses=")
    dialog.ask(f"sweep {_MOST_MM}")
    began_s = bench.clock()
    before = len(loops)
    while (swept_s := bench.clock() - began_s) < for_s and (states[-1:] or ["ARMED"])[0] in _GOES_ON:
        dialog.ask("ping", expect="t_ms=")
        if states[-1:] == ["CONTACT"]:
            dialog.ask("verdict clutter")
            dialog.ask(f"sweep {_MOST_MM}")
        dialog.quiet_until(bench.clock() + min(_PING_EVERY_S, for_s))
    dialog.ask("stop", expect="state=")
    cached = {name: int(value) for name, value in dialog.ask("cache", expect="accesses=").values().items()}
    bench.make_safe()
    spread = dialog.ask("loop")
    told = spread.values()
    moving = loops[before + 1 :]
    if not moving:
        raise Skipped(f"the sweep ended after {swept_s:.1f} s: {' '.join(states)}")
    accesses = cached["accesses"]
    figures: dict[str, Figure] = {
        "swept_s": round(swept_s, 1),
        "contacts": states.count("CONTACT"),
        "load_percent": round(sum(loop["load_pm"] for loop in moving) / len(moving) / 10, 1),
        "late_p999_us": int(told["late_p999_us"]),
        "late_max_us": int(told["late_max_us"]),
        "tick_p999_us": int(told["tick_p999_us"]),
        "tick_max_us": int(told["tick_max_us"]),
        "cache_accesses_per_s": round(accesses / swept_s),
        "cache_misses_per_s": round((accesses - cached["hits"]) / swept_s),
        "cache_hit_percent": round(100 * cached["hits"] / accesses, 2) if accesses else None,
    }
    return Measured(figures, {"states": states, "loop": moving, "spreads": list(spread.lines), "cache": cached})


def _arm(bench: Bench) -> None:
    """The key is turned by hands. Skipped when the board goes on refusing."""
    bench.hands("turn the arming key on, and see that the emergency-stop loop is closed")
    until = bench.clock() + _KEY_S
    while True:
        try:
            code = bench.dialog.ask("arm", expect="code=").values()["code"]
            bench.dialog.ask(f"arm {code}", expect="state=ARMED")
            return
        except BoardError as refused:
            if bench.clock() >= until:
                raise Skipped(f"the board does not arm: {refused.message}") from None
        bench.dialog.quiet_until(bench.clock() + _KEY_LOOK_S)
