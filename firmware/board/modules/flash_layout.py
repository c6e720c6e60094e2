"""What lies where in the half of the flash that is not the firmware image: the file system, then the update slots.

Offsets count from the start of that half (rp2.Flash's own). Host tools and tests read this file as it is.
"""

STORAGE_BYTES = 1024 * 1024
SECTOR_BYTES = 4096

SLOT_BYTES = 384 * 1024
FILES_BYTES = STORAGE_BYTES - 2 * SLOT_BYTES
SLOT_OFFSETS = {"a": FILES_BYTES, "b": FILES_BYTES + SLOT_BYTES}

# A slot's last sector is its trailer: it is written last, and makes the image before it count. The sector before that
# is no update's: it holds a copy of the team's key, out of the reach of whatever becomes of the file system.
TRAILER_SECTOR = SLOT_BYTES // SECTOR_BYTES - 1
KEY_SECTOR = TRAILER_SECTOR - 1
IMAGE_BYTES_MAX = KEY_SECTOR * SECTOR_BYTES
