# mypy: ignore-errors
# Runs on the board, sent over MicroPython's raw prompt: how long the flash chip takes, in a blank sector of the update
# slot that does not run. It is left blank.
import slots
from flash_layout import KEY_SECTOR, SECTOR_BYTES
from time import ticks_diff, ticks_us

_PAGE_BYTES = 256
_ERASE = 6  # the block device's request
_AGAIN = 3


def _is_blank(area, sector, buffer):
    area.readblocks(sector, buffer)
    return all(byte == 0xFF for byte in buffer)


def _timed(work, *arguments):
    began = ticks_us()
    work(*arguments)
    return ticks_diff(ticks_us(), began)


def measure():
    """Times in us; {"why": ...} where nothing was touched."""
    slot = slots.idle()
    area = slots.area(slot)
    buffer = bytearray(SECTOR_BYTES)
    # From the end, where an image is least likely to come to; the team's key and the trailer lie beyond.
    for sector in range(KEY_SECTOR - 1, -1, -1):
        if _is_blank(area, sector, buffer):
            break
    else:
        return {"why": "no sector of the idle update slot is blank"}
    page = bytes(range(_PAGE_BYTES))
    erase_us, program_us = [], []
    for _ in range(_AGAIN):
        try:
            for at in range(0, SECTOR_BYTES, _PAGE_BYTES):
                program_us.append(_timed(area.writeblocks, sector, page, at))
        finally:
            erase_us.append(_timed(area.ioctl, _ERASE, sector))
    if not _is_blank(area, sector, buffer):
        return {"why": "sector {} of slot {} did not become blank again".format(sector, slot)}
    return {"slot": slot, "sector": sector, "erase_us": erase_us, "program_us": program_us}
