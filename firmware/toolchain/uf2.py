"""The firmware image: MicroPython's rp2 port with our board and our modules frozen in.

Sources are staged into the cache and built there, so that any number of checkouts share one tree of objects, and a
changed module costs the freezing and the linking only.
"""

import ast
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sapper.shared import limits, pins, version

from . import build_mark, cache, hot_set, link_map, native
from . import compiler as cross
from .compiler import Compiler
from .errors import ToolchainError
from .progress import run, say, step
from .sources import MICROPYTHON_VERSION, RELEASE_EPOCH_S, Sources

REPOSITORY = Path(__file__).resolve().parents[2]
# What goes into the image, relative to firmware/.
INPUTS = ("board/**/*", "sapper/**/*.py", "main.py")
CONFIGURATION = "board/mpconfigboard.h"
ROVER = "firmware"
CMAKE_OPTIONS = ("-DMICROPY_BOARD=SAPPER",)
ENVIRONMENT = {"MICROPY_GIT_TAG": f"v{MICROPYTHON_VERSION}", "SOURCE_DATE_EPOCH": RELEASE_EPOCH_S}
# What of a person's environment would change what is built: taken away, so that equal sources give equal bytes.
FOREIGN = (
    *("CFLAGS", "CXXFLAGS", "ASMFLAGS", "CPPFLAGS", "LDFLAGS", "CROSS_COMPILE", "CC", "CXX"),
    *("CPATH", "C_INCLUDE_PATH", "LIBRARY_PATH", "COMPILER_PATH", "GCC_EXEC_PREFIX"),
    *("PICO_SDK_PATH", "PICO_BOARD", "PICO_PLATFORM", "PICO_COMPILER", "PICO_GCC_TRIPLE", "PICO_TOOLCHAIN_PATH"),
    *("CMAKE_GENERATOR", "CMAKE_TOOLCHAIN_FILE", "CMAKE_BUILD_TYPE", "CMAKE_PREFIX_PATH"),
)
# Counts changes of this file's code that change the image; sources, options and versions count by themselves.
_RECIPE = "7"
_IMAGES_KEPT = 12
_OBJECTS_KEPT = 3
_OTHERWISE = (
    "correct the file that the lines above name; if they name none of ours, remove the cache folder and try again"
)


@dataclass(frozen=True)
class Inputs:
    """All that goes into one image: staged files (name, content), and the key that stands for them and the tools."""

    files: tuple[tuple[str, bytes], ...]
    revision: str
    content: str
    objects_key: str
    key: str
    name: str = ROVER  # of its files: NAME.uf2, NAME.elf, ...
    options: tuple[str, ...] = CMAKE_OPTIONS


def delivered(name: str) -> tuple[str, ...]:
    """The files of an image."""
    return f"{name}.uf2", f"{name}.elf", f"{name}.json", f"{name}.sections.csv"


_OURS = ("firmware/board", "firmware/sapper", "firmware/main.py")


def revision(repository: Path = REPOSITORY, ours: tuple[str, ...] = _OURS) -> str:
    """The last commit that touched what `ours` names, the firmware: ten digits, with '.dirty' if it has changed since;
    or 'unknown'.

    Not the last commit of all: then every change of a document would make another image.
    """
    try:
        commit = _last_commit(repository, "%H", ours)
        changed = _output([*_git(repository), "status", "--porcelain", "--untracked-files=all", "--", *ours])
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    if not commit:
        return "unknown"
    return commit[:10] + (".dirty" if changed else "")


def made_s(repository: Path = REPOSITORY) -> int:
    """When that commit was made, in seconds since 1970; 0 where it is unknown. What was built later is not newer."""
    try:
        return int(_last_commit(repository, "%ct", _OURS) or 0)
    except (OSError, subprocess.CalledProcessError):
        return 0


def _last_commit(repository: Path, what: str, ours: tuple[str, ...]) -> str:
    """`what` (git's format) of the last commit that touched the firmware."""
    return _output([*_git(repository), "log", "-1", f"--format={what}", "--", *ours])


def _git(repository: Path) -> list[str]:
    return ["git", "-c", "safe.directory=*", "-C", str(repository)]


def _output(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def pins_csv(signals: Mapping[str, int] = pins.GPIO) -> bytes:
    """The board's pin names for MicroPython's `machine.Pin`: every GPIO by its number, ours by their signal too."""
    rows = [f"GP{number},GPIO{number}" for number in range(30)]
    rows += [f"{signal},GPIO{number}" for signal, number in signals.items()]
    return "\n".join([*rows, ""]).encode()


def application(firmware: Path) -> list[tuple[str, bytes]]:
    """The application's own modules, as (name relative to firmware/, content): what an update replaces."""
    return cache.files(firmware, "sapper/**/*.py")


def says_only(content: bytes) -> bool:
    """Whether a module is a docstring and no more, as a room's `__init__` is: MicroPython needs none of a folder."""
    try:
        body = ast.parse(content).body
    except SyntaxError:
        return False  # the compiler's to tell
    return all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in body)


def build_module(commit: str, firmware: Path) -> bytes:
    """The text of sapper_build.py. CONTENT stands for the application's modules: equal ones, equal content."""
    return (
        '"""What this firmware was built from. Made by the build."""\n\n'
        f'GIT_REVISION = "{commit}"\nMICROPYTHON = "{MICROPYTHON_VERSION}"\n'
        f'CONTENT = "{cache.key(application(firmware))}"\nMADE_S = {made_s(firmware.parent)}\n'
    ).encode()


def generated(commit: str, firmware: Path) -> list[tuple[str, bytes]]:
    """The staged files that are made, not copied."""
    header = (
        f'#define SAPPER_VERSION "{version.VERSION}"\n#define SAPPER_REVISION "{commit}"\n'
        f"#define SAPPER_PROMPT_LEFT_MS ({limits.PROMPT_LEFT_MS}u)\n"
    )
    return [
        ("board/pins.csv", pins_csv()),
        ("board/sapper_build.h", header.encode()),
        ("generated/sapper_build.py", build_module(commit, firmware)),
    ]


def inputs(
    sources: Sources, compiler: Compiler, firmware: Path = REPOSITORY / "firmware", hot: str | None = None
) -> Inputs:
    """Collect what goes into the image, with the hot set's list `hot` for the one that is there.

    Raises ToolchainError if there is no main.py, or the list is none.
    """
    if not (firmware / "main.py").exists():
        raise ToolchainError(
            "firmware/main.py is missing", "restore it: git checkout -- firmware/main.py (it starts the application)"
        )
    commit = revision(firmware.parent)
    found = {name: content for name, content in cache.files(firmware, *INPUTS) if "__pycache__" not in name}
    # Not the list itself: other figures in it make no other image.
    listed = found.pop(hot_set.LIST, b"").decode()
    lists = hot_set.linker_files(hot_set.read(listed if hot is None else hot))
    staged = sorted([*found.items(), *generated(commit, firmware), *lists])
    tools = tool_parts(sources, compiler, CMAKE_OPTIONS)
    content = cache.key(application(firmware))
    return Inputs(tuple(staged), commit, content, cache.key(tools), cache.key([*tools, *staged]))


def tool_parts(sources: Sources, compiler: Compiler, options: tuple[str, ...]) -> list[tuple[str, str]]:
    """What of the tools decides the image's bytes."""
    return [
        *sources.key_parts(),
        *compiler.key_parts(),
        ("options", " ".join(options)),
        ("recipe", _RECIPE),
    ]


def _images(name: str) -> Path:
    """Where the cache has images of that name. Apart, so that work on the one does not drive the other out."""
    return cache.root() / ("images" if name == ROVER else f"{name}-images")


def cached(wanted: Inputs) -> Path | None:
    """The folder with the images, if the cache has them."""
    folder = _images(wanted.name) / wanted.key
    if not all((folder / name).exists() for name in delivered(wanted.name)):
        return None
    return cache.used(folder)


def build(sources: Sources, compiler: Compiler, wanted: Inputs, logs: Path) -> Path:
    """Build the images for `wanted`; returns the folder they are in. Call it under the cache's lock."""
    mpy_cross = native.mpy_cross(sources, logs)
    folder = cached(wanted)
    if folder:
        return folder
    objects = cache.root() / "objects" / f"{wanted.name}-{wanted.objects_key}"
    environment = {
        **ENVIRONMENT,
        "MICROPY_MPYCROSS": str(mpy_cross),
        # Where something was built is nobody's business: neither __FILE__ nor what a debugger reads tells of it.
        "CFLAGS": f"-ffile-prefix-map={sources.folder}=sources -ffile-prefix-map={objects}=objects",
    }
    with cache.trusted(objects, resumable=True):
        code = [(name, content) for name, content in wanted.files if not (name.endswith(".py") and says_only(content))]
        touched = stage(tuple(code), objects / "stage")
        if any(name.endswith(".py") for name in touched):
            # Whatever the file times say, nothing frozen earlier is used again.
            shutil.rmtree(objects / "build" / "frozen_mpy", ignore_errors=True)
            (objects / "build" / "frozen_content.c").unlink(missing_ok=True)
        if CONFIGURATION in touched or any(name.endswith(".c") for name in touched):
            # MicroPython collects its names (QSTRs) anew only when its own files change, and keeps the modules of a C
            # file that has gone.
            shutil.rmtree(objects / "build" / "genhdr", ignore_errors=True)
        if not (objects / "configured").exists():
            with step(f"configuring the {wanted.name}"):
                _configure(sources, compiler, wanted, objects, environment, logs)
            (objects / "configured").touch()
        with step(f"building the {wanted.name}"):
            ninja = ["ninja", "-C", objects / "build"]
            run(ninja, logs / f"{wanted.name}.log", _OTHERWISE, env=environment, without=FOREIGN)
    folder = _images(wanted.name) / wanted.key
    about = {
        "version": version.VERSION,
        "revision": wanted.revision,
        "content": wanted.content,
        "key": wanted.key,
        "compiler": cross.says(compiler.tool("gcc")),
        "packages": {**sources.versions, **compiler.versions},
    }
    uf2, elf, json_file, sections = delivered(wanted.name)
    with cache.publish(folder) as partial:
        # MicroPython's build calls every program `firmware`.
        shutil.copyfile(objects / "build" / "firmware.uf2", partial / uf2)
        shutil.copyfile(objects / "build" / "firmware.elf", partial / elf)
        linked = (objects / "build" / "firmware.elf.map").read_text()
        (partial / sections).write_text(link_map.as_csv(link_map.read_map(linked)))
        (partial / json_file).write_text(json.dumps(about, indent=1) + "\n")
    cache.used(objects)
    cache.prune(_images(wanted.name), "*", _IMAGES_KEPT)
    cache.prune(cache.root() / "objects", f"{wanted.name}-*", _OBJECTS_KEPT)
    return folder


def stage(files: tuple[tuple[str, bytes], ...], folder: Path) -> list[str]:
    """Make `folder` hold exactly `files`; equal ones keep their time. Returns the names that changed, came or went."""
    wanted = {name for name, _ in files}
    touched = [name for name, content in files if cache.write_if_changed(folder / name, content)]
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        name = path.relative_to(folder).as_posix()
        if name not in wanted:
            path.unlink()
            touched.append(name)
    return touched


def _configure(
    sources: Sources, compiler: Compiler, wanted: Inputs, objects: Path, environment: dict[str, str], logs: Path
) -> None:
    tools = sources.usr / "lib" / "cmake"
    # A configuration that was cut short is no ground to go on from.
    (objects / "build" / "CMakeCache.txt").unlink(missing_ok=True)
    run(
        [
            *("cmake", "-G", "Ninja", "-S", sources.micropython / "ports" / "rp2", "-B", objects / "build"),
            *wanted.options,
            f"-DMICROPY_BOARD_DIR={objects / 'stage' / 'board'}",
            f"-DCMAKE_PREFIX_PATH={sources.usr}",
            f"-Dpicotool_DIR={tools / 'picotool'}",
            f"-Dpioasm_DIR={tools / 'pioasm'}",
            f"-DPICO_TOOLCHAIN_PATH={compiler.usr}",
        ],
        logs / f"configure-{wanted.name}.log",
        _OTHERWISE,
        env=environment,
        without=FOREIGN,
    )


def deliver(folder: Path, build_folder: Path, name: str = ROVER) -> None:
    """Copy the images out to the working tree's build folder; the UF2 with what tells its build."""
    uf2_name, *others = delivered(name)
    for other in others:
        cache.copy_out(folder / other, build_folder / other)
    about = json.loads((folder / f"{name}.json").read_text())
    uf2 = build_mark.marked((folder / uf2_name).read_bytes(), f"{about['version']}+{about['revision']}")
    cache.write_if_changed(build_folder / uf2_name, uf2)
    place = os.path.relpath(build_folder / uf2_name, REPOSITORY)
    say(f"{place}: sapper {about['version']}+{about['revision']}, {len(uf2) // 1024} KB")
