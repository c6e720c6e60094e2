"""One trace of a campaign: read, replayed, scored. Runs in a worker: everything in and out can be pickled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hil.errors import HilError
from hil.play.replay import replay
from hil.prove.campaign.jobs import Job, trace_digest
from sapper_host.errors import SapperError
from sapper_host.recordings.score import FOUND_WITHIN_M, Score, finds_of, score
from sapper_host.recordings.trace import Trace, read_trace

_FAULT_LATE_S = 1.5  # a fault this long after a gate came alive again still belongs to its freeze
_GAPS_NAMED = 3

Record = dict[str, Any]


def run(job: Job) -> Record:
    """The record of a trace: {"name", "result"} or, when it cannot be used, {"name", "skipped": why}."""
    try:
        trace = read_trace(Path(job.path))
        check_usable(trace)
        return {"name": job.name, "result": _play(job, trace)}
    except (SapperError, HilError, OSError) as error:
        return {"name": job.name, "skipped": str(error)}
    except Exception as error:  # a bug of ours must not take the other traces' results along
        return {"name": job.name, "skipped": f"internal error, please report it: {type(error).__name__}: {error}"}


def check_usable(trace: Trace) -> None:
    """HilError unless the trace can be scored: with truth, and without gaps."""
    if trace.truth is None:
        raise HilError(f"{trace.name}: has no truth; put {trace.name}.truth.json beside it")
    gaps = trace.gaps()
    if gaps:
        named = ", ".join(f"{gap.column} {gap.start_s:.2f}..{gap.end_s:.2f} s" for gap in gaps[:_GAPS_NAMED])
        more = f" and {len(gaps) - _GAPS_NAMED} more" if len(gaps) > _GAPS_NAMED else ""
        raise HilError(f"{trace.name}: has gaps ({named}{more}); record it again, or cut it where the gap is")


def _play(job: Job, trace: Trace) -> dict[str, Any]:
    assert trace.truth is not None
    conditions = job.conditions
    parts = {"config": conditions.bench} if conditions.bench else {}
    result = replay(trace, conditions.rig, "mark", conditions.settings, parts=parts)
    alerts = [float(e["s_m"]) for e in result["events"] if e["kind"] == "alert"]
    result["score"] = told(score(finds_of(result["events"]), trace.truth), trace.truth, alerts)
    result["score"]["lone_alerts"] = lone_alerts(result["events"])
    result["score"]["faults"] = faults_of(result["events"], trace.truth)
    result["score"]["searched_m"] = searched_m(result["events"], trace.truth)
    result["truth"] = trace.truth
    if conditions.low_level_x100:
        names = {"det_level_x100"}
        low = [pair for pair in conditions.settings if pair[0] not in names]
        lowered = [*low, ("det_level_x100", conditions.low_level_x100)]
        again = replay(trace, conditions.rig, "mark", lowered, parts=parts)
        result["low_contacts"] = contacts_of(again["events"])
    else:
        result["low_contacts"] = contacts_of(result["events"])
    result["campaign"] = {"conditions": conditions.as_dict(), "trace": trace_digest(Path(job.path))}
    return result


def contacts_of(events: Iterable[Mapping[str, Any]]) -> list[tuple[float, float]]:
    """What a run declared: (place in m, signal-to-noise) of each contact."""
    return [(float(e["peak_m"]), float(e["snr_x10"]) / 10) for e in events if e["kind"] == "contact"]


def told(scored: Score, truth: Mapping[str, Any], alerts_m: Iterable[float] = ()) -> dict[str, Any]:
    """A score as JSON, with each target's fate. alerts_m: where alerts were raised, in order."""
    alerts = list(alerts_m)
    errors = {match.target: round(match.error_m, 4) for match in scored.found}
    targets = [
        {
            "s_m": target["s_m"],
            "name": target.get("name", "?"),
            "distance_cm": target.get("distance_cm"),
            "found": i in errors,
            "error_m": errors.get(i),
            "alert_m": _first_alert(alerts, float(target["s_m"])),
        }
        for i, target in enumerate(truth["targets"])
    ]
    return {
        "targets": targets,
        "found": len(scored.found),
        "again": list(scored.again),
        "hot_rocks": scored.rocks,
        "hot_rocks_called": len(scored.rocks_called),
        "false_alarms": [round(s_m, 3) for s_m in scored.false_alarms],
        "on_rocks": [round(s_m, 3) for s_m in scored.on_rocks],
        "area_m2": round(scored.area_m2, 3),
    }


def _first_alert(alerts_m: Iterable[float], target_m: float) -> float | None:
    """How far past the target (negative: before it) the first alert within half a metre of it was raised."""
    return next((round(s_m - target_m, 4) for s_m in alerts_m if abs(s_m - target_m) <= FOUND_WITHIN_M), None)


def lone_alerts(events: Iterable[Mapping[str, Any]]) -> list[float]:
    """Places of alerts that no contact within half a metre confirmed. They mark nothing, but would have stopped."""
    rows = list(events)
    contacts = [s_m for s_m, _ in contacts_of(rows)]
    alerts = [float(e["s_m"]) for e in rows if e["kind"] == "alert"]
    return [s_m for s_m in alerts if not any(abs(s_m - contact) <= FOUND_WITHIN_M for contact in contacts)]


def faults_of(events: Iterable[Mapping[str, Any]], truth: Mapping[str, Any]) -> dict[str, Any]:
    """Faults against the truth's stuck gates: how late each was raised (None: never), and faults of no known cause."""
    raised = [(float(e["t_s"]), str(e["fault"])) for e in events if e["kind"] == "fault"]
    explained: set[int] = set()
    stuck = []
    for freeze in truth["stuck"]:
        name = f"stuck_gate{freeze['gate']}"
        own = [
            i
            for i, (t_s, fault) in enumerate(raised)
            if fault == name and freeze["t0"] <= t_s <= freeze["t1"] + _FAULT_LATE_S
        ]
        explained.update(own)
        after_s = round(raised[own[0]][0] - freeze["t0"], 3) if own else None
        stuck.append({"gate": freeze["gate"], "t0": freeze["t0"], "t1": freeze["t1"], "raised_after_s": after_s})
    others = [{"t_s": t_s, "fault": fault} for i, (t_s, fault) in enumerate(raised) if i not in explained]
    return {"stuck": stuck, "false": others}


def searched_m(events: Iterable[Mapping[str, Any]], truth: Mapping[str, Any]) -> float:
    """Metres of the lane that the board itself counted as searched."""
    length_m = float(truth["lane_length_m"])
    total, since = 0.0, None
    for event in events:
        if event["kind"] == "covered":
            if event["searched"] and since is None:
                since = event["s_m"]
            elif not event["searched"] and since is not None:
                total += event["s_m"] - since
                since = None
    if since is not None:
        total += max(0.0, length_m - since)
    return round(min(total, length_m), 3)
