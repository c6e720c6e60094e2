"""Progress on stderr, for people only: nothing when stderr is no terminal, nothing before a moment has passed.

What is waited for may be a file's name: it is shown letter by letter, as `[bold]` and `[/]` are names too.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sapper_host.outside.text import shown


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """A spinner beside `what` while the block runs."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status(Text(shown(what))):
        yield


@contextmanager
def counting(what: str, unit: str) -> Iterator[Callable[[int], None]]:
    """A running count beside `what`: the block calls what it is given with the count so far."""
    if not sys.stderr.isatty():
        yield lambda count: None
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status(Text(shown(what))) as status:
        yield lambda count: status.update(Text(f"{shown(what)}: {count} {unit}"))


@contextmanager
def bar(what: str, total: float, unit: str) -> Iterator[Callable[[float], None]]:
    """A bar with percentage and remaining time: the block calls what it is given with how far it is, 0..total."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn(f"{{task.completed:.1f}}/{{task.total:.1f}} {unit}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(shown(what), total=total)
        yield lambda done: progress.update(task, completed=done)
