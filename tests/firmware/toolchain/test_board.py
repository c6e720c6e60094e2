"""What the board definition promises, on the virtual Pico: no file system is lost, no write to USB stops the loop."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from pathlib import Path

import flash_layout
import pytest
from littlefs import LittleFS

from hil.prove.benchmarks import stack
from hil.prove.hot_set.__main__ import ROOM_B
from hil.prove.micropython_tests.prompt import RawPrompt
from hil.rigs.firmware import default_uf2
from hil.rigs.virtual import VirtualPico
from sapper.hardware.frame import RING_SAMPLES
from sapper.shared import limits
from sapper.storage import kept

pytestmark = [pytest.mark.virtual, pytest.mark.xdist_group("board")]

AREA_START = 1024 * 1024
BLOCK_BYTES = 4096
BLOCKS = flash_layout.FILES_BYTES // BLOCK_BYTES
USB_TAKES_B = 256  # that is sent without the host's reading it
STATE = b"import board_storage, os\nprint(board_storage.state, '|', board_storage.reason, '|', "


def file_system(files: dict[str, bytes]) -> bytes:
    """A littlefs image as the board makes them, with these files."""
    made = LittleFS(block_size=BLOCK_BYTES, block_count=BLOCKS, prog_size=256, read_size=32, cache_size=256)
    for name, content in files.items():
        with made.open(name, "wb") as handle:
            handle.write(content)
    return bytes(made.context.buffer)


def flash_with(area: bytes) -> bytes:
    """2 MB of flash with `area` where the file system is."""
    return b"\xff" * AREA_START + area.ljust(BLOCKS * BLOCK_BYTES, b"\xff")


def area_of(prompt: RawPrompt) -> bytes:
    """The file system's area as it is in flash now."""
    return prompt.pico.flash.read(AREA_START, BLOCKS * BLOCK_BYTES)


def state(prompt: RawPrompt, more: bytes) -> list[str]:
    """board_storage's state and reason, and what the expression `more` gives; all as text."""
    printed, _ = prompt.run(STATE + more + b")")
    return [part.strip() for part in printed.decode().strip().split("|")]


def start(area: bytes) -> RawPrompt:
    """A board with that in its file system's area, at its prompt."""
    return RawPrompt(VirtualPico(default_uf2(), flash_image=flash_with(area), seed=3))


@pytest.fixture(scope="module")
def prompt() -> Iterator[RawPrompt]:
    """A board with a file on it, for the tests that change nothing."""
    board = start(file_system({"kept.txt": b"of use"}))
    yield board
    board.close()


def test_when_the_application_has_ended_modules_come_from_the_image_then_from_lib() -> None:
    """Never from the current folder; and while it was imported not from /lib either, which the path shows no more."""
    with VirtualPico(default_uf2(), seed=3) as pico:
        pico.run(700_000_000)
        for line in (b"repl\n", b"import sys; print(sys.path, 'sapper.run' in sys.modules)\r\n"):
            pico.usb.write(line)
            pico.run(300_000_000)
        said = b"".join(data for _, data in pico.usb.read())
    assert b"['.frozen', '/lib'] True" in said


def test_a_file_system_that_is_sound_is_mounted_with_its_files(prompt: RawPrompt) -> None:
    assert state(prompt, b"open('kept.txt').read()") == ["mounted", "", "of use"]


def test_a_new_board_gets_a_file_system_and_says_so() -> None:
    prompt = start(b"")
    try:
        # The application has started since, and may have written settings: what counts is that it could.
        image = LittleFS(block_size=BLOCK_BYTES, block_count=BLOCKS, prog_size=256, mount=False)
        image.context.buffer = bytearray(area_of(prompt))
        image.mount()
        # A soft reset, which the prompt makes, finds the file system that was made at power-on.
        assert state(prompt, b"os.statvfs('/')[2]")[::2] == ["mounted", str(BLOCKS)]
    finally:
        prompt.close()


def test_a_new_boards_blank_flash_is_not_erased_for_its_file_system() -> None:
    """Each erasing would make its first start 45 ms longer; of a block that is not blank it has to be, below."""
    with VirtualPico(default_uf2(), seed=3) as pico:
        pico.run(700_000_000)
        done = {operation.name for operation in pico.flash.operation_log()}
    assert done == {"program"}


BROKEN = {
    "noise": random.Random(1).randbytes(BLOCKS * BLOCK_BYTES),
    "superblocks gone": b"\xff" * 2 * BLOCK_BYTES + file_system({"kept.txt": b"x" * 9000})[2 * BLOCK_BYTES :],
    "one byte in blank flash": b"\xff" * (BLOCKS * BLOCK_BYTES - 1) + b"\xfe",
    "superblocks zeroed": bytes(2 * BLOCK_BYTES) + file_system({"kept.txt": b"x" * 9000})[2 * BLOCK_BYTES :],
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_file_system_that_does_not_mount_is_left_as_it_is_and_the_board_says_so(what: str) -> None:
    area = BROKEN[what]
    prompt = start(area)
    try:
        assert area_of(prompt) == area, "the board wrote to a file system that it could not read"
        name, reason, mounted = state(prompt, b"os.listdir('/') if board_storage.state != 'failed' else 'nothing'")
        assert (name, mounted) == ("failed", "nothing")
        assert "Error" in reason
        assert area_of(prompt) == area, "a soft reset wrote to it"
        printed, _ = prompt.run(
            b"import board_storage\nbuffer = bytearray(4096)\nboard_storage.read_block(3, buffer)\nprint(buffer.hex())"
        )
        assert bytes.fromhex(printed.decode().strip()) == area[3 * BLOCK_BYTES : 4 * BLOCK_BYTES]
    finally:
        prompt.close()


def test_formatting_on_request_makes_it_usable_again() -> None:
    prompt = start(BROKEN["noise"])
    try:
        printed, _ = prompt.run(
            b"import board_storage\nboard_storage.erase_and_format()\n"
            b"with open('/new.txt', 'w') as f: f.write('kept')\nprint(board_storage.state)"
        )
        assert printed.decode().strip() == "formatted"
        assert state(prompt, b"open('new.txt').read()") == ["mounted", "", "kept"]
    finally:
        prompt.close()


WRITE = b"""
import sys, time, micropython
micropython.kbd_intr(%d)
time.sleep_ms(50)
worst, sent = 0, 0
for _ in range(8):
    began = time.ticks_us()
    sent += sys.stdout.buffer.write(b'.' * 200)
    worst = max(worst, time.ticks_diff(time.ticks_us(), began))
time.sleep_ms(300)
micropython.kbd_intr(3)
time.sleep_ms(300)
print('|', sent, '|', worst)
"""


def write_unread(prompt: RawPrompt, interrupt: int) -> tuple[int, int]:
    """Write 1600 bytes to a host that does not read; (bytes that were taken, longest write in us)."""
    usb = prompt.pico.usb
    prompt.start(WRITE % interrupt)
    prompt.pico.run(20_000_000)
    usb.reading = False
    prompt.pico.run(5_000_000_000 if interrupt == 3 else 300_000_000)
    usb.reading = True
    printed, _ = prompt.finish()
    _, sent, worst = printed.decode().split("|")
    return int(sent), int(worst)


def test_with_ctrl_c_off_a_write_to_a_host_that_does_not_read_returns_at_once_and_drops(prompt: RawPrompt) -> None:
    sent, worst_us = write_unread(prompt, -1)
    assert worst_us < 2_000
    assert 0 < sent < 1600, "what fits is kept, the rest is dropped, and the count says so"


def test_with_ctrl_c_on_a_write_waits_for_the_host_as_mpremote_expects(prompt: RawPrompt) -> None:
    _, worst_us = write_unread(prompt, 3)
    assert worst_us > 400_000


DEEP = b"""
import micropython
calls = 0
def deeper():
    global calls
    calls += 1
    if micropython.stack_use() < %d:
        deeper()
    print('calls', calls)
    raise ValueError('the end of a long traceback')
deeper()
"""


def test_a_long_traceback_comes_whole_though_the_interpreter_turns_ctrl_c_off_for_it(prompt: RawPrompt) -> None:
    may_use = stack.TOP - stack.BOTTOM - stack.MARGIN_B - limits.STACK_RESERVE_B
    printed, _ = prompt.run(DEEP % may_use)
    calls = int(printed.split(b"calls ")[1].split()[0])
    assert printed.count(b'File "<stdin>"') == calls + 1
    assert b"ValueError: the end of a long traceback" in printed
    assert len(printed) > 2 * USB_TAKES_B


def test_version_revision_and_pin_names_are_on_the_board(prompt: RawPrompt) -> None:
    printed, _ = prompt.run(
        b"import sapper_build, machine, os\n"
        b"print(sapper_build.MICROPYTHON, machine.Pin('MOTOR_EN'), os.uname().machine, sapper_build.GIT_REVISION)"
    )
    text = printed.decode()
    assert text.startswith("1.25.0 Pin(GPIO16")
    assert "Sapper rover" in text
    about = Path(default_uf2()).with_suffix(".json").read_text()
    assert text.split()[-1] in about


RAM_B = 256 * 1024
VECTORS_B = 192


def test_the_heap_is_all_of_the_ram_that_nothing_else_has(prompt: RawPrompt) -> None:
    """The hot set has its room, the ring and the event log theirs; C's variables are what the linker's map tells."""
    printed, _ = prompt.run(b"import gc\ngc.collect()\nprint(gc.mem_free() + gc.mem_alloc())")
    with Path(default_uf2()).with_suffix(".sections.csv").open() as file:
        rows = list(csv.DictReader(file))
    variables_b = sum(int(row["bytes"]) for row in rows if row["output"] in (".data", ".bss"))
    left_b = RAM_B - VECTORS_B - ROOM_B - 2 * RING_SAMPLES - 4 * kept.WORDS - variables_b
    # MicroPython's tables: for each block of 16 bytes two bits of use and one of whether something ends with it.
    assert int(printed) >= left_b * 128 // 131 - 512


def answer(pico: VirtualPico, line: str) -> str:
    """What the console says to a line: everything up to `ok` or `err`, and that."""
    pico.usb.read()
    pico.usb.write(line.encode() + b"\r\n")
    text = ""
    for _ in range(200):
        pico.run(10_000_000)
        text += b"".join(data for _, data in pico.usb.read()).decode(errors="replace")
        if any(row.startswith(("ok", "err")) for row in text.splitlines()) and text.endswith("\n"):
            break
    return text


def test_the_console_tells_of_a_broken_file_system_refuses_to_arm_and_makes_a_new_one_only_when_told() -> None:
    area = BROKEN["noise"]
    with VirtualPico(default_uf2(), flash_image=flash_with(area), seed=5) as pico:
        pico.run(800_000_000)
        assert "err storage: the file system is not mounted" in answer(pico, "storage")
        assert "nothing was erased" in answer(pico, "selftest")
        assert "err" in answer(pico, "arm")
        assert "err usage" in answer(pico, "storage format")
        assert pico.flash.read(AREA_START, len(area)) == area
        assert "ok state=formatted" in answer(pico, "storage erase")
        assert "\nok" in "\n" + answer(pico, "save")
        pico.power_cut()
        pico.power_on()
        pico.run(800_000_000)
        assert "ok state=mounted" in answer(pico, "storage")
