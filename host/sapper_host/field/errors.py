"""What is wrong with an area, a rover's measures or a mission: where, what, and what to do. Nothing is mended."""

from __future__ import annotations

from sapper_host.errors import SapperError, Status


class FieldError(SapperError):
    """where: the file or the part of it. Whatever it is about was left as it is."""

    status = Status.BAD_INPUT

    def __init__(self, where: str, reason: str, remedy: str) -> None:
        super().__init__(f"{where}: {reason}", remedy)
        self.where = where
        self.reason = reason
