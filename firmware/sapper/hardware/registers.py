"""Reading and writing the RP2040's registers without allocating: the only module that touches bare addresses.

Masks stay below 2**30 so that results are small integers. 1 us a call, viper.
"""

import micropython


@micropython.viper
def peek(address: int, shift: int, mask: int) -> int:
    """(register >> shift) & mask."""
    word = ptr32(address)
    return (word[0] >> shift) & mask


@micropython.viper
def pushed(instr: int, first: int, second: int, fifo: int) -> int:
    """Put two instructions into a PIO machine, the second a `push`, and take the low 16 bits of what it gives."""
    word = ptr32(instr)
    word[0] = first
    word[0] = second
    word = ptr32(fifo)
    return word[0] & 0xFFFF


@micropython.viper
def poke(address: int, value: int):
    """Write all 32 bits of a register."""
    word = ptr32(address)
    word[0] = value


@micropython.viper
def push_words(address: int, words: ptr16, count: int):
    """Put half-words into a FIFO, one after the other."""
    fifo = ptr32(address)
    i = 0
    while i < count:
        fifo[0] = words[i]
        i += 1


@micropython.viper
def swap_transfer(block: int, to: ptr8, count: int, words: ptr16, words_count: int) -> int:
    """Of an I2C block: take the `count` bytes that a transfer has brought, and begin another by these commands. How
    many of the bytes are others than those that they replace; -1, and nothing done, unless just so many have come."""
    registers = ptr32(block)
    if registers[30] != count:  # IC_RXFLR
        return -1
    changed = 0
    i = 0
    while i < count:
        byte = registers[4] & 0xFF  # IC_DATA_CMD
        if to[i] != byte:
            to[i] = byte
            changed += 1
        i += 1
    i = 0
    while i < words_count:
        registers[4] = words[i]
        i += 1
    return changed
