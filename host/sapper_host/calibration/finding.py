"""What a calibration finds: figures apart, a sentence each, with what to do."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Finding:
    """name: for programs. unfit: head, ground or piece cannot be used so; else it is a note."""

    name: str
    text: str
    remedy: str
    unfit: bool = True

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)
