"""Where the traces are replayed: this machine's processes, or a Dask cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import as_completed
from typing import Any

from hil.errors import HilError
from hil.prove.campaign.jobs import Job
from hil.prove.campaign.lane import Record, run
from hil.workers import workers

_CONNECT_S = "15s"


def in_processes(jobs: Sequence[Job], count: int) -> Iterator[Record]:
    """Records as they are ready, from `count` processes of this machine; they end with it. One is this one."""
    if count == 1:
        yield from map(run, jobs)
        return
    with workers(count) as pool:
        waiting = {pool.submit(run, job): job for job in jobs}
        for future in as_completed(waiting):
            error = future.exception()
            yield future.result() if error is None else _lost(waiting[future], error)


def on_cluster(jobs: Sequence[Job], address: str) -> Iterator[Record]:
    """Records as they are ready, from the workers of a Dask scheduler.

    Each worker needs this project installed and built, and sees the traces under the same path.
    """
    try:
        from distributed import Client
        from distributed import as_completed as cluster_completed
    except ImportError:
        raise HilError("Dask is not installed; `pip install dask[distributed]`, or leave --scheduler away") from None
    try:
        client = Client(address, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise HilError(f"no Dask scheduler answers at {address}: {error}; start one with `dask scheduler`") from error
    futures: list[Any] = []
    try:
        waiting = {}
        for job in jobs:
            # Not pure: a trace of the same path may have changed since the cluster last saw it.
            future = client.submit(run, job, pure=False)
            waiting[future.key] = job
            futures.append(future)
        for future in cluster_completed(futures, loop=client.loop):
            failure = future.exception()
            yield future.result() if failure is None else _lost(waiting[future.key], failure)
    finally:
        client.cancel(futures)
        client.close()


def _lost(job: Job, error: BaseException) -> Record:
    return {
        "name": job.name,
        "skipped": f"it was lost: {type(error).__name__}: {error}; run the campaign again",
    }
