"""Our modules as .mpy files for the Pico: what an update over the wire carries."""

import os
import shutil
from pathlib import Path

from . import cache
from .progress import run, step
from .uf2 import REPOSITORY

# Cortex-M0+: native and viper code for this architecture.
FLAGS = ("-march=armv6m",)


def build(mpy_cross: Path, target: Path, logs: Path, firmware: Path = REPOSITORY / "firmware") -> list[Path]:
    """Compile firmware/sapper into `target`/sapper; returns the files. Unchanged modules are left alone.

    Raises ToolchainError with the compiler's message if a module does not compile.
    """
    cross_key = cache.key([("mpy-cross", mpy_cross.parent.name), ("flags", " ".join(FLAGS))])
    store = cache.root() / "mpy" / cross_key
    made = []
    with step("compiling modules for updates"):
        for name, content in cache.files(firmware, "sapper/**/*.py"):
            stored = store / (cache.key([(name, content)]) + ".mpy")
            if not stored.exists():
                stored.parent.mkdir(parents=True, exist_ok=True)
                partial = stored.with_suffix(f".{os.getpid()}")
                run(
                    [mpy_cross, *FLAGS, "-s", name, "-o", partial, firmware / name],
                    logs / "mpy.log",
                    f"correct firmware/{name}",
                )
                partial.rename(stored)
            output = target / Path(name).with_suffix(".mpy")
            cache.copy_out(stored, output)
            made.append(output)
    for path in (target / "sapper").rglob("*"):
        if path.is_file() and path not in made:
            path.unlink()
    if not made:
        shutil.rmtree(target, ignore_errors=True)
    return made
