"""Reading and writing the RP2040's registers without allocating: viper, and results below 2**30."""

from array import array

import micropython


@micropython.viper
def peek(address: int, shift: int, mask: int) -> int:
    """(register >> shift) & mask."""
    word = ptr32(address)
    return (word[0] >> shift) & mask


@micropython.viper
def poke(address: int, value: int):
    """Write all 32 bits of a register."""
    word = ptr32(address)
    word[0] = value


@micropython.viper
def look(addresses, values):
    """All 32 bits of many registers, array('I'): too many for small integers."""
    a = ptr32(addresses)
    v = ptr32(values)
    i = a[0]
    while i:
        word = ptr32(a[i])
        v[i] = word[0]
        i -= 1


def addresses(*registers):
    """The list that `look` goes through, the first at 1."""
    return array("I", (len(registers),) + registers)


@micropython.viper
def bits(values, index: int, shift: int, mask: int) -> int:
    """(values[index] >> shift) & mask."""
    v = ptr32(values)
    return (v[index] >> shift) & mask
