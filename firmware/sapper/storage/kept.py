"""RAM that a watchdog reset leaves as it was (board/sapper_kept.c); plain RAM where the build has none, as on a
laptop."""

from array import array

WORDS = 640


def words():
    """WORDS signed 32-bit integers, holding what the last run left there, or anything at all after power-up."""
    try:
        import sapper_kept
    except ImportError:
        return array("i", [0] * WORDS)
    return sapper_kept.words()
