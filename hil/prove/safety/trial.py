"""One moment of a scenario on the stage: brought about, measured, and the board left in SAFE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from hil.play.operator import OperatorError
from hil.prove.safety import by_line, duty_ticks, frame_phase, motors, patched, played, told, truth
from hil.prove.safety.faults import AT_FULL_SCALE, FAULTS, FIND, RAISES, TICKS_US_WRAP, WRAPS
from hil.prove.safety.ground_rows import BEGINS
from hil.prove.safety.measures import reset
from hil.prove.safety.radio import take_radio
from hil.prove.safety.reach import falls_short
from hil.prove.safety.scenarios import OWN_DETECTOR, Scenario, looks_at_pins, needs_patched
from hil.prove.safety.stage import Stage
from hil.prove.safety.ticks import at_end_of_tick, at_start_of_tick
from hil.prove.safety.timeline import settled_from
from hil.prove.safety.ways import ANY_WAY, Ways, offered_by, ways_of
from hil.rigs.capabilities import inertial_of
from hil.rigs.rig import NS_PER_MS, TICK_NS

_RUN_UP_MS = 2800  # of a sweep until the detector has seen enough ground to search
_SETTLED_NS = 1_000 * NS_PER_MS  # until the detector knows how often its gates repeat themselves
_BEFORE_WRAP_US = 3_900_000  # from a board's start to its being in a state
_PATCHING_US = 5_000_000  # and what patching it takes
_SEES = {"alert": truth.SEEN, "blind": truth.BLIND}
# While a board stands and collects its heap, a frame goes by that its detector does not get; the one beside it gets
# all. By what it learned of how often a gate repeats itself it may then tell a freeze a frame earlier.
_PASSED_OVER_NS = {"alert": 0, "blind": TICK_NS}
_BOOTS_MS = 600  # until a board that was reset has told so
_STAYS_NS = 100 * NS_PER_MS
_AHEAD_NS = NS_PER_MS  # what is set off is told to the rig so long before
_DROVE_NS = 5_000 * NS_PER_MS  # before a fault that the detector has to see, its run-up among it
_WHOLE_NS = 9_900_000  # no detector knows a frame sooner after its first sample
_DRAWS = 8  # moments, until one can be judged


@dataclass(frozen=True)
class Trial:
    """One moment: how long it took (us; None: it did not happen), what else was wrong, and the picture of it.

    repeats: what had to be tried again on the way, and should not have had to be. undecided: why it says nothing, as it
    was seen: it was drawn anew so many times (drawn_again). ways: how it was run on this rig. cannot: why this rig
    could not bring the fault about, '' if it did.
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
    ways: Ways = ANY_WAY
    undecided: str = ""
    drawn_again: int = 0
    cannot: str = ""

    @property
    def kept(self) -> bool:
        """Within its limit, and nothing else wrong."""
        return self.latency_us is not None and self.latency_us <= self.scenario.limit_us and not self.wrong

    @property
    def ok(self) -> bool:
        """Kept, and at the first try."""
        return self.kept and not self.repeats


class _UndecidedError(Exception):
    """What is seen does not decide this moment."""


def run_trial(stage: Stage, scenario: Scenario, seed: int, patch: str = "", deaf: Sequence[str] = ()) -> Trial:
    """One moment on a board in SAFE; leaves it in SAFE. HilError when the board cannot be brought into the state.

    patch: what is put into the running image for it (patched.py), '' for the image as it was built. deaf: methods of
    the rig that do nothing from the fault on until the row has been measured. A moment that cannot be judged is drawn
    anew; if none can be, that is wrong.
    """
    run = _run_in_field if scenario.in_field else _run
    for again in range(_DRAWS):
        trial = run(stage, scenario, seed, again, patch, deaf)
        if not trial.undecided:
            return trial
    return replace(trial, wrong=f"no moment of {_DRAWS} could be judged: {trial.undecided}")


def _run(stage: Stage, scenario: Scenario, seed: int, again: int, patch: str, deaf: Sequence[str]) -> Trial:
    random = Random(f"{scenario.name} {seed}" + (f" {again}" if again else ""))
    ways = ways_of(scenario, offered_by(stage.rig))
    _prepare(stage, scenario, ways, random, seed, patch)
    tick_ns = 0
    if scenario.start in OWN_DETECTOR and ways.inside:
        tick_ns = at_start_of_tick(stage)
    if scenario.over == "radio":
        take_radio(stage)
    stage.course = scenario.course
    stage.to(scenario.state)
    stage.run(scenario.run_up_ms * NS_PER_MS)
    stage.run(random.randrange(0, 60 * NS_PER_MS))
    fault_ns = 0
    if scenario.start == "tick" and ways.inside:
        tick_ns = at_end_of_tick(stage)
        # Up to a tick's middle: the next one begins 6 to 9 ms later and must not complete.
        # A place of the program must be told before: in a tick that is past it, it would hang one tick later.
        stage.rig.run(random.randrange(0, (4 if needs_patched(scenario) else 8) * NS_PER_MS))
    elif scenario.start == "tick":
        ended_ns = duty_ticks.end_after(stage.timeline, stage.seen_ns, stage.now_ns + _AHEAD_NS)
        fault_ns = ended_ns + random.randrange(by_line.BY_LINE[scenario.fault].width_ns)
    place = seed % len(patched.PLACES) + 1
    if scenario.fault == FIND:
        stage.run(_RUN_UP_MS * NS_PER_MS)
        stage.run(random.randrange(0, 60 * NS_PER_MS))
    elif scenario.start in OWN_DETECTOR:
        stage.run(_SETTLED_NS)
    stage.tracks.astray.begin(stage.asked_mm_s)
    fault_ns = fault_ns or stage.now_ns
    last_line_ns, last_drive_ns = stage.last_line_ns, stage.last_drive_ns
    heard = len(stage.operator.heard.frames)
    for method in deaf:
        setattr(stage.rig, method, _nothing)
    if ways.by_line and scenario.fault == WRAPS:
        by_line.wait_for_wrap(stage, random)
    elif ways.by_line:
        stage.spare(1, fault_ns)
    elif scenario.fault == RAISES:
        patched.trigger(stage, place)
    else:
        FAULTS[scenario.fault](stage, random)
    stage.look(scenario.look_on_ms * NS_PER_MS + max(0, fault_ns - stage.now_ns))
    if scenario.measure is reset and not ways.inside:
        stage.look(_BOOTS_MS * NS_PER_MS)
    gate = None if ways.inside else AT_FULL_SCALE.get(scenario.fault)
    cannot = "" if gate is None else falls_short(stage, gate, heard)
    undecided = wrong = ""
    t0 = {"fault": fault_ns, "line": last_line_ns, "drive": last_drive_ns}.get(scenario.start, fault_ns)
    latest_ns = t0
    try:
        if scenario.start == "tick":
            t0 = latest_ns = tick_ns if ways.inside else _tick_seen(stage, fault_ns)
        elif scenario.start in OWN_DETECTOR:
            t0, latest_ns = _frame(stage, scenario, ways, tick_ns, fault_ns)
    except _UndecidedError as error:
        undecided = str(error)
    except OperatorError as error:  # ticks or frames do not show as a board's do
        if ways.inside:
            raise
        undecided = str(error)
    except LookupError as error:
        wrong = str(error)
    at = scenario.measure(stage, t0)
    knows_ns = t0 + (_WHOLE_NS if scenario.start in OWN_DETECTOR and not (undecided or wrong) else 0)
    if at is not None and at <= knows_ns > fault_ns:
        if ways.inside:
            wrong = wrong or f"it was so before the {scenario.start}"
        else:
            undecided = undecided or f"it was so before the {scenario.start} of any board that this could be"
    if at is not None and (at - t0) / 1000 > scenario.limit_us >= (at - latest_ns) / 1000:
        undecided = "within the limit from the latest frame that it may have been, but not from the earliest"
    if looks_at_pins(scenario):
        wrong = wrong or motors.not_safe(stage.rig)
        if not ways.inside:
            wrong = wrong or _stays_low(stage)
    if needs_patched(scenario) and not ways.by_line:
        patched.trigger(stage, 0)
    if scenario.after_ms:
        stage.look(scenario.after_ms * NS_PER_MS)
    if scenario.expect and stage.state != scenario.expect:
        wrong = wrong or f"ended in {stage.state}, not {scenario.expect}"
    if scenario.why and told.reason(stage.operator) != scenario.why:
        wrong = wrong or f"ended by {told.reason(stage.operator)}, not {scenario.why}"
    for method in deaf:
        delattr(stage.rig, method)
    line = stage.timeline
    enable, duty = tuple(line.enable), tuple(tuple(row) for row in line.duty)
    states = told.states_since(stage.operator, t0 - 300 * NS_PER_MS)
    stage.safe(ways.resets(scenario))
    repeats, stage.repeats = tuple(stage.repeats), []
    latency_us = None if at is None else (at - t0) / 1000
    # A wrong end is wrong from wherever it is counted.
    undecided = "" if wrong else undecided
    picture = (t0, fault_ns, enable, duty, states)
    return Trial(scenario, seed, latency_us, wrong, *picture, repeats, ways, undecided, again, cannot)


def _run_in_field(
    stage: Stage, scenario: Scenario, seed: int, again: int, patch: str, deaf: Sequence[str] = ()
) -> Trial:
    """A board that has begun no field, led off what it searched; it is reset after it. deaf: of no use here."""
    random = Random(f"{scenario.name} {seed}" + (f" {again}" if again else ""))
    ways = ways_of(scenario, offered_by(stage.rig))
    _prepare(stage, scenario, ways, random, seed, patch)
    t0, wrong, undecided = stage.now_ns, "", ""
    at: int | None = None
    timeline = stage.timeline
    states: tuple[tuple[int, str], ...] = ()
    try:
        field = stage.in_field = BEGINS[scenario.fault](stage, random)
        field.watch()
        t0 = stage.now_ns
        FAULTS[scenario.fault](stage, random)
        at = scenario.measure(stage, t0)
        wrong = "" if field.held else f"nothing held it: it ended in {field.state}, {told.reason(field.operator)}"
        timeline, states = field.loop.timeline, told.states_since(field.operator, t0 - 300 * NS_PER_MS)
    except OperatorError as error:  # nothing says that every lane comes to its end
        undecided = str(error)
    finally:
        inertial_of(stage.rig).plug(False)
        enable, duty = tuple(timeline.enable), tuple(tuple(row) for row in timeline.duty)
        stage.leave_field()
    repeats, stage.repeats = tuple(stage.repeats), []
    latency_us = None if at is None else (at - t0) / 1000
    picture = (t0, t0, enable, duty, states)
    return Trial(scenario, seed, latency_us, wrong, *picture, repeats, ways, undecided, again)


def _nothing(*_: object) -> None:
    pass


def _tick_seen(stage: Stage, fault_ns: int) -> int:
    """A moment in the last tick that must have completed before the fault, its end not before it."""
    phase = duty_ticks.phase_ns(stage.timeline, fault_ns)
    seen = duty_ticks.ended_before(stage.timeline, phase, fault_ns)
    if seen is None:
        raise _UndecidedError("no duty changed in the tick before the fault, so nothing shows that there was one")
    return seen


def _frame(stage: Stage, scenario: Scenario, ways: Ways, tick_ns: int, fault_ns: int) -> tuple[int, int]:
    """The first samples of the earliest and the latest frame with which the detector had to raise what the row is
    about. LookupError when there is none."""
    what = _SEES[scenario.start]
    if ways.inside:
        frames = truth.frames_of(stage, tick_ns, fault_ns, what)
        starts = [frame.start_ns for frame in frames if frame is not None]
        if not starts:
            raise LookupError("the firmware's detector, run beside it, saw nothing")
        if len(starts) < len(frames):
            raise _UndecidedError("an encoder's edge as the tick looked at it decides whether the detector sees it")
        return min(starts) - _PASSED_OVER_NS[scenario.start], max(starts)
    until_ns = stage.seen_ns
    phase = duty_ticks.phase_ns(stage.timeline, fault_ns, _DROVE_NS)
    window = played.window_of(stage, frame_phase.measure_ns(stage), phase, fault_ns, until_ns, what)
    if window is None:
        raise _UndecidedError("not every board that this could be has to see it")
    return window


def _stays_low(stage: Stage) -> str:
    """'' when no motor's pin and not MOTOR_EN is high for a while from now on."""
    from_ns = stage.seen_ns
    stage.look(_STAYS_NS)
    rows = (stage.timeline.enable, *stage.timeline.duty)
    return "" if all(settled_from(row, from_ns) == from_ns for row in rows) else "a motor's pin rose again"


def _prepare(stage: Stage, scenario: Scenario, ways: Ways, random: Random, seed: int, patch: str) -> None:
    """A board in SAFE that runs what it is to run, from a start that this moment needs."""
    if ways.by_line:
        wanted = by_line.code(scenario.fault, random, seed) + patch
    else:
        wanted = patched.code(needs_patched(scenario), patch)
    known = scenario.start not in OWN_DETECTOR or (truth if ways.inside else played).known(stage)
    if scenario.fault == WRAPS and not ways.by_line:
        stage.restart_at_us(TICKS_US_WRAP - _BEFORE_WRAP_US - (_PATCHING_US if wanted else 0))
    elif stage.patch and (stage.patch != wanted or scenario.fault == WRAPS) or not known:
        stage.reboot()
    if stage.patch != wanted and ways.by_line:
        by_line.start(stage, scenario.fault, wanted)
    elif stage.patch != wanted:
        patched.start(stage, wanted)
