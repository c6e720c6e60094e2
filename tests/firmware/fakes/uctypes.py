"""A flash to look at: FLASH, at its address in memory."""

FLASH_AT = 0x10000000
FLASH = bytearray(i * 7 & 255 for i in range(2 * 1024 * 1024))


def bytearray_at(address, length):
    assert FLASH_AT <= address <= FLASH_AT + len(FLASH) - length
    return FLASH[address - FLASH_AT : address - FLASH_AT + length]
