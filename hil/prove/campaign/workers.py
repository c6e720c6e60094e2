"""Where the traces are replayed: this machine's processes, or a Dask cluster."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Any

from hil.errors import HilError
from hil.prove.campaign.jobs import Job
from hil.prove.campaign.lane import Record, run

_CONNECT_S = "15s"
_UNWIND_S = 3.0


def in_processes(jobs: Sequence[Job], count: int) -> Iterator[Record]:
    """Records as they are ready, from `count` processes of this machine; they end with it. One is this one."""
    if count == 1:
        yield from map(run, jobs)
        return
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"), initializer=_obey_the_parent)
    try:
        waiting = {pool.submit(run, job): job for job in jobs}
        for future in as_completed(waiting):
            error = future.exception()
            yield future.result() if error is None else _lost(waiting[future], error)
    except BaseException:
        # Ctrl-C, or nobody wants the rest: what is under way is not waited for.
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _obey_the_parent() -> None:
    """In a worker: Ctrl-C is the parent's to answer; at SIGTERM, or without a parent, end, and the board with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    threading.Thread(target=_end_with_the_parent, daemon=True).start()


def _end_with_the_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_UNWIND_S)
        os._exit(1)  # unwound, the worker waits for work that nobody gives any more


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
