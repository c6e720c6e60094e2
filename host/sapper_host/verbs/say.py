"""How verbs print text that others had a hand in: names, paths, what files and boards say."""

import typer

from sapper_host.outside.text import shown_lines


def say(text: str, err: bool = False) -> None:
    """Print lines without anything in them that a terminal would obey."""
    typer.echo(shown_lines(text), err=err)
