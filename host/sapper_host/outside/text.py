"""Text out of files, boards and names, as people may be shown it."""

from __future__ import annotations


def shown(text: str, most: int | None = None) -> str:
    """One line that any terminal prints as it stands: no control character, escape sequence, line end, change of
    direction or half a surrogate pair is left of it, each is a '?'. most: longer text is cut there, and '...' added.
    """
    cut = text if most is None else text[:most]
    clean = cut if cut.isprintable() else "".join(c if c.isprintable() else "?" for c in cut)
    return clean + ("..." if len(cut) < len(text) else "")


def shown_lines(text: str) -> str:
    """The same for text of several lines, which stay."""
    return "\n".join(shown(line) for line in text.split("\n"))
