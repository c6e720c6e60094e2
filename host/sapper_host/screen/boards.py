"""Several boards on the screen: a line each, kept up to date, for people only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

# what the board is at, and which share of that is done (0: not known)
Show = Callable[[str, float], None]


@contextmanager
def board_screen(names: Sequence[str]) -> Iterator[Callable[[int, str, float], None]]:
    """The block calls what it is given with (row, what the board is at, share done). Nothing without a terminal."""
    if not sys.stderr.isatty():
        yield lambda row, text, share: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        TextColumn("{task.fields[at]}", markup=False),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        rows = [progress.add_task(name, total=1.0, at="") for name in names]
        yield lambda row, text, share: progress.update(
            rows[row], at=text, completed=share, total=1.0 if share else None
        )
