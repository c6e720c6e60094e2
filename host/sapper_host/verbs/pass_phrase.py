"""The pass phrase of a file of keys: typed, unseen, or read from a file."""

from __future__ import annotations

import getpass
import sys
import warnings
from pathlib import Path
from typing import Annotated

import typer

from sapper_host.errors import SapperError, Status

PassPhraseOption = Annotated[
    Path | None,
    typer.Option(
        "--pass-phrase-file", metavar="FILE", help="Its first line is the pass phrase; `-`: standard input's."
    ),
]
_LINE_MOST = 1024


def new(file: Path | None, least: int) -> str:
    """A pass phrase to seal with: typed twice, or the first line of `file`. SapperError when it is too short."""
    said = known(file)
    if len(said) < least:
        raise SapperError(
            f"a pass phrase has at least {least} characters", "some words that nobody guesses", Status.USAGE
        )
    if file is None and _asked("the same again: ") != said:
        raise SapperError("twice is not the same", "type it again", Status.USAGE)
    return said


def known(file: Path | None) -> str:
    """The pass phrase that a file was sealed with."""
    if file is None:
        return _asked("pass phrase: ")
    try:
        with open(0 if file == Path("-") else file, "rb", closefd=file != Path("-")) as opened:
            return opened.readline(_LINE_MOST).decode("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SapperError(f"{file} cannot be read ({error})", "name the pass phrase's file", Status.BAD_INPUT) from None


def _asked(prompt: str) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)  # it would be seen
        try:
            return getpass.getpass(prompt, sys.stderr)
        except (getpass.GetPassWarning, EOFError):
            raise SapperError(
                "there is no terminal to ask for the pass phrase on", "name its file: --pass-phrase-file", Status.USAGE
            ) from None
