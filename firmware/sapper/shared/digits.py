"""Whole numbers as people and programs may write them: plain decimal digits, a `-` before. One rule for both ends."""

_DIGITS = "0123456789"


def whole(text):
    """`text` as an integer. ValueError for what int() takes besides: `1_000`, `+5`, blanks, other scripts' digits."""
    digits = text[1:] if text[:1] == "-" else text
    if not digits or digits.strip(_DIGITS):
        raise ValueError("not a whole number in plain digits")
    return int(text)
