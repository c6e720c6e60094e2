"""Temporary folders that go with the process that made them, or, after `kill -9`, when the next one is made."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import tempfile
from pathlib import Path

import psutil

_PREFIX = "sapper-"
_PID = re.compile(r"[0-9]{1,9}")
_numbers = itertools.count(1)


def temporary_folder(name: str) -> tempfile.TemporaryDirectory[str]:
    """A folder for `name`'s work, as tempfile has it: gone with the block, or with the process if no block holds it.

    Also a Ctrl-C between the folder's making and tempfile's knowing of it leaves nothing.
    """
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}{name}-*"):
        owner = path.name.removeprefix(f"{_PREFIX}{name}-").partition("-")[0]
        if _PID.fullmatch(owner) and not psutil.pid_exists(int(owner)):
            shutil.rmtree(path, ignore_errors=True)
    prefix = f"{_PREFIX}{name}-{os.getpid()}-{next(_numbers)}-"
    try:
        return tempfile.TemporaryDirectory(prefix=prefix)
    except BaseException:
        for path in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
            shutil.rmtree(path, ignore_errors=True)
        raise
