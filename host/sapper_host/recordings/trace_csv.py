"""Traces as CSV: a strict reader that streams, and the writer.

# sapper-trace 1
# any provenance lines
t_s,gate0_mv,gate1_mv,gate2_mv,vsys_mv,temp_c,left_ticks,right_ticks
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sapper_host.errors import CHECK_NAME, RIGHT_FILE, TraceError
from sapper_host.outside.text import shown
from sapper_host.recordings.trace_rows import NAMES, Cells, RowChecker, Values, check_header

MAGIC = "# sapper-trace 1"
_LINE_MAX = 4096
_BOM = "\ufeff"
_PROVENANCE_MAX_LINES = 1000


@dataclass
class Form:
    """What a CSV file has beside its contents, kept on its way through MCAP: whether a byte order mark begins it, how
    its lines end, and what follows the last row.
    """

    bom: bool = False
    line_end: str = "\n"
    rest: str = "\n"


class CsvTraceReader:
    """Streams the rows of a CSV trace. `provenance` holds its lines without '# '; `checker` the decimals seen; `form`
    is whole once `rows()` has run out.

    Raises TraceError with file, line, column and reason on anything that is not a trace.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.provenance: list[str] = []
        self.checker = RowChecker(path)
        self.form = Form()
        self._line = 0
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise TraceError(path, 0, "", f"cannot be opened: {error.strerror}", CHECK_NAME) from None
        try:
            self._read_head()
        except BaseException:
            self._file.close()
            raise

    def rows(self) -> Iterator[tuple[Cells, Values]]:
        """Each row as text cells and as numbers; TraceError at the first that does not fit, or if none is there."""
        count = 0
        with self._file:
            for text in self._lines():
                if not text and self._rest_is_blank():
                    break
                yield tuple(text.split(",")), self.checker.line(self._line, text)
                self.form.rest = self._end
                count += 1
        if not count:
            raise TraceError(self.path, self._line, "", "the trace has a header but no rows")

    def _read_head(self) -> None:
        lines = self._lines()
        first = next(lines, None)
        if first is None:
            raise TraceError(self.path, 0, "", "the file is empty")
        self.form.line_end = self._end
        if first != MAGIC:
            raise TraceError(
                self.path,
                1,
                "",
                f"'{shown(first, 40)}' is not '{MAGIC}': not a trace, or of another version",
                RIGHT_FILE,
            )
        for text in lines:
            if not text.startswith("#"):
                check_header(self.path, self._line, tuple(text.split(",")))
                return
            if len(self.provenance) >= _PROVENANCE_MAX_LINES:
                raise TraceError(self.path, self._line, "", f"more than {_PROVENANCE_MAX_LINES} provenance lines")
            self.provenance.append(text[2:] if text.startswith("# ") and not text.startswith("# #") else text)
        raise TraceError(self.path, self._line, "", f"the header is missing; it must be {','.join(NAMES)}")

    def _lines(self) -> Iterator[str]:
        while raw := self._file.readline(_LINE_MAX + 1):
            self._line += 1
            if len(raw) > _LINE_MAX:
                raise TraceError(self.path, self._line, "", f"the line is longer than {_LINE_MAX} bytes")
            try:
                whole = raw.decode("utf-8")
            except UnicodeDecodeError as error:
                raise TraceError(
                    self.path, self._line, "", f"not UTF-8 text at byte {error.start + 1}", RIGHT_FILE
                ) from None
            if self._line == 1 and whole.startswith(_BOM):
                self.form.bom = True
                whole = whole[1:]
            text = whole.removesuffix("\n").removesuffix("\r")
            self._end = whole[len(text) :]
            if self._line > 1 and self._end and self._end != self.form.line_end:
                what = f"the line ends in {self._end!r}, those before in {self.form.line_end!r}"
                raise TraceError(self.path, self._line, "", what)
            yield text

    def _rest_is_blank(self) -> bool:
        """After a blank line only blank lines may follow: anything else means that rows were lost."""
        blank_at = self._line
        self.form.rest += self._end
        for text in self._lines():
            if text.strip():
                raise TraceError(self.path, blank_at, "", "a blank line among the rows")
            self.form.rest += text + self._end
            if len(self.form.rest) > _LINE_MAX:
                raise TraceError(self.path, blank_at, "", "blank lines without end behind the rows")
        return True


def write_csv(file: IO[str], provenance: Iterable[str], rows: Iterable[Cells], form: Form | None = None) -> int:
    """Write a trace as CSV to a text file opened with newline=''; returns the number of rows. `form` is looked at again
    after the rows, so a reader's own may be given while its rows stream through.
    """
    form = form or Form()
    end = form.line_end
    file.write((_BOM if form.bom else "") + MAGIC + end)
    for line in provenance:
        file.write(f"{line}{end}" if line.startswith("#") else f"# {line}{end}")
    file.write(",".join(NAMES) + end)
    count = 0
    for cells in rows:
        file.write((end if count else "") + ",".join(cells))
        count += 1
    file.write(form.rest)
    return count
