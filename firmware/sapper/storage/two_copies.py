"""A word in flash, kept twice: whatever write a power cut ends, a whole copy stays, and a lost one is not taken for
'never kept'. Pure; imports nothing of ours.

A copy is a line `MARK NUMBER WORD CRC-32`, at the start of what is blank else. Both are written, one after the other,
with the next number: of two that differ the higher one counts. One spoilt copy costs nothing.

The image has it frozen once more under its bare name, for the board's own `slots` (board/manifest.py).
"""

from binascii import crc32

MARK = "sapper-kept 1"
COPY_BYTES = 256  # a page of flash
_BLANK = b"\xff"  # a byte of flash that was erased
NEVER = ""  # what was never kept
SPOILT = None


def copy_of(number, word):
    """A copy's bytes, COPY_BYTES of them. ValueError when the word has blanks in it, or no room."""
    line = "%s %d %s " % (MARK, number, word)
    made = ("%s%08x\n" % (line, crc32(line.encode()))).encode()
    if not word or len(word.split()) != 1 or word != word.strip() or len(made) > COPY_BYTES:
        raise ValueError("not a word to keep")
    return made + _BLANK * (COPY_BYTES - len(made))


def parse(raw):
    """(number, word) of a copy's bytes; None when it is not whole."""
    end = raw.find(b"\n")
    try:
        words = str(raw[: max(end, 0)], "ascii").split(" ")
        number = int(words[2])
        return (number, words[3]) if raw == copy_of(number, words[3]) else None
    except (UnicodeError, ValueError, IndexError):
        return None


def newest(copies):
    """(number, word) that these copies' bytes stand for: (0, NEVER) when all are blank, (0, SPOILT) when something was
    kept and nothing of it is whole."""
    found = 0, NEVER
    for raw in copies:
        kept = parse(raw)
        if kept is not None and kept[0] > found[0]:
            found = kept
        elif kept is None and found[1] == NEVER and raw.strip(_BLANK):
            found = 0, SPOILT
    return found
