"""`python -m hil.prove.safety --canaries`: each row on a firmware known to be bad, where it must fail.

Prints a line a row and canary, writes build/canaries.json. A canary that lives, a row without one, or one that could
not be tried is a shortfall. So is a row that fails on a board started the same way with nothing changed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass
from pathlib import Path

from hil.errors import HilError
from hil.prove.safety.against import text, title
from hil.prove.safety.boards import Where, stage_at
from hil.prove.safety.canaries import CANARIES, UNCHANGED, Canary, canaries_of
from hil.prove.safety.scenarios import SHORT, Scenario, needs
from hil.prove.safety.trial import Trial, run_trial
from hil.rigs.registry import entry, why_not
from hil.workers import workers
from sapper_host.errors import Status

_MOMENTS = 3  # at most: one that fails is enough
_NONE = "NONE: nothing shows that this row looks"
_SHARE = 8  # rows that one worker tries on a canary's board: the last worker must not be long behind the others


@dataclass(frozen=True)
class Outcome:
    """A row on a canary. trial: the one that failed, else the last; error: why there is none."""

    scenario: Scenario
    canary: str
    trial: Trial | None
    error: str
    ok: bool

    @property
    def measured(self) -> str:
        """What the row made of it."""
        if self.trial is None:
            return self.error
        time_taken = text(self.trial.latency_us, self.scenario)
        if self.scenario.keeps:
            time_taken = "affected" if self.trial.latency_us is None else "unaffected"
        return f"{time_taken}, {self.trial.wrong}" if self.trial.wrong else time_taken

    @property
    def verdict(self) -> str:
        """In words."""
        if self.canary == UNCHANGED.what:
            return "kept" if self.ok else "FAILS WITH NOTHING CHANGED"
        return "fails as it must" if self.ok else "LIVES" if self.trial else "NOT SHOWN"

    def as_dict(self) -> dict[str, object]:
        """As in build/canaries.json."""
        return {
            "row": title(self.scenario),
            "canary": self.canary,
            "measured": self.measured,
            "limit": self.scenario.limit.text,
            "ok": self.ok,
        }


def try_canary(where: Where, canary: Canary, chosen: Sequence[Scenario], seed: int) -> list[Outcome]:
    """These rows on it: each until it fails, _MOMENTS at most."""
    out = []
    for scenario in chosen:
        trial, error = None, ""
        try:
            for moment in range(_MOMENTS):
                stage = stage_at(where, seed)
                trial = run_trial(stage, scenario, seed * 1000 + moment, canary.code, canary.deaf)
                if not trial.kept:
                    break
        except HilError as failure:
            trial, error = None, f"not tried: {failure}"
            stage_at(where, seed, fresh=True)
        ok = trial is not None and trial.kept == (canary == UNCHANGED)
        out.append(Outcome(scenario, canary.what, trial, error, ok))
    return out


def run(where: Where, chosen: Sequence[Scenario], seed: int, jobs: int, folder: Path) -> int:
    """All canaries of the chosen rows; returns the exit status."""
    start = time.monotonic()
    outcomes: list[Outcome] = []
    runnable = []
    for scenario in chosen:
        if why := why_not(where.rig, needs(scenario, entry(where.rig).offers)):
            outcomes.append(_tell(Outcome(scenario, "not run", None, why, False)))
        elif not canaries_of(scenario):
            outcomes.append(_tell(Outcome(scenario, _NONE, None, "", False)))
        else:
            runnable.append(scenario)
    work = [
        (canary, [s for s in runnable if s.state == state and canary.kills(s)])
        for canary in CANARIES
        for state in dict.fromkeys(s.state for s in runnable)
    ]
    work.append((UNCHANGED, [s for s in runnable if s.name in SHORT]))
    shares = [(canary, rows[at : at + _SHARE]) for canary, rows in work for at in range(0, len(rows), _SHARE)]
    with workers(jobs) as pool:
        for done in as_completed([pool.submit(try_canary, where, canary, rows, seed) for canary, rows in shares]):
            outcomes += [_tell(outcome) for outcome in done.result()]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "canaries.json").write_text(json.dumps([one.as_dict() for one in outcomes], indent=1) + "\n")
    wrong = [outcome for outcome in outcomes if not outcome.ok]
    print(
        f"{len(chosen)} rows, {len({o.canary for o in outcomes if o.trial})} canaries in "
        f"{time.monotonic() - start:.0f} s; {len(wrong)} {'NOT AS THEY MUST BE' if wrong else 'otherwise'}; "
        f"{folder / 'canaries.json'}"
    )
    return Status.SHORTFALL if wrong else Status.OK


def _tell(outcome: Outcome) -> Outcome:
    scenario = outcome.scenario
    print(
        f"{'ok  ' if outcome.ok else 'MISS'} {scenario.name:<58} {outcome.canary:<48} "
        f"limit {scenario.limit.text:>10}  measured {outcome.measured}: {outcome.verdict}",
        flush=True,
    )
    return outcome
