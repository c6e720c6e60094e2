"""The update slots in flash: what is in them, which one starts, and the pointer that says so.

Each slot holds a ROMFS image, seen as /a and /b, whose .mpy files run in place, and in its last sector a trailer: text
lines `name=value` with the image's length, SHA-256, version and MAC. Nothing but a whole image with a whole trailer
is ever started, on a board with a team key none that is not signed with it, and nothing here writes to the firmware
image: the factory's application always starts.

An application in a slot may be newer than this module: API counts changes of what it may call here.
"""

import sys
from binascii import crc32, unhexlify

import board_storage
import key_places
import machine
import rp2
import sapper_flash
import sapper_hot_set
import slot_choice
import slot_trailer
import two_copies
import vfs
import whole_file
from flash_layout import IMAGE_BYTES_MAX, KEY_SECTOR, SECTOR_BYTES, SLOT_BYTES, SLOT_OFFSETS, TRAILER_SECTOR
from hmac_sha256 import Hmac
from slot_choice import FACTORY
from slot_trailer import API

POINTER = "/update.txt"
_KEY_BYTES = 32
# Longer than a start takes; from its first tick on the application's own watchdog is shorter.
_TRIAL_START_MS = 8000

running = FACTORY
why = slot_choice.NO_UPDATE


def area(slot):
    """The slot's flash: a block device of SECTOR_BYTES blocks that can be read as a buffer."""
    return rp2.Flash(start=SLOT_OFFSETS[slot], len=SLOT_BYTES)


def erase(slot, sector, count):
    """Blank `count` sectors of a slot, 64 kB blocks at once where they are whole. Up to 2 s a block on a slow chip.

    ValueError when the team's key lies there.
    """
    if sector <= KEY_SECTOR < sector + count:
        raise ValueError("not an update's sector")
    sapper_flash.erase(SLOT_OFFSETS[slot] + sector * SECTOR_BYTES, count * SECTOR_BYTES)


def trailer(slot):
    """The slot's trailer as {name: value}; {} when there is none."""
    return slot_trailer.parse(_trailer_bytes(slot))


def _trailer_bytes(slot):
    return slot_trailer.in_sector(memoryview(area(slot))[TRAILER_SECTOR * SECTOR_BYTES :])


def _unsigned(raw):
    """'' or why the team's key does not let this trailer's image start."""
    word = two_copies.newest([key_places.read(place) for place in (0, 1)])[1]
    if word in (two_copies.NEVER, "none"):
        return ""
    try:
        key = unhexlify(word or "")
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        return "not proved, as the team's key is spoilt"
    parts = slot_trailer.signature(raw)
    if parts is None or Hmac(key, slot_trailer.USE).digest(parts[0]) != unhexlify(parts[1]):
        return "not signed with the team's key"
    return ""


def wrong_with(slot):
    """'' when the slot holds a whole image that may run on this board, or what is wrong.

    Every start asks, so it goes by the image's CRC-32, which takes a fifth of the time of the SHA-256 that the image
    was let in by. The signature is the trailer's, which holds both: whatever was there before the team's key came, or
    was signed with another, is not started.
    """
    raw = _trailer_bytes(slot)
    values = slot_trailer.parse(raw)
    if not values:
        return "empty"
    if values.get("api") != str(API):
        return "made for another firmware image"
    if values.get("mpy") != str(mpy_version()):
        return "made for another MicroPython"
    try:
        length = int(values["length"])
    except (KeyError, ValueError):
        return "damaged"
    if not 0 < length <= IMAGE_BYTES_MAX or "%08x" % crc32(memoryview(area(slot))[:length]) != values.get("crc32"):
        return "damaged"
    return _unsigned(raw)


def mpy_version():
    """What .mpy files this MicroPython runs: version, sub-version and architecture, as one number."""
    return sys.implementation._mpy


def pointer():
    """The pointer's text; '' when there is none."""
    try:
        with open(POINTER) as file:
            return file.read(slot_choice.POINTER_BYTES_MAX)
    except OSError:
        return ""


def write_pointer(written):
    """Replace the pointer, as a whole. OSError when flash refuses."""
    whole_file.replace(POINTER, (written,))


def idle():
    """The slot that an update goes to: never the one that runs."""
    return "b" if running == "a" else "a"


def release(slot):
    """Take a slot out of the file system, as what it holds is about to change."""
    try:
        vfs.umount("/" + slot)
    except OSError:
        pass  # nothing was mounted


def on_trial():
    """Whether what runs has yet to prove itself."""
    return why == slot_choice.TRIAL


def point_to(source):
    """Start this slot (on trial) or the factory image from the next start on. OSError when flash refuses."""
    tries = "0" if source in SLOT_OFFSETS else slot_choice.KEPT
    write_pointer(slot_choice.text(source, running, tries))


def keep():
    """What runs has proved itself: no longer on trial. OSError when flash refuses."""
    global why
    _, before, _ = slot_choice.parse(pointer())
    write_pointer(slot_choice.text(running, before, slot_choice.KEPT))
    why = slot_choice.CHOSEN


def choose():
    """Decide what starts, and put it first among the places that modules come from."""
    global running, why
    if board_storage.state == board_storage.FAILED:
        running, why = FACTORY, slot_choice.NO_FILES
    else:
        running, why, written = slot_choice.choose(pointer(), wrong_with)
        if written:
            try:
                write_pointer(written)
            except OSError:
                # A trial that cannot be counted could never end.
                if why == slot_choice.TRIAL:
                    running, why = FACTORY, slot_choice.NO_FILES
    for slot in SLOT_OFFSETS:
        try:
            vfs.mount(vfs.VfsRom(area(slot)), "/" + slot)
        except (OSError, ValueError):
            pass  # empty, or half written
    # The current folder is not among them: no file that was copied onto the board takes the application's place.
    # Nor is /lib, until the application is there: each `import os` of it would look into the file system first, 25 ms
    # of a start in all (measured on the virtual Pico).
    sys.path[:] = [".frozen"]
    if running == FACTORY:
        sapper_hot_set.keep_for_factory()
    else:
        sys.path.insert(0, "/" + running)
        sapper_hot_set.give_to_slot()  # from here on no native code of the factory's application may run


def start():
    """Start what was chosen. Returns when it asks for MicroPython's prompt, or the factory's application failed."""
    choose()
    watched = on_trial() and machine.WDT(timeout=_TRIAL_START_MS)
    try:
        try:
            from sapper.run import main
        finally:
            sys.path.append("/lib")
        main()
    except KeyboardInterrupt:
        if watched:
            machine.mem32[0x4005B000] = 1 << 30  # RP2040 datasheet 4.7.6: CTRL.ENABLE cleared; the prompt is not fed
        print("Sapper was stopped while it started. Ctrl-D starts it again.")
    except Exception as error:
        sys.print_exception(error)
        if running != FACTORY:
            _failed()
            machine.reset()


def _failed():
    """What ran from a slot raised before it ran: kept until now or not, it has to prove itself again."""
    try:
        run, before, tries = slot_choice.parse(pointer())
        if tries < 0:
            write_pointer(slot_choice.text(run, before, 1))
    except (OSError, ValueError):
        pass  # no pointer, or none that can be written: the next start decides by what is there
