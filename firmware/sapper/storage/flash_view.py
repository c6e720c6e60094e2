"""Flash as the processor sees it: memory, from FLASH_AT on (RP2040 datasheet, section 2.6.3)."""

from hashlib import sha256

FLASH_AT = 0x10000000
FLASH_BYTES = 2 * 1024 * 1024
PAGE_BYTES = 256
DIGEST_MOST = 65536


def digest(offset, length):
    """SHA-256 (32 bytes) of `length` bytes of flash from `offset`. The caller keeps both inside the chip: past its end
    the same bytes come again. DIGEST_MOST takes 80 ms on the virtual Pico: only for a board that is disarmed.
    """
    import uctypes  # here, as CPython has none, and a host wants the bounds

    return sha256(uctypes.bytearray_at(FLASH_AT + offset, length)).digest()
