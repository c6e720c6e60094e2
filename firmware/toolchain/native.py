"""mpy-cross and MicroPython's unix port, for this machine, from the same sources as the firmware."""

import os
import platform
import shutil
import subprocess
from pathlib import Path

from . import cache
from .progress import run, step
from .sources import RELEASE_EPOCH_S, Sources

# The unix port without what needs libraries that are not here. Viper and native code stay in, with the Pico's word
# size: on 64 bits, viper's ptr32 reads a negative number as a large one. Built for speed, which is half of what the sil
# rig takes: of 61 s of a lane, in seconds of CPU, 0.44 as the port is built, 0.40 with -O2, 0.32 at a fixed address
# (position-independent code costs 32-bit x86 a register and a call a function), 0.24 without threads, and with a cache
# of where names were found that holds all of the firmware's.
UNIX_OPTIONS = (
    *(("MICROPY_FORCE_32BIT=1",) if platform.machine() == "x86_64" else ()),
    "MICROPY_PY_FFI=0",
    "MICROPY_PY_BTREE=0",
    "MICROPY_PY_SSL=0",
    "MICROPY_SSL_MBEDTLS=0",
    "MICROPY_STANDALONE=0",
    "MICROPY_PY_THREAD=0",
    "FROZEN_MANIFEST=",
    "COPT=-O2 -DNDEBUG -fdata-sections -ffunction-sections",
    "CFLAGS_EXTRA=-fno-pie -DMICROPY_OPT_MAP_LOOKUP_CACHE_SIZE=8192",
    "LDFLAGS_EXTRA=-no-pie",
)
_OPTIONS = {"mpy-cross": (), "micropython": UNIX_OPTIONS}
BUILD_ENVIRONMENT = {"SOURCE_DATE_EPOCH": RELEASE_EPOCH_S}
_KEPT = 2
_OTHERWISE = "see the log named above; a fresh start is: remove the cache folder, then run the same command again"


def compiler_version(compiler: str) -> str:
    """What `compiler --version` says first. Empty where there is none."""
    try:
        answer = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return answer.stdout.splitlines()[0]


def _key(program: str, sources: Sources) -> str:
    options = ("options", " ".join(_OPTIONS[program]))
    return cache.key([*sources.key_parts(), ("gcc", compiler_version("gcc")), options, ("recipe", "1")])


def _folder(program: str, sources: Sources) -> Path:
    return cache.root() / f"{program}-{_key(program, sources)}"


def present(sources: Sources) -> tuple[Path, Path] | None:
    """mpy-cross and `micropython` if the cache has both."""
    programs = (_folder("mpy-cross", sources) / "mpy-cross", _folder("micropython", sources) / "micropython")
    return programs if all(program.exists() for program in programs) else None


def mpy_cross(sources: Sources, logs: Path) -> Path:
    """The program mpy-cross, from the cache or built now. Call it under the cache's lock."""
    return _built("mpy-cross", "mpy-cross", sources, logs)


def micropython(sources: Sources, logs: Path) -> Path:
    """The program `micropython` of the unix port, from the cache or built now. Call it under the cache's lock."""
    mpy_cross(sources, logs)
    return _built("micropython", "ports/unix", sources, logs)


def _built(program: str, port: str, sources: Sources, logs: Path) -> Path:
    folder = _folder(program, sources)
    if not (folder / program).exists():
        objects = cache.root() / "objects" / folder.name
        environment = dict(BUILD_ENVIRONMENT)
        if program != "mpy-cross":
            environment["MICROPY_MPYCROSS"] = str(_folder("mpy-cross", sources) / "mpy-cross")
        with step(f"building {program} for this machine"), cache.trusted(objects, resumable=False):
            run(
                [
                    "make",
                    "-C",
                    sources.micropython / port,
                    f"-j{os.cpu_count() or 1}",
                    f"BUILD={objects}",
                    *_OPTIONS[program],
                ],
                logs / f"{program}.log",
                _OTHERWISE,
                env=environment,
            )
        with cache.publish(folder) as partial:
            cache.copy_out(objects / program, partial / program)
        shutil.rmtree(objects)
        cache.prune(cache.root(), f"{program}-*", _KEPT)
    return cache.used(folder) / program
