"""Our modules as .mpy files for the Pico: what an update over the wire carries."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from sapper.shared import version

from . import cache, code_places, hot_set, uf2
from .progress import run, step
from .sources import MICROPYTHON_VERSION, Sources

# Cortex-M0+: native and viper code for this architecture.
FLAGS = ("-march=armv6m",)


# Counts changes of what is made of a compiled module (code_places.py).
_RECIPE = "1"

# What is in the folder beside the modules.
ABOUT = "build.json"


def build(
    mpy_cross: Path, sources: Sources, target: Path, logs: Path, firmware: Path = uf2.REPOSITORY / "firmware"
) -> list[Path]:
    """Compile firmware/sapper, and what says what it was built from, into `target`; returns the modules' files.

    Modules that hold no code are left out; unchanged ones are left alone, others' files removed. `target`/build.json
    tells of them. Raises ToolchainError with the compiler's message if a module does not compile.
    """
    commit = uf2.revision(firmware.parent)
    application = uf2.application(firmware)
    module = uf2.build_module(commit, firmware)
    with step("compiling modules for updates"):
        code = [(name, content) for name, content in application if not uf2.says_only(content)]
        compiler = _Compiler(mpy_cross, sources, _hot(), logs)
        made = [compiler.compile(name, content, firmware / name, target) for name, content in code]
        cache.write_if_changed(target / "sapper_build.py", module)
        made.append(compiler.compile("sapper_build.py", module, target / "sapper_build.py", target))
    for path in target.rglob("*.mpy"):
        if path not in made:
            path.unlink()
    about = {
        "version": version.VERSION,
        "git": commit,
        "made": uf2.made_s(firmware.parent),
        "content": cache.key(application),
        "micropython": MICROPYTHON_VERSION,
        "modules": [path.relative_to(target).as_posix() for path in made],
    }
    cache.write_if_changed(target / ABOUT, (json.dumps(about, indent=1) + "\n").encode())
    return made


def _hot() -> frozenset[str]:
    """The functions that the board has room for in RAM: those of its own image, whatever tree is compiled."""
    listed = (uf2.REPOSITORY / "firmware" / hot_set.LIST).read_text()
    return hot_set.application_functions(hot_set.read(listed))


@dataclass(frozen=True)
class _Compiler:
    mpy_cross: Path
    sources: Sources
    hot: frozenset[str]
    logs: Path

    def compile(self, name: str, content: bytes, source: Path, target: Path) -> Path:
        """One module, from the cache if it was compiled before."""
        made_by = [("mpy-cross", self.mpy_cross.parent.name), ("flags", " ".join(FLAGS)), ("recipe", _RECIPE)]
        key = cache.key([*made_by, ("hot", " ".join(sorted(self.hot)))])
        stored = cache.root() / "mpy" / key / (cache.key([(name, content)]) + ".mpy")
        if not stored.exists():
            stored.parent.mkdir(parents=True, exist_ok=True)
            partial = stored.with_suffix(f".{os.getpid()}")
            run(
                [self.mpy_cross, *FLAGS, "-s", name, "-o", partial, source],
                self.logs / "mpy.log",
                f"correct firmware/{name}",
            )
            placed = code_places.placed(partial.read_bytes(), partial, self.hot, self.sources.micropython)
            partial.write_bytes(placed)
            partial.rename(stored)
        output = target / Path(name).with_suffix(".mpy")
        cache.copy_out(stored, output)
        return output
