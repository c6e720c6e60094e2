"""COBS framing on the board (Cheshire and Baker, 1999): viper, nothing allocated. The laptop uses a library."""

import micropython


@micropython.viper
def encode_into(source: ptr8, length: int, target: ptr8) -> int:
    """0x00, the COBS form of source[:length] and 0x00 -> target; returns the bytes written. Frames stay below 254
    bytes."""
    target[0] = 0
    code_at = 1
    write = 2
    code = 1
    i = 0
    while i < length:
        byte = source[i]
        i += 1
        if byte == 0:
            target[code_at] = code
            code_at = write
            code = 1
        else:
            target[write] = byte
            code += 1
        write += 1
    target[code_at] = code
    target[write] = 0
    return write + 1
