"""What the linker put where: the map that GNU ld writes, as rows without the paths of the machine that built."""

import csv
import io
import re
from dataclasses import dataclass
from pathlib import PurePath

# Outputs that are in the Pico's memory; the others are for debuggers.
OUTPUTS = (".boot2", ".start", ".hot_set", ".hot_app", ".data", ".bss", ".text", ".rodata", ".binary_info")
_OUTPUT = re.compile(r"(\.[\w.]+)(?:\s|$)")
_ALONE = re.compile(r" (\S+)")
_PLACED = re.compile(r" (\S+)? +0x([0-9a-f]+) +0x([0-9a-f]+) (\S.*)")
_MEMBER = re.compile(r"(.*\.a)\((.*)\)")


@dataclass(frozen=True)
class Placed:
    """An object's section in the image: the output it is part of, its first address, and its bytes."""

    output: str
    address: int
    bytes: int
    object: str
    section: str


def read_map(text: str) -> list[Placed]:
    """The sections in the Pico's memory that have any bytes, as ld's map `text` tells of them."""
    placed, output, name = [], "", ""
    for line in text.split("\nLinker script and memory map\n", 1)[-1].splitlines():
        if heading := _OUTPUT.match(line):
            output = heading[1]
        elif row := _PLACED.fullmatch(line):
            address, size = int(row[2], 16), int(row[3], 16)
            if size and output in OUTPUTS:
                placed.append(Placed(output, address, size, _object(row[4]), row[1] or name))
        elif alone := _ALONE.fullmatch(line):
            name = alone[1]  # a long name: the rest is in the next line
    return placed


def _object(path: str) -> str:
    """The name that says which object it is: of a library's, that of the library too."""
    member = _MEMBER.fullmatch(path)
    return f"{PurePath(member[1]).name}:{member[2]}" if member else PurePath(path).name


def as_csv(placed: list[Placed]) -> str:
    """The rows as firmware.sections.csv holds them."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(("output", "address", "bytes", "object", "section"))
    rows.writerows((row.output, f"{row.address:#x}", row.bytes, row.object, row.section) for row in placed)
    return out.getvalue()
