"""Roots that are never below the true ones: an uncertainty is not made smaller by arithmetic. Newton's, as the mean of
x and n / x is never below the root of n; so each is a division or two instead of fifteen rounds."""

import micropython


@micropython.viper
def nearer(guess: int, n: int) -> int:
    """A number that is not below the root of n, nearer to it than a guess was. 0 <= n < 2**30, 0 < guess < 2**29."""
    guess = (guess + n // guess + 2) >> 1
    return (guess + n // guess + 2) >> 1


@micropython.viper
def root(n: int) -> int:
    """The root of n, 2 above it at most, and never below. 0 <= n < 2**30."""
    guess = 2
    while guess * guess < n:
        guess <<= 1
    if guess > 32768:
        guess = 32768
    guess = (guess + n // guess + 2) >> 1
    guess = (guess + n // guess + 2) >> 1
    guess = (guess + n // guess + 2) >> 1
    return (guess + n // guess + 2) >> 1


@micropython.viper
def hypot(a: int, b: int) -> int:
    """The root of a * a + b * b, by 1/200 and 2 above it at most, and never below. |a|, |b| < 2**29."""
    if a < 0:
        a = 0 - a
    if b < 0:
        b = 0 - b
    if a < b:
        shift = a
        a = b
        b = shift
    if b == 0:
        return a
    shift = 0
    while a > 0x3FFF:
        a = (a >> 3) + 1
        b = (b >> 3) + 1
        shift += 3
    n = a * a + b * b
    # Not below it by Taylor's series, and 6 % above at most.
    guess = a + b * b // (2 * a) + 1
    return ((guess + n // guess + 2) >> 1) << shift
