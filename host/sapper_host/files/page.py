"""Pages that people write, with parts that are made from tables and stand between marks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_BEGIN = "<!-- generated: {name} -->"
_END = "<!-- end of generated: {name} -->"


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table."""

    def line(cells: Sequence[object]) -> str:
        return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |\n"

    return line(head) + "|" + "---|" * len(head) + "\n" + "".join(line(row) for row in rows)


def with_parts(text: str, parts: Mapping[str, Callable[[], str]]) -> str:
    """A page with its generated parts, between their marks, made anew. ValueError when a mark is missing."""
    for name, make in parts.items():
        begin, end = _BEGIN.format(name=name), _END.format(name=name)
        if text.count(begin) != 1 or text.count(end) != 1:
            raise ValueError(f"the page must have '{begin}' and '{end}' once each")
        before, rest = text.split(begin)
        after = rest.split(end)[1]
        text = f"{before}{begin}\n\n{make()}\n{end}{after}"
    return text


def refill(path: Path, parts: Mapping[str, Callable[[], str]]) -> None:
    """Write the page at `path` with its generated parts made anew. ValueError when a mark is missing."""
    path.write_text(with_parts(path.read_text(encoding="utf-8"), parts), encoding="utf-8")
