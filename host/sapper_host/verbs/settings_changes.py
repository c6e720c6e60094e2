"""What `sapper settings` tells of changes: before and now, whether they are kept, and what they weaken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from sapper_host.board.settings import Changes


def warn(changed: dict[str, int]) -> None:
    """What of that weakens a protective stop."""
    from sapper.shared import weakened

    for name, low, high, what in weakened.TABLE:
        if name in changed and not low <= changed[name] <= high:
            typer.echo(f"weakened: {name}={changed[name]}: {what}", err=True)


def show(changes: Changes, dry_run: bool) -> None:
    """What was changed, or would be, and whether it is kept."""
    if changes.rows:
        columns([("setting", "before", "now"), *((name, str(old), str(new)) for name, old, new in changes.rows)])
    count = len(changes.rows)
    what = f"{count} setting{'' if count == 1 else 's'} changed" if count else "the board has these settings already"
    if dry_run:
        ending = "; nothing was sent (--dry-run)"
        what = what.replace("changed", "would change")
    else:
        ending = ", saved" if changes.saved else _not_saved(count)
    typer.echo(what + ending, err=True)


def _not_saved(changed: int) -> str:
    if changed:
        return " until the board's next start, NOT SAVED: the same with `--save` keeps them"
    return ", NOT SAVED: what was not before lasts until the board's next start; the same with `--save` keeps them"


def columns(rows: list[tuple[str, str, str]]) -> None:
    """Names to the left, two values each to the right; the first row is the head."""
    from sapper_host.screen.columns import line, padded

    for cells in padded(rows, right=(1, 2)):
        typer.echo(line(cells))
