"""One moment of a scenario on the stage: brought about, measured, and the board left in SAFE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from hil.prove.safety import motors, patched, told, truth
from hil.prove.safety.faults import FAULTS, FIND, RAISES, TICKS_US_WRAP, WRAPS
from hil.prove.safety.radio import take_radio
from hil.prove.safety.scenarios import OWN_DETECTOR, Scenario, looks_at_pins, needs_patched
from hil.prove.safety.stage import Stage
from hil.prove.safety.ticks import at_end_of_tick, at_start_of_tick
from hil.rigs.rig import NS_PER_MS

_RUN_UP_MS = 2800  # of a sweep until the detector has seen enough ground to search
_SETTLED_NS = 1_000 * NS_PER_MS  # until the detector knows how often its gates repeat themselves
_BEFORE_WRAP_US = 3_900_000  # from a board's start to its being in a state
_PATCHING_US = 5_000_000  # and what patching it takes
_SEES = {"alert": truth.SEEN, "blind": truth.BLIND}


@dataclass(frozen=True)
class Trial:
    """One moment: how long it took (us; None: it did not happen), what else was wrong, and the picture of it.

    repeats: what had to be tried again on the way, and should not have had to be.
    """

    scenario: Scenario
    seed: int
    latency_us: float | None
    wrong: str
    t0_ns: int
    fault_ns: int
    enable: tuple[tuple[int, float], ...]
    duty: tuple[tuple[tuple[int, float], ...], ...]
    states: tuple[tuple[int, str], ...]
    repeats: tuple[str, ...] = ()

    @property
    def kept(self) -> bool:
        """Within its limit, and nothing else wrong."""
        return self.latency_us is not None and self.latency_us <= self.scenario.limit_us and not self.wrong

    @property
    def ok(self) -> bool:
        """Kept, and at the first try."""
        return self.kept and not self.repeats


def run_trial(stage: Stage, scenario: Scenario, seed: int, patch: str = "", deaf: Sequence[str] = ()) -> Trial:
    """One moment on a board in SAFE; leaves it in SAFE. HilError when the board cannot be brought into the state.

    patch: what is put into the running image for it (patched.py), '' for the image as it was built. deaf: methods of
    the rig that do nothing from the fault on until the row has been measured.
    """
    random = Random(f"{scenario.name} {seed}")
    _prepare(stage, scenario, patch)
    tick_ns = 0
    if scenario.start in OWN_DETECTOR:
        tick_ns = at_start_of_tick(stage)
    if scenario.over == "radio":
        take_radio(stage)
    stage.course = scenario.course
    stage.to(scenario.state)
    stage.run(scenario.run_up_ms * NS_PER_MS)
    stage.run(random.randrange(0, 60 * NS_PER_MS))
    if scenario.start == "tick":
        tick_ns = at_end_of_tick(stage)
        # Up to a tick's middle: the next one begins 6 to 9 ms later and must not complete.
        # A place of the program must be told before: in a tick that is past it, it would hang one tick later.
        stage.rig.run(random.randrange(0, (4 if needs_patched(scenario) else 8) * NS_PER_MS))
    place = seed % len(patched.PLACES) + 1
    if scenario.fault == FIND:
        stage.run(_RUN_UP_MS * NS_PER_MS)
        stage.run(random.randrange(0, 60 * NS_PER_MS))
    elif scenario.start in OWN_DETECTOR:
        stage.run(_SETTLED_NS)
    stage.tracks.astray.begin(stage.asked_mm_s)
    fault_ns, last_line_ns, last_drive_ns = stage.now_ns, stage.last_line_ns, stage.last_drive_ns
    for method in deaf:
        setattr(stage.rig, method, _nothing)
    if scenario.fault == RAISES:
        patched.trigger(stage, place)
    else:
        FAULTS[scenario.fault](stage, random)
    stage.run(scenario.look_on_ms * NS_PER_MS)
    starts = {"fault": fault_ns, "tick": tick_ns, "line": last_line_ns, "drive": last_drive_ns}
    wrong = ""
    if scenario.start in OWN_DETECTOR:
        frame = truth.frame_of(stage, tick_ns, fault_ns, _SEES[scenario.start])
        starts[scenario.start] = frame.start_ns if frame else fault_ns
        if frame is None:
            wrong = "the firmware's detector, run beside it, saw nothing"
    t0 = starts[scenario.start]
    at = scenario.measure(stage, t0)
    if at is not None and at == t0 > fault_ns:
        wrong = wrong or f"it was so before the {scenario.start}"
    wrong = wrong or (motors.not_safe(stage.rig) if looks_at_pins(scenario) else "")
    if needs_patched(scenario):
        patched.trigger(stage, 0)
    if scenario.after_ms:
        stage.run(scenario.after_ms * NS_PER_MS)
    if scenario.expect and stage.state != scenario.expect:
        wrong = wrong or f"ended in {stage.state}, not {scenario.expect}"
    if scenario.why and told.reason(stage.operator) != scenario.why:
        wrong = wrong or f"ended by {told.reason(stage.operator)}, not {scenario.why}"
    for method in deaf:
        delattr(stage.rig, method)
    line = stage.timeline
    enable, duty = tuple(line.enable), tuple(tuple(row) for row in line.duty)
    states = told.states_since(stage.operator, t0 - 300 * NS_PER_MS)
    stage.safe(scenario.resets)
    repeats, stage.repeats = tuple(stage.repeats), []
    latency_us = None if at is None else (at - t0) / 1000
    return Trial(scenario, seed, latency_us, wrong, t0, fault_ns, enable, duty, states, repeats)


def _nothing(*_: object) -> None:
    pass


def _prepare(stage: Stage, scenario: Scenario, patch: str) -> None:
    """A board in SAFE that runs what it is to run, from a start that this moment needs."""
    wanted = patched.code(needs_patched(scenario), patch)
    if scenario.fault == WRAPS:
        stage.restart_at_us(TICKS_US_WRAP - _BEFORE_WRAP_US - (_PATCHING_US if wanted else 0))
    elif stage.patch and stage.patch != wanted or scenario.start in OWN_DETECTOR and not truth.known(stage):
        stage.reboot()
    if stage.patch != wanted:
        patched.start(stage, wanted)
