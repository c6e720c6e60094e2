"""Arrays of zeros, made in place."""

from array import array


def zeros(code, count):
    """array(code) of `count` zeros. Without the list or the bytes that array() is mostly given: as large as itself or
    larger, in one piece, on a heap that may have none. code: of 16 or 32 bits."""
    made = array(code, range(count))
    for i in range(count):
        made[i] = 0
    return made
