"""A folder of short traces: good ones, and every kind that a campaign has to skip."""

import json
from pathlib import Path

import numpy as np

from hil.traces.synthetic import synthetic_trace
from sapper_host.recordings.trace import write_trace

GOOD = ("lane_a", "lane_b")


def write_good(folder: Path) -> None:
    """Two lanes of 5 m, a target in each."""
    for i, name in enumerate(GOOD):
        write_trace(synthetic_trace(name, 5.0, 0.5, (3.0,), seed=i), folder / f"{name}.csv")


def write_bad(folder: Path) -> dict[str, str]:
    """Traces that cannot be used; name -> a word that the reason must hold."""
    trace = synthetic_trace("x", 2.0, 0.5, (1.0,))
    write_trace(trace, folder / "good.csv")
    text = (folder / "good.csv").read_text()
    truth = (folder / "good.truth.json").read_text()
    (folder / "good.csv").unlink()
    (folder / "good.truth.json").unlink()
    lines = text.splitlines(keepends=True)
    first = next(i for i, line in enumerate(lines) if line.startswith("t_s")) + 1
    cells = lines[first + 50].split(",")

    def with_line(changed: list[str]) -> str:
        return "".join([*lines[: first + 50], ",".join(changed), *lines[first + 51 :]])

    far = json.loads(truth)
    far["targets"][0]["s_m"] = 1900.0
    bad = {
        "falling_times": (with_line(["0.1", *cells[1:]]), truth, "line"),
        "not_a_number": (with_line([cells[0], "abc", *cells[2:]]), truth, "gate0_mv"),
        "out_of_range": (with_line([cells[0], "3301", *cells[2:]]), truth, "gate0_mv"),
        "gap": ("".join([*lines[: first + 50], *lines[first + 90 :]]), truth, "gap"),
        "no_truth": (text, None, "truth"),
        "foreign_truth": (text, json.dumps(far), "targets[0]"),
        "empty": ("", truth, "empty"),
    }
    for name, (rows, answer, _) in bad.items():
        (folder / f"{name}.csv").write_text(rows)
        if answer is not None:
            (folder / f"{name}.truth.json").write_text(answer)
    (folder / "binary.csv").write_bytes(np.random.default_rng(1).bytes(1000))
    (folder / "binary.truth.json").write_text(truth)
    return {name: word for name, (_, _, word) in bad.items()} | {"binary": "binary"}
