"""Our modules as .mpy files for the Pico: what an update over the wire carries."""

import json
import os
from pathlib import Path

from sapper.shared import version

from . import cache, uf2
from .progress import run, step
from .sources import MICROPYTHON_VERSION

# Cortex-M0+: native and viper code for this architecture.
FLAGS = ("-march=armv6m",)


# What is in the folder beside the modules.
ABOUT = "build.json"


def build(mpy_cross: Path, target: Path, logs: Path, firmware: Path = uf2.REPOSITORY / "firmware") -> list[Path]:
    """Compile firmware/sapper, and what says what it was built from, into `target`; returns the modules' files.

    Modules that hold no code are left out; unchanged ones are left alone, others' files removed. `target`/build.json
    tells of them. Raises ToolchainError with the compiler's message if a module does not compile.
    """
    commit = uf2.revision(firmware.parent)
    sources = uf2.application(firmware)
    module = uf2.build_module(commit, firmware)
    with step("compiling modules for updates"):
        code = [(name, content) for name, content in sources if not uf2.says_only(content)]
        made = [_compile(mpy_cross, target, logs, name, content, firmware / name) for name, content in code]
        cache.write_if_changed(target / "sapper_build.py", module)
        made.append(_compile(mpy_cross, target, logs, "sapper_build.py", module, target / "sapper_build.py"))
    for path in target.rglob("*.mpy"):
        if path not in made:
            path.unlink()
    about = {
        "version": version.VERSION,
        "git": commit,
        "made": uf2.made_s(firmware.parent),
        "content": cache.key(sources),
        "micropython": MICROPYTHON_VERSION,
        "modules": [path.relative_to(target).as_posix() for path in made],
    }
    cache.write_if_changed(target / ABOUT, (json.dumps(about, indent=1) + "\n").encode())
    return made


def _compile(mpy_cross: Path, target: Path, logs: Path, name: str, content: bytes, source: Path) -> Path:
    """One module, from the cache if it was compiled before."""
    cross_key = cache.key([("mpy-cross", mpy_cross.parent.name), ("flags", " ".join(FLAGS))])
    stored = cache.root() / "mpy" / cross_key / (cache.key([(name, content)]) + ".mpy")
    if not stored.exists():
        stored.parent.mkdir(parents=True, exist_ok=True)
        partial = stored.with_suffix(f".{os.getpid()}")
        run([mpy_cross, *FLAGS, "-s", name, "-o", partial, source], logs / "mpy.log", f"correct firmware/{name}")
        partial.rename(stored)
    output = target / Path(name).with_suffix(".mpy")
    cache.copy_out(stored, output)
    return output
