"""Who wrote a generated page, told at its head."""

_TEXT = "<!-- Written by `python -m sapper_host.docs_gen` from {source}: change that, not this page. -->\n"


def notice(source: str) -> str:
    """The line that says what to change instead of the page."""
    return _TEXT.format(source=source)
