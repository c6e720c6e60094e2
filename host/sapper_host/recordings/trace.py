"""A trace in memory, and its files: read either format, write either, convert a big one without holding it.

trace = read_trace(Path("lane.csv"))        # and lane.truth.json, when it is there
write_trace(trace, Path("lane.mcap"))
"""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sapper_host.errors import TraceError
from sapper_host.files.whole_file import NotWrittenError, replacing, write
from sapper_host.recordings.mcap_file import is_mcap
from sapper_host.recordings.trace_csv import CsvTraceReader, write_csv
from sapper_host.recordings.trace_mcap import McapTraceReader, write_mcap
from sapper_host.recordings.trace_rows import COLUMNS, NAMES, Cells
from sapper_host.recordings.truth import Truth, check_fits, read_truth, truth_path

Floats = NDArray[np.float64]
# How a line of provenance begins: a board steered by itself. Open loop its tracks do not follow: a replay is not to let
# it see how they differed.
DRIVEN = "driven: by the board itself; a replay gives both encoders their mean"
Progress = Callable[[int], None]

# Decimals that a trace made in memory is written with: 0.1 ms, 0.01 mV, whole mV of supply, 0.01 C, whole ticks.
_DECIMALS = (4, 2, 2, 2, 0, 2, 0, 0)
_PROGRESS_ROWS = 1000
# Encoders whose first count is no more than so many of a trace's largest steps began to count where the trace begins.
_FIRST_STEPS = 2
# Steps longer than this many usual ones are a gap.
_GAP_STEPS = 1.8
_TICKS_PER_M = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6})?")


class Gap(NamedTuple):
    """Time without samples: from the last sample before to the first after, of the whole row or of one column."""

    start_s: float
    end_s: float
    column: str


@dataclass
class Trace:
    """What the detector, supply and encoders did over time. All arrays have n rows; NaN is 'no sample'.

    t_s (n,) rising; gates_mv (n, 3) in 0..3300; vsys_mv, temp_c, left_ticks, right_ticks (n,).
    `provenance`: free lines; `truth`: what was in the ground, or None; `decimals`: of each column when written as text.
    """

    name: str
    t_s: Floats
    gates_mv: Floats
    vsys_mv: Floats
    temp_c: Floats
    left_ticks: Floats
    right_ticks: Floats
    provenance: tuple[str, ...] = ()
    truth: Truth | None = None
    decimals: tuple[int, ...] = field(default=_DECIMALS)

    @property
    def duration_s(self) -> float:
        """From the first row to the last."""
        return float(self.t_s[-1] - self.t_s[0])

    @property
    def frame_hz(self) -> float:
        """Rows a second, by the usual step; 0 for a trace of one row."""
        return float(1 / np.median(np.diff(self.t_s))) if len(self.t_s) > 1 else 0.0

    def origin_ticks(self) -> float:
        """The mean count at place 0: 0 where the counts begin with what a row moves, else the first one; 0 when there
        is none.
        """
        mean = (self.left_ticks + self.right_ticks) / 2
        known = mean[~np.isnan(mean)]
        if not len(known):
            return 0.0
        largest_step = float(np.abs(np.diff(known)).max(initial=0.0))
        return 0.0 if abs(known[0]) <= _FIRST_STEPS * largest_step else float(known[0])

    def ticks(self) -> Floats:
        """Mean count of both encoders from place 0 on (n,), the last known one where a row has none; NaN before the
        first."""
        mean = (self.left_ticks + self.right_ticks) / 2 - self.origin_ticks()
        known = np.where(np.isnan(mean), 0, np.arange(len(mean)))
        return np.asarray(mean[np.maximum.accumulate(known)], dtype=np.float64)

    def s_m(self, ticks_per_m: float = 1000.0) -> Floats:
        """Distance along the track (n,), from the encoders, wherever they begin to count."""
        return self.ticks() / ticks_per_m

    def gaps(self) -> list[Gap]:
        """Where rows, or samples of one gate, are missing, in order of time."""
        found: list[Gap] = []
        if len(self.t_s) < 2:
            return found
        usual_s = float(np.median(np.diff(self.t_s)))
        for times, column in self._sampled_times():
            steps = np.diff(times)
            for i in np.flatnonzero(steps > _GAP_STEPS * usual_s):
                found.append(Gap(float(times[i]), float(times[i + 1]), column))
        return sorted(found)

    def _sampled_times(self) -> Iterator[tuple[Floats, str]]:
        yield self.t_s, "row"
        for gate in range(3):
            sampled = self.t_s[~np.isnan(self.gates_mv[:, gate])]
            if len(sampled) < len(self.t_s):
                yield np.concatenate((self.t_s[:1], sampled, self.t_s[-1:])), NAMES[1 + gate]

    def cells(self) -> Iterator[Cells]:
        """The rows as text, with `decimals` decimals."""
        columns = (self.t_s, *self.gates_mv.T, self.vsys_mv, self.temp_c, self.left_ticks, self.right_ticks)
        formats = [f".{decimals}f" for decimals in self.decimals]
        for row in zip(*columns, strict=True):
            cells = ["" if v != v else format(v, f) for v, f in zip(row, formats, strict=True)]
            yield tuple(cells)


def read_trace(path: Path | str, with_truth: bool = True) -> Trace:
    """Read a CSV or MCAP trace whole, with its truth if there is one; TraceError says where and why it is malformed."""
    path = Path(path)
    reader = _reader(path)
    columns = [array("d") for _ in COLUMNS]
    for _cells, values in reader.rows():
        for column, value in zip(columns, values, strict=True):
            column.append(value)
    t_s, gate0, gate1, gate2, vsys, temp, left, right = (np.array(column) for column in columns)
    trace = Trace(
        name=path.name.removesuffix(path.suffix),
        t_s=t_s,
        gates_mv=np.stack((gate0, gate1, gate2), axis=1),
        vsys_mv=vsys,
        temp_c=temp,
        left_ticks=left,
        right_ticks=right,
        provenance=tuple(reader.provenance),
        decimals=tuple(reader.checker.decimals),
    )
    for gate, name in enumerate(NAMES[1:4]):
        if np.isnan(trace.gates_mv[:, gate]).all():
            raise TraceError(path, 0, name, "has no sample at all")
    if with_truth:
        trace.truth = _truth_of(path, reader)
        if trace.truth is not None:
            ticks = trace.ticks()
            travelled_m = None if np.isnan(ticks).all() else float(np.nanmax(ticks)) / ticks_per_m(trace)
            check_fits(trace.truth, _truth_name(path), float(trace.t_s[-1]), travelled_m)
    return trace


def ticks_per_m(trace: Trace) -> float:
    """Encoder ticks for a metre: what the trace's provenance says (`ticks_per_m: N`), else the setting's default."""
    from sapper.shared.settings import row_of

    for line in trace.provenance:
        words = line.replace("=", " ").replace(":", " ").split()
        if "ticks_per_m" in words[:-1]:
            word = words[words.index("ticks_per_m") + 1]
            if _TICKS_PER_M.fullmatch(word) and float(word):
                return float(word)
    return float(row_of("ticks_per_m")[1])


def write_trace(trace: Trace, path: Path | str) -> None:
    """Write a trace as CSV (with its truth beside it) or MCAP, by the name's ending; whole or not at all."""
    path = Path(path)
    _write(path, list(trace.provenance), trace.cells(), trace.truth)


def convert(source: Path, target: Path, progress: Progress | None = None) -> int:
    """Convert CSV <-> MCAP, row by row; numbers keep their decimals. Returns the rows; `progress` gets their count.

    Raises TraceError when the source is malformed; then the target is as it was.
    """
    reader = _reader(source)

    def cells() -> Iterator[Cells]:
        for count, (row, _values) in enumerate(reader.rows()):
            if progress is not None and count % _PROGRESS_ROWS == 0:
                progress(count)
            yield row

    truth = _truth_of(source, reader) if isinstance(reader, CsvTraceReader) else None
    return _write(target, reader.provenance, cells(), truth, reader)


def _write(
    path: Path,
    provenance: list[str],
    rows: Iterator[Cells],
    truth: Truth | None,
    reader: CsvTraceReader | McapTraceReader | None = None,
) -> int:
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".mcap"):
        raise TraceError(path, 0, "", f"'{suffix}' is no format of a trace", "name it .csv or .mcap")
    try:
        with replacing(path) as part:
            if suffix == ".mcap":
                with part.open("wb") as file:
                    count = write_mcap(file, provenance, rows, truth, reader.form if reader is not None else None)
            else:
                count = _write_csv_head_last(part, provenance, rows, reader)
        if suffix == ".csv" and isinstance(reader, McapTraceReader):
            truth = reader.truth
        if suffix == ".csv" and truth is not None:
            write(truth_path(path), json.dumps(truth, indent=1) + "\n")
    except NotWrittenError as error:
        raise TraceError(error.path, 0, "", f"cannot be written: {error.reason}", error.remedy) from None
    return count


def _write_csv_head_last(
    part: Path, provenance: list[str], rows: Iterator[Cells], reader: CsvTraceReader | McapTraceReader | None
) -> int:
    """An MCAP trace's provenance is known only after its rows: then the rows go to a file of their own first."""
    if not isinstance(reader, McapTraceReader):
        with part.open("w", encoding="utf-8", newline="") as file:
            return write_csv(file, provenance, rows, reader.form if reader is not None else None)
    body = part.with_suffix(".rows")
    try:
        with body.open("w+", encoding="utf-8", newline="") as file:
            for row in rows:
                file.write(",".join(row) + "\n")
            file.seek(0)
            with part.open("w", encoding="utf-8", newline="") as whole:
                cells = (tuple(line.rstrip("\n").split(",")) for line in file)
                return write_csv(whole, reader.provenance, cells, reader.form)
    finally:
        body.unlink(missing_ok=True)


def _reader(path: Path) -> CsvTraceReader | McapTraceReader:
    return McapTraceReader(path) if is_mcap(path) else CsvTraceReader(path)


def _truth_name(path: Path) -> Path:
    return path if is_mcap(path) else truth_path(path)


def _truth_of(path: Path, reader: CsvTraceReader | McapTraceReader) -> Truth | None:
    if isinstance(reader, McapTraceReader):
        return reader.truth
    beside = truth_path(path)
    return read_truth(beside) if beside.exists() else None
