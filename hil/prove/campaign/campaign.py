"""A campaign from beginning to end: what is there already is kept, the rest is replayed, all of it summed up."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hil.errors import HilError
from hil.prove.campaign import jobs as jobs_of
from hil.prove.campaign import workers
from hil.prove.campaign.jobs import Conditions, Job
from hil.prove.campaign.lane import Record
from hil.prove.campaign.made_of import firmware_digest
from hil.prove.campaign.report import page
from hil.prove.campaign.summary import summarise
from hil.rigs.registry import FOR_MANY
from sapper_host.files.whole_file import write

LOW_LEVEL_X100 = 250  # contacts of the second run: far below any level that would be used
REPORT = "report.html"

Told = Callable[[str, str], None]  # (trace, "kept", "done" or why it was skipped)


@dataclass
class Campaign:
    """folder of traces, folder for results; `scheduler`: a Dask scheduler's address, else `processes` of this machine.

    bench: with the rig `bench`, the file of one of hardware. curve: also replay each trace at a low level, so that the
    curve reaches below the operating level.
    """

    folder: Path
    out: Path
    rig: str = FOR_MANY
    settings: tuple[tuple[str, int], ...] = ()
    processes: int = 1
    scheduler: str | None = None
    curve: bool = True
    bench: str = ""
    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)

    def jobs(self) -> list[Job]:
        """All traces of the folder as jobs."""
        conditions = Conditions(
            self.rig,
            tuple(sorted(dict(self.settings).items())),
            LOW_LEVEL_X100 if self.curve else 0,
            firmware_digest(self.rig),
            self.bench,
        )
        return [Job(path.stem, str(path.resolve()), conditions) for path in jobs_of.find_traces(self.folder)]

    def run(self, tell: Told) -> dict[str, Any]:
        """Replay what is not there yet, write NAME.json as each is ready, then the summary and the report."""
        all_jobs = self.jobs()
        try:
            self.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise HilError(f"{self.out} cannot be made: {error}; give another --out") from error
        waiting = []
        for job in all_jobs:
            kept = jobs_of.finished(self.out, job)
            if kept is None:
                waiting.append(job)
            else:
                self.results[job.name] = kept
                tell(job.name, "kept")
        for record in self._records(waiting):
            self._take(record)
            tell(record["name"], record.get("skipped", "done"))
        self.results = {job.name: self.results[job.name] for job in all_jobs if job.name in self.results}
        return self._sum_up(all_jobs[0].conditions.as_dict())

    def _records(self, waiting: Sequence[Job]) -> Iterator[Record]:
        if not waiting:
            return iter(())
        if self.scheduler is not None:
            return workers.on_cluster(waiting, self.scheduler)
        return workers.in_processes(waiting, min(self.processes, len(waiting)))

    def _take(self, record: Record) -> None:
        name = record["name"]
        if "skipped" in record:
            self.skipped[name] = record["skipped"]
            # A result of an earlier, whole trace must not stand for this one.
            jobs_of.result_path(self.out, name).unlink(missing_ok=True)
            return
        self.results[name] = record["result"]
        write(jobs_of.result_path(self.out, name), json.dumps(record["result"], indent=1))

    def _sum_up(self, conditions: Mapping[str, Any]) -> dict[str, Any]:
        summary = summarise(self.results, self.skipped, conditions)
        write(self.out / "summary.json", json.dumps(summary, indent=1))
        write(self.out / REPORT, page(summary, self.results))
        return summary
