"""The hot set's list reaches the linker as it stands, and the linker's map is read as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.prove.hot_set.listing import Entry, as_text
from hil.prove.hot_set.sections import Section
from tests.firmware.toolchain.test_image_inputs import CROSS, SOURCES, firmware
from toolchain import hot_set, link_map, uf2
from toolchain.errors import ToolchainError

pytestmark = pytest.mark.unit
__all__ = ["firmware"]

ENTRIES = [
    Entry(Section("map.c.o", ".text.mp_map_lookup"), False, 404, 0.25),
    Entry(Section("libgcc.a:_udivsi3.o", ".text"), True, 20, 0.001),
]


def test_what_the_tool_writes_the_build_reads() -> None:
    assert hot_set.read(as_text(ENTRIES)) == [
        hot_set.Entry("libgcc.a:_udivsi3.o", ".text", "early"),
        hot_set.Entry("map.c.o", ".text.mp_map_lookup", "hot"),
    ]


def test_the_linker_is_told_of_objects_and_of_members_of_libraries() -> None:
    files = dict(hot_set.linker_files(hot_set.read(as_text(ENTRIES))))
    assert files == {
        "board/hot_set.ld": b"*/map.c.o(.text.mp_map_lookup)\n",
        "board/hot_set_application.ld": b"",
        "board/hot_set_early.ld": b"*libgcc.a:_udivsi3.o(.text)\n",
    }


def test_the_applications_code_stands_apart_as_that_of_a_slot_takes_its_room() -> None:
    entries = [
        hot_set.Entry("frozen_content.c.o", ".text.fun_data_sapper_drive_drive_Drive_sense", "hot"),
        hot_set.Entry("frozen_content.c.o", ".text.fun_data_slots_choose", "hot"),
    ]
    files = dict(hot_set.linker_files(entries))
    assert files["board/hot_set.ld"] == b"*/frozen_content.c.o(.text.fun_data_slots_choose)\n"
    assert files["board/hot_set_application.ld"].count(b"\n") == 1


@pytest.mark.parametrize("line", ["hot 1 a.c.o .text.x", "warm 1 1.00  a.c.o .text.x", "hot 1 1.00  a.c.o text.x"])
def test_a_line_that_is_no_entry_is_told_with_its_number(line: str) -> None:
    with pytest.raises(ToolchainError, match="line 2: not an entry"):
        hot_set.read(f"# a comment\n{line}\n")


def test_another_list_is_another_image_and_other_figures_in_it_are_not(firmware: Path) -> None:
    def key(hot: str | None = None) -> str:
        return uf2.inputs(SOURCES, CROSS, firmware, hot).key

    listed = (firmware / hot_set.LIST).read_text()
    other = [Entry(row.section, row.early, 1, 2.0) for row in ENTRIES]
    assert key() == key(listed)
    assert len({key(), key(""), key(as_text(ENTRIES))}) == 3
    assert key(as_text(ENTRIES)) == key(as_text(other))
    (firmware / hot_set.LIST).write_text(as_text(ENTRIES))
    assert key() == key(as_text(other))


MAP = """\
Archive member included to satisfy reference by file (symbol)

.text.not_this 0x00000000       0x10 /home/a/discarded.c.o

Linker script and memory map

.text           0x10000100    0x40000
 *(.text*)
 .text          0x10000100        0x0 CMakeFiles/firmware.dir/home/a/py/map.c.o
 .text.mp_map_lookup
                0x10000104      0x194 CMakeFiles/firmware.dir/home/a/py/map.c.o
                0x10000104                mp_map_lookup
 *fill*         0x10000298        0x4
 .text.nlr      0x1000029c       0x20 /home/a/nlr.c.o
 .text          0x100002bc       0x14 /usr/lib/thumb/libgcc.a(_udivsi3.o)
 .fini.__stub   0x100002d0       0x40 linker stubs

.hot_set        0x200000c0       0x10 load address 0x10000300
 .text.hot      0x200000c0       0x10 /home/a/hot.c.o

.debug_info     0x00000000       0x10
 .debug_info    0x00000000       0x10 /home/a/hot.c.o
"""


def test_the_linkers_map_is_read_without_the_paths_of_the_machine() -> None:
    placed = link_map.read_map(MAP)
    assert [(row.output, row.address, row.bytes, row.object, row.section) for row in placed] == [
        (".text", 0x10000104, 0x194, "map.c.o", ".text.mp_map_lookup"),
        (".text", 0x1000029C, 0x20, "nlr.c.o", ".text.nlr"),
        (".text", 0x100002BC, 0x14, "libgcc.a:_udivsi3.o", ".text"),
        (".text", 0x100002D0, 0x40, "linker stubs", ".fini.__stub"),
        (".hot_set", 0x200000C0, 0x10, "hot.c.o", ".text.hot"),
    ]
    assert "/home" not in link_map.as_csv(placed)
