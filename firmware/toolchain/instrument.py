"""The second image: what runs on the bench's own Pico (hil/bench/instrument). Built as the rover's is (uf2.py)."""

from pathlib import Path

from sapper.shared import version

from . import cache, uf2
from .compiler import Compiler
from .sources import MICROPYTHON_VERSION, Sources

NAME = "instrument"
OURS = ("hil/bench/instrument",)
CMAKE_OPTIONS = ("-DMICROPY_BOARD=INSTRUMENT",)
FOLDER = uf2.REPOSITORY / "hil" / "bench" / "instrument"


def inputs(sources: Sources, compiler: Compiler, folder: Path = FOLDER) -> uf2.Inputs:
    """Collect what goes into the image: the board definition, and the modules beside it, which are frozen flat."""
    commit = uf2.revision(folder.parents[2], OURS)
    board = [(name, content) for name, content in cache.files(folder, "board/**/*") if "__pycache__" not in name]
    modules = cache.files(folder, "*.py")
    content = cache.key(modules)
    staged = sorted([*board, *((f"{NAME}/{name}", text) for name, text in modules), *_generated(commit, content)])
    tools = uf2.tool_parts(sources, compiler, CMAKE_OPTIONS)
    key = cache.key([*tools, *staged])
    return uf2.Inputs(tuple(staged), commit, content, cache.key(tools), key, NAME, CMAKE_OPTIONS)


def _generated(commit: str, content: str) -> list[tuple[str, bytes]]:
    """The staged files that are made, not copied. CONTENT stands for the modules: ID tells it."""
    header = f'#define SAPPER_VERSION "{version.VERSION}"\n#define SAPPER_REVISION "{commit}"\n'
    module = (
        '"""What this firmware was built from. Made by the build."""\n\n'
        f'GIT_REVISION = "{commit}"\nMICROPYTHON = "{MICROPYTHON_VERSION}"\nCONTENT = "{content}"\n'
    )
    return [
        ("board/pins.csv", uf2.pins_csv({"LED": 25})),
        ("board/instrument_build.h", header.encode()),
        ("generated/instrument_build.py", module.encode()),
    ]
