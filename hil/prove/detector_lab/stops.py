"""Does the rover stop over what it finds? Each target of a folder is approached on the sil rig with on_detect 'stop'.

    python -m hil.prove.detector_lab.stops FOLDER [--jobs N]

A target is approached from 1.5 m before it, or from 0.7 m behind the target before it: a sweep needs 0.4 m of known
ground. Told are the stops within 0.5 m of the target, and how far past it the coil was once both duties were 0. A
replay is open loop: where the trace rolls faster than the sweep was asked for, the motors may stand at duty 0 already;
then the alert's place counts.
"""

import argparse
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from hil.errors import HilError
from hil.intervals import wilson
from hil.play.replay import replay
from hil.prove.detector_lab.approaches import armed_for_m
from hil.workers import workers
from sapper_host import processes
from sapper_host.recordings.score import FOUND_WITHIN_M
from sapper_host.recordings.trace import Trace, read_trace

BEYOND_M = 0.8
LIMIT_M = 0.10


@dataclass(frozen=True)
class Approach:
    """past_m: the coil past the target at duty 0, None where it did not stop near it; why: then the reason."""

    lane: str
    target_m: float
    past_m: float | None
    why: str = ""


def cut(trace: Trace, from_m: float, to_m: float) -> Trace:
    """The part of a trace between two places of the track, without a truth."""
    s_m = trace.s_m()
    keep = (s_m >= from_m) & (s_m <= to_m)
    columns = ("t_s", "gates_mv", "vsys_mv", "temp_c", "left_ticks", "right_ticks")
    parts: dict[str, Any] = {name: getattr(trace, name)[keep] for name in columns}
    return replace(trace, truth=None, **parts)


def approach(path: Path, number: int) -> Approach:
    """Approach target `number` of the trace's truth."""
    trace = read_trace(path)
    assert trace.truth is not None
    places = [float(target["s_m"]) for target in trace.truth["targets"]]
    target_m = places[number]
    part = cut(trace, armed_for_m(target_m, places), target_m + BEYOND_M)
    try:
        return _judge(trace.name, target_m, replay(part, "sil", "stop"))
    except HilError as error:
        return Approach(trace.name, target_m, None, str(error))


def _judge(lane: str, target_m: float, result: Mapping[str, Any]) -> Approach:
    alerts = [float(event["s_m"]) for event in result["events"] if event["kind"] == "detect"]
    if not alerts or "duty_0_s_m" not in result["outputs"]:
        return Approach(lane, target_m, None, "no alert")
    stopped_m = max(result["outputs"]["duty_0_s_m"], alerts[0])
    if abs(stopped_m - target_m) > FOUND_WITHIN_M:
        return Approach(lane, target_m, None, f"stopped at {stopped_m:.2f} m")
    return Approach(lane, target_m, stopped_m - target_m)


def main() -> None:
    """Approach every target of a folder, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="folder of NAME.csv with NAME.truth.json")
    parser.add_argument("--match", default="*", help="names of traces, with * for anything (all)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (2)")
    options = parser.parse_args()
    paths = sorted(options.folder.glob(options.match + ".csv"))
    truths = [(path, read_trace(path).truth or {"targets": []}) for path in paths]
    jobs = [(path, number) for path, truth in truths for number in range(len(truth["targets"]))]
    if not jobs:
        parser.error(f"no targets in {options.folder}/{options.match}.csv; give a folder of traces with truth")
    with workers(options.jobs) as pool:
        rows = list(pool.map(approach, *zip(*jobs, strict=True), chunksize=4))
    past_m = np.array([row.past_m for row in rows if row.past_m is not None])
    in_time = int((past_m <= LIMIT_M).sum())
    low, high = wilson(in_time, len(past_m))
    print(f"{len(rows)} approaches, {len(past_m)} stops near their target")
    print(f"at most {LIMIT_M} m past at duty 0: {in_time}/{len(past_m)} ({low:.3f}..{high:.3f})")
    if len(past_m):
        tail_m = np.quantile(past_m, 0.95)
        print(f"past the target: mean {past_m.mean():.3f} m, 95 % {tail_m:.3f} m, most {past_m.max():.3f} m")
    for row in rows:
        if row.past_m is None:
            print(f"not near: {row.lane}, target at {row.target_m} m: {row.why}")


if __name__ == "__main__":
    sys.exit(processes.command(main))
