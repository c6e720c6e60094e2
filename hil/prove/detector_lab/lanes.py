"""Traces with truth, as frames: the CSV form of a trace and its truth, read for scoring; and the project's own set."""

import json
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.traces.synth import TICKS_PER_M, Wish, synthesise

MV_TO_FRAME = 65536 / 3300.0
# The development set of the project's own world: other objects than the detector was tuned on, made from formulas.
OWN_SEED = 77
OWN_LANES = 60  # of each difficulty
DIFFICULTIES = ("nominal", "hard")


@dataclass
class Lane:
    """One trace: seconds, gates (n x 3, mV), odometer (m), and its truth."""

    name: str
    t_s: NDArray[np.floating[Any]]
    gates_mv: NDArray[np.floating[Any]]
    s_m: NDArray[np.floating[Any]]
    truth: dict[str, Any]

    def frames(self) -> NDArray[np.int32]:
        """Gates as the board's frames give them (n x 3, 1/16 LSB)."""
        return np.clip(np.round(self.gates_mv * MV_TO_FRAME), 0, 65520).astype(np.int32)


def read(csv: Path, ticks_per_m: float = TICKS_PER_M) -> Lane:
    """A lane from NAME.csv and NAME.truth.json beside it. Raises OSError or ValueError when either cannot be read."""
    lines = [line for line in csv.read_text(encoding="utf-8").splitlines() if line and line[0] not in "#t"]
    truth = json.loads(csv.with_name(csv.stem + ".truth.json").read_text(encoding="utf-8"))
    return _lane(csv.stem, (line.split(",") for line in lines), truth, ticks_per_m)


def read_folder(folder: Path) -> list[Lane]:
    """All lanes of a folder, by name."""
    return [read(path) for path in sorted(folder.glob("*.csv"))]


def own(seed: int, index: int, difficulty: str) -> Lane:
    """Lane `index` of `seed` as `sapper trace synth` makes it."""
    return of_wish(seed, index, Wish(difficulty))


def of_wish(seed: int, index: int, wish: Wish) -> Lane:
    """The same of a scene, or its control."""
    trace = synthesise(seed, index, wish)
    return _lane(trace.name, trace.rows, trace.truth, TICKS_PER_M)


def own_set(pool: Executor) -> list[Lane]:
    """The project's development set, made by the processes of `pool`."""
    wanted = [(OWN_SEED, index, difficulty) for difficulty in DIFFICULTIES for index in range(OWN_LANES)]
    return list(pool.map(own, *zip(*wanted, strict=True), chunksize=4))


def _lane(name: str, rows: Iterable[Sequence[str]], truth: dict[str, Any], ticks_per_m: float) -> Lane:
    data = np.array([[float(cell) if cell else np.nan for cell in row] for row in rows])
    return Lane(name, data[:, 0], data[:, 1:4], (data[:, 6] + data[:, 7]) / 2 / ticks_per_m, truth)
