"""Traces with truth, as frames: the CSV form of a trace and its truth, read for scoring."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MV_TO_FRAME = 65536 / 3300.0


@dataclass
class Lane:
    """One trace: seconds, gates (n x 3, mV), odometer (m), and its truth."""

    name: str
    t_s: NDArray[np.floating[Any]]
    gates_mv: NDArray[np.floating[Any]]
    s_m: NDArray[np.floating[Any]]
    truth: dict[str, Any]

    @property
    def area_m2(self) -> float:
        """Searched ground."""
        return float(self.truth["lane_length_m"] * self.truth["swath_m"])

    def frames(self) -> NDArray[np.int32]:
        """Gates as the board's frames give them (n x 3, 1/16 LSB)."""
        return np.clip(np.round(self.gates_mv * MV_TO_FRAME), 0, 65520).astype(np.int32)


def read(csv: Path, ticks_per_m: float = 1000.0) -> Lane:
    """A lane from NAME.csv and NAME.truth.json beside it. Raises OSError or ValueError when either cannot be read."""
    rows = [line for line in csv.read_text(encoding="utf-8").splitlines() if line and line[0] not in "#t"]
    data = np.array([[float(v) if v else np.nan for v in row.split(",")] for row in rows])
    truth = json.loads(csv.with_name(csv.stem + ".truth.json").read_text(encoding="utf-8"))
    return Lane(csv.stem, data[:, 0], data[:, 1:4], (data[:, 6] + data[:, 7]) / 2 / ticks_per_m, truth)


def read_folder(folder: Path) -> list[Lane]:
    """All lanes of a folder, by name."""
    return [read(path) for path in sorted(folder.glob("*.csv"))]
