"""Other versions of the application, to update to: this tree's modules, some of them changed or broken."""

from __future__ import annotations

import shutil
from pathlib import Path

from hil.errors import HilError
from sapper_host.files.checkout import ROOT, toolchain
from sapper_host.update.bundle import Bundle, make


def bundle(folder: Path, changes: dict[str, str] | None = None, key: bytes | None = None) -> Bundle:
    """A bundle of this tree's application, built under `folder`.

    changes: module's file under firmware/ -> lines put at its end ('' for the module as it is). HilError when it does
    not compile.
    """
    tree, target = folder / "firmware", folder / "mpy"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "firmware" / "sapper", tree / "sapper", ignore=shutil.ignore_patterns("__pycache__"))
    for name, lines in (changes or {}).items():
        with (tree / name).open("a") as file:
            file.write(f"\n{lines}\n")
    done = toolchain("mpy", str(tree), str(target), capture_output=True)
    if done.returncode:
        raise HilError(f"the modules do not compile: {done.stdout}{done.stderr}")
    return make(target, key)
