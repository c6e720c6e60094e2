"""`sapper field`: an area searched in lanes. Each verb is a file beside this one. Imports as `verbs` does."""

from __future__ import annotations

import importlib

import typer

# Modules with a function `register(group)`, in the order `--help` lists them.
VERBS = ("plan", "run", "status", "map", "teach")


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(name="field", help="Search an area in lanes.", no_args_is_help=True)
    group.callback()(lambda: None)
    for verb in VERBS:
        importlib.import_module(f"{__name__}.{verb}").register(group)
    app.add_typer(group)
