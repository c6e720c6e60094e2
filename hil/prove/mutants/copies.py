"""Copies of the tree, each with a worker in it. The tree itself is only read."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from hil.errors import HilError
from hil.prove.mutants import worker
from hil.prove.mutants.mutant import Mutant
from sapper_host.files.temporary import temporary_folder

# Of the tree, what the fast tests read.
_COPIED = ("firmware", "host", "hil", "tests", "docs", "conftest.py", "pyproject.toml")
_LEAVES_S = 5.0
_FIRST_S = 1_000_000_000


class Copy:
    """One tree, in `folder`, in which a file at a time is another."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.folder = folder
        self._written = _FIRST_S
        self._changed = threading.Lock()
        for name in _files(root):
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, target)
        scratch = folder.with_name(f"{folder.name}-tmp")
        scratch.mkdir()
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "PYTHONPATH"))}
        self._worker = subprocess.Popen(
            [sys.executable, "-P", worker.__file__],
            cwd=folder,
            env=environment | {"TMPDIR": str(scratch)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for whoever reads the answers
        )

    def ask(self, **job: Any) -> dict[str, Any]:
        """See worker.py. HilError when the worker is gone."""
        assert self._worker.stdin and self._worker.stdout
        try:
            print(json.dumps(job), file=self._worker.stdin, flush=True)
            answer = self._worker.stdout.readline()
        except (OSError, ValueError):
            answer = ""
        if not answer:
            raise HilError("a worker of the mutants ended by itself; see what it printed above")
        return dict(json.loads(answer))

    @contextmanager
    def with_mutant(self, mutant: Mutant) -> Iterator[None]:
        """The file is another while the block runs."""
        place = self.folder / mutant.file
        with self._changed:
            source = place.read_bytes()
            self._write(place, mutant.apply(source))
            try:
                yield
            finally:
                self._write(place, source)

    def _write(self, place: Path, content: bytes) -> None:
        """At a time that no other version had: Python knows a stale compiled file by the second alone."""
        place.write_bytes(content)
        self._written += 1
        os.utime(place, (self._written, self._written))

    def close(self) -> None:
        """End the worker and what it runs."""
        assert self._worker.stdin and self._worker.stdout
        self._worker.stdin.close()
        try:
            self._worker.wait(_LEAVES_S)
        except subprocess.TimeoutExpired:
            self._worker.kill()
            self._worker.wait()
        with self._changed:  # whoever waited for an answer was told that there is none
            self._worker.stdout.close()


def _files(root: Path) -> list[str]:
    """What git knows of the tree, or would: no environment, nothing built."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *_COPIED],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        raise HilError(f"the mutants' copies are made of what git lists: {listed.stderr.strip()}")
    return [name for name in listed.stdout.split("\0") if name and (root / name).is_file()]


@contextmanager
def copies(root: Path, count: int) -> Iterator[list[Copy]]:
    """So many; they are gone afterwards, whatever ended the block."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(temporary_folder("mutants")))
        made = []
        for number in range(count):
            made.append(Copy(root, folder / str(number)))
            stack.callback(made[-1].close)
        yield made
