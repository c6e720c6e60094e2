"""Processes of this machine that share out work, and end with the one that asked for it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")
_HELD = {number for name in ("SIGINT", "SIGTERM", "SIGHUP") if (number := getattr(signal, name, None))}


@contextmanager
def workers(count: int) -> Iterator[ProcessPoolExecutor]:
    """So many workers. Left by an error or Ctrl-C, nobody waits for what is under way: they are killed, as they are
    when this process ends in whatever way; the rigs that they opened end with them.
    """
    others = set(multiprocessing.active_children())
    with _starting():
        # Not forked: a worker must not hold its parent's emulators, nor other workers' pipes.
        pool = _Pool(count, mp_context=multiprocessing.get_context("spawn"), initializer=_end_with_parent)
    try:
        yield pool
    except BaseException:
        for process in set(multiprocessing.active_children()) - others:
            process.kill()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


class _Pool(ProcessPoolExecutor):
    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        with _starting():
            return super().submit(fn, *args, **kwargs)


@contextmanager
def _starting() -> Iterator[None]:
    """While processes may be started. A worker looks at once whether its parent lives: it does not load the parent's
    main module first, which may take seconds (what it is sent has its module's real name, see processes.command).
    """
    main: Any = sys.modules["__main__"]
    spec, file = main.__spec__, main.__dict__.pop("__file__", None)
    main.__spec__ = None
    try:
        with _undisturbed():
            yield
    finally:
        main.__spec__ = spec
        if file is not None:
            main.__file__ = file


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Signals wait for the end of the block, and in a worker, which inherits that, until it is ready for them. Both
    ways are needed: what one thread has blocked, another takes for it."""
    came: list[int] = []
    answers: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        answers = {number: signal.signal(number, lambda number, _: came.append(number)) for number in _HELD}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, _HELD) if hasattr(signal, "pthread_sigmask") else None
    try:
        yield
    finally:
        if mask is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for number, answer in answers.items():
            signal.signal(number, answer or signal.SIG_DFL)
        for number in came:
            signal.raise_signal(number)


def _end_with_parent() -> None:
    """In a worker: Ctrl-C at the terminal is the parent's to answer; without a parent it is over."""
    threading.Thread(target=_wait_for_the_end, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _HELD)


def _wait_for_the_end() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
