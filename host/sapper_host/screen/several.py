"""Work on several boards at once, waited for so that Ctrl-C is heard."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

_LOOK_S = 0.2
Result = TypeVar("Result")


def at_once(works: Sequence[Callable[[], Result]], interrupted: Callable[[], None] | None = None) -> list[Result]:
    """Run every work in a thread of its own; their results, in order. What one of them raises is raised at the end.

    interrupted: called after each Ctrl-C; then all are waited for, still. Without it Ctrl-C is raised at once: the
    works are left to the program's end.
    """
    results: dict[int, Result] = {}
    errors: list[BaseException] = []
    ended = [threading.Event() for _ in works]

    def run(index: int) -> None:
        try:
            results[index] = works[index]()
        except BaseException as error:  # of a thread: raised where it is waited for
            errors.append(error)
        finally:
            ended[index].set()

    with _counted(interrupted is not None) as pressed:
        for index in range(len(works)):
            threading.Thread(target=run, args=(index,), name=f"board {index}", daemon=True).start()
        while not all(one.is_set() for one in ended):
            # Not Thread.join: interrupted by Ctrl-C it takes a running thread for ended (bugs.python.org/issue45274).
            for one in ended:
                one.wait(_LOOK_S)
            if pressed and interrupted is not None:
                pressed.clear()
                interrupted()
    if errors:
        raise errors[0]
    return [results[index] for index in range(len(works))]


@contextmanager
def _counted(wanted: bool) -> Iterator[list[int]]:
    """Ctrl-C while the block runs, kept in a list instead of raised: wherever it comes, it is not lost."""
    pressed: list[int] = []
    if not wanted or threading.current_thread() is not threading.main_thread():
        yield pressed
        return
    before = signal.signal(signal.SIGINT, lambda number, _frame: pressed.append(number))
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)
