"""Square roots of whole numbers, rounded up: what one stands off by is never less than the root."""

import micropython


@micropython.viper
def root_up(n: int) -> int:
    """The smallest r with r * r >= n, for n < 2**30; 0 for n <= 0."""
    root = 0
    bit = 16384
    while bit:
        # The largest root whose square is below n, bit by bit from the top.
        tried = root + bit
        if tried * tried < n:
            root = tried
        bit >>= 1
    if n > 0:
        root += 1
    return root
