"""The toolchain's verbs. Each brings its own prerequisites; each does nothing if there is nothing to do."""

import argparse
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from . import cache, compiler, instrument, mpy, native, sources, system, uf2, workspace
from .errors import ToolchainError, from_os_error
from .progress import end_with_starter, say

REPOSITORY = uf2.REPOSITORY
BUILD = REPOSITORY / "build"
LOGS = BUILD / "logs"
ENDINGS = (signal.SIGTERM, signal.SIGHUP)


def setup() -> None:
    """Install what this machine lacks, make the Python environment and install the Node packages."""
    system.install_missing(LOGS)
    with cache.lock("setup"):
        workspace.python_environment(REPOSITORY, LOGS)
        workspace.node_packages(REPOSITORY, LOGS)
    workspace.describe(REPOSITORY)


def farm() -> None:
    """Make .venv-farm, the Python environment with labgrid, for those who share benches."""
    system.install_missing(LOGS)
    with cache.lock("setup"):
        workspace.farm_environment(REPOSITORY, LOGS)
    say("ready: labgrid in .venv-farm")


def firmware(hot: str | None = None, target: Path = BUILD) -> None:
    """Build build/firmware.uf2 (and .elf, .json, .sections.csv), or take it from the cache."""
    _image(lambda fetched, cross: uf2.inputs(fetched, cross, hot=hot), target)


def instrument_image() -> None:
    """Build build/instrument.uf2 (and .elf, .json, .sections.csv): what runs on the bench's own Pico."""
    _image(instrument.inputs, BUILD)


def _image(inputs: Callable[[sources.Sources, compiler.Compiler], uf2.Inputs], target: Path) -> None:
    """Build an image, or take it from the cache, and deliver it to the folder `target`."""
    system.install_missing(LOGS)
    fetched, cross = sources.present(), compiler.present()
    wanted = inputs(fetched, cross) if fetched and cross else None
    image = uf2.cached(wanted) if wanted else None
    if image is None:
        with cache.lock():
            fetched, cross = sources.ensure(LOGS), compiler.ensure(LOGS)
            wanted = inputs(fetched, cross)
            image = uf2.build(fetched, cross, wanted, LOGS)
    assert wanted is not None
    uf2.deliver(image, target, wanted.name)


def micropython() -> None:
    """Build build/micropython (unix port) and build/mpy-cross for this machine, or take them from the cache."""
    system.install_missing(LOGS)
    fetched = sources.present()
    programs = native.present(fetched) if fetched else None
    if not fetched or not programs:
        with cache.lock():
            fetched = sources.ensure(LOGS)
            programs = (native.mpy_cross(fetched, LOGS), native.micropython(fetched, LOGS))
    for program in programs:
        cache.copy_out(program, BUILD / program.name)
        say(f"build/{program.name}: MicroPython {fetched.versions['micropython']}")


def modules(tree: Path = uf2.REPOSITORY / "firmware", target: Path = BUILD / "mpy") -> None:
    """Compile firmware/sapper to build/mpy/sapper/*.mpy for the Pico."""
    system.install_missing(LOGS)
    fetched = sources.present()
    programs = native.present(fetched) if fetched else None
    if fetched and programs:
        program = programs[0]
    else:
        with cache.lock():
            fetched = sources.ensure(LOGS)
            program = native.mpy_cross(fetched, LOGS)
    made = mpy.build(program, fetched, target, LOGS, tree)
    say(f"{os.path.relpath(target)}: {len(made)} modules")


def where() -> None:
    """Print the folder of MicroPython's sources (fetched if need be); nothing else goes to standard output."""
    fetched = sources.present()
    if not fetched:
        with cache.lock():
            fetched = sources.ensure(LOGS)
    print(fetched.micropython)


VERBS: dict[str, Callable[[], None]] = {
    "setup": setup,
    "farm": farm,
    "firmware": firmware,
    "instrument": instrument_image,
    "micropython": micropython,
    "mpy": modules,
    "where": where,
}


def main(arguments: list[str] | None = None) -> int:
    """Run one verb; returns the exit status: 0, 1 with a message and a remedy, or 128 and the signal's number."""
    parser = argparse.ArgumentParser(prog="toolchain", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for name, function in VERBS.items():
        verbs.add_parser(name, help=function.__doc__)
        if name == "mpy":
            verbs.choices[name].add_argument("tree", nargs="?", type=Path, help="a firmware folder other than ours")
            verbs.choices[name].add_argument("target", nargs="?", type=Path, help="where its modules go")
        if name == "firmware":
            verbs.choices[name].add_argument(
                "--hot-set", type=Path, metavar="LIST", help="another list of what is in RAM; `none`: nothing is"
            )
            verbs.choices[name].add_argument(
                "--to", type=Path, metavar="FOLDER", help="where that image goes (build/hot_set_NAME)"
            )
    options = parser.parse_args(arguments)
    verb = options.verb
    if verb == "mpy" and options.tree and not options.target:
        parser.error("mpy: a tree of its own needs a target")
    # A signal is answered like Ctrl-C: what is running is ended, and the next run goes on from there.
    ended_by = [signal.SIGINT]
    for number in ENDINGS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda number, _: _interrupt(ended_by, number))
    end_with_starter()
    try:
        if verb == "mpy" and options.tree:
            modules(options.tree.resolve(), options.target.resolve())
        elif verb == "firmware" and options.hot_set:
            _with_hot_set(options.hot_set, options.to or BUILD / f"hot_set_{options.hot_set.stem}")
        else:
            VERBS[verb]()
    except ToolchainError as error:
        print(f"\nerror: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"\nerror: {from_os_error(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on where it was", file=sys.stderr)
        return 128 + ended_by[-1]
    return 0


def _with_hot_set(listed: Path, target: Path) -> None:
    """An image whose hot set is another one than this tree's, beside that."""
    firmware("" if str(listed) == "none" else listed.read_text(), target.resolve())


def _interrupt(ended_by: list[int], number: int) -> None:
    ended_by.append(number)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
