"""Where a module's native functions begin in its .mpy: at a word, to run from flash in an update slot, or off it.

The board runs native code in place that begins at a word's boundary of its flash, and copies the rest into RAM
(sources.py, PATCHES). So the functions of the hot set, which the factory's application has in RAM too, are laid off
every word, and all others on one; the bundle lays each file on one (sapper_host/update/bundle.py).
What fills up are leading zeros of a function's length, seven bits a byte, which any reader of .mpy files takes
(MicroPython's docs, 'MicroPython .mpy files').
"""

import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

WORD = 4
_ZERO = b"\x80"


def placed(content: bytes, file: Path, hot: frozenset[str], micropython: Path) -> bytes:
    """`content` of the .mpy at `file`, its native functions moved to such places.

    hot: names of functions that are to be copied into RAM, as frozen ones have them. micropython: the sources, whose
    own reader of .mpy files gives them.
    """
    made = bytearray()
    taken = 0
    for name, start, head in native_functions(file, micropython):
        made += content[taken : start - head]
        taken = start - head
        begins = len(made) + head
        made += _ZERO * ((begins % WORD == 0) if name in hot else -begins % WORD)
    return bytes(made + content[taken:])


def native_functions(file: Path, micropython: Path) -> list[tuple[str, int, int]]:
    """The native functions of a file, in its order: name, where the code begins, how long what says its length is."""
    tool = _mpy_tool(micropython)
    tool.global_qstrs = tool.GlobalQStrList()
    tool.RawCode.escaped_names = set()
    tool.RawCode.stored_as = None
    module = tool.read_mpy(str(file))
    segments = [segment for segment in module.mpy_segments if segment.kind == tool.MPYSegment.CODE]
    found = []
    for code, segment in zip(_in_order(module.raw_code), segments, strict=True):
        if code.code_kind != tool.MP_CODE_BYTECODE:
            said = (segment.end - segment.start) << 3 | 0b111
            found.append((code.escaped_name, segment.start, -(-said.bit_length() // 7)))
    return found


def _in_order(code) -> list:
    return [code, *(each for child in code.children for each in _in_order(child))]


@cache
def _mpy_tool(micropython: Path) -> ModuleType:
    """MicroPython's tools/mpy-tool.py, which names what is frozen, as a module."""
    sys.path.append(str(micropython / "py"))
    spec = importlib.util.spec_from_file_location("mpy_tool", micropython / "tools" / "mpy-tool.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    tool.config.native_arch = tool.MP_NATIVE_ARCH_NONE
    return tool
