"""The test piece: what it is, and how the board itself judged it (firmware: safety/piece_check.py)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from sapper.shared.events import PIECE_STEPS
from sapper.shared.settings import row_of
from sapper_host.calibration.finding import Finding
from sapper_host.errors import SapperError, Status
from sapper_host.outside import bounded

REMEDIES = dict(PIECE_STEPS)
LEVEL = "testpiece_snr_x10"
LOWEST = row_of(LEVEL)[2]
# A day's check asks for so much of what the piece gave when it was calibrated, and so much of what is expected does.
_SHARE = 0.6
_MOST_BYTES = 4096
_KEYS = {"name": str, "depth_mm": int, "snr": (int, float)}
_NAME_MOST = 60
_DEPTH_MOST_MM, _SNR_MOST = 1000, 1000


@dataclass(frozen=True)
class TestPiece:
    """name: for the record. depth_mm: of its middle below the coil, as it is passed. snr: what it gives with a good
    head, in sigma; 0 where that is not known yet."""

    __test__ = False  # to pytest, a class of tests by its name

    name: str = "test piece"
    depth_mm: int = 0
    snr: float = 0.0


@dataclass(frozen=True)
class Judged:
    """How the board's check of the piece ended, and what that says."""

    step: str
    snr_x10: int
    noise_uv: int
    findings: tuple[Finding, ...]

    @property
    def fit(self) -> bool:
        """Whether it was seen as it should be, and went again."""
        return not self.findings

    @property
    def settings(self) -> dict[str, int]:
        """The level for each day's check."""
        low, high = row_of(LEVEL)[2:4]
        return {LEVEL: min(max(round(_SHARE * self.snr_x10), low), high)} if self.fit else {}


def read(path: Path) -> TestPiece:
    """The description in a TOML file; SapperError says what is wrong with it."""
    try:
        table = tomllib.loads(bounded.read(path, _MOST_BYTES).decode("utf-8"))
    except OSError as error:
        raise _wrong(path, f"cannot be read ({error.strerror})") from None
    except ValueError as error:  # not UTF-8, not TOML, or too long
        raise _wrong(path, str(error)) from None
    for key, value in table.items():
        if key not in _KEYS or isinstance(value, bool) or not isinstance(value, _KEYS[key]):  # type: ignore[arg-type]
            raise _wrong(path, f"'{key}' is not understood")
    piece = TestPiece(**table)
    if not 0 < len(piece.name) <= _NAME_MOST or not 0 <= piece.depth_mm <= _DEPTH_MOST_MM:
        raise _wrong(path, f"a name has 1 to {_NAME_MOST} letters, a depth is 0 to {_DEPTH_MOST_MM} mm")
    if not 0 <= piece.snr <= _SNR_MOST:
        raise _wrong(path, f"snr is 0 to {_SNR_MOST} sigma")
    return piece


def _wrong(path: Path, reason: str) -> SapperError:
    remedy = 'a test piece\'s file has lines such as: name = "10 mm steel ball"; depth_mm = 50; snr = 40.0'
    return SapperError(f"{path}: {reason}", remedy, Status.BAD_INPUT)


def judge(piece: TestPiece, step: str, snr_x10: int, noise_uv: int) -> Judged:
    """What the end of the board's check says, against what is known of the piece."""
    findings: list[Finding] = []
    if step != "passed":
        findings.append(
            Finding(step, f"the test-piece check ended as '{step}', at {snr_x10 / 10:.1f} sigma", REMEDIES[step])
        )
    elif snr_x10 < 10 * _SHARE * piece.snr:
        what = f"{piece.name} gave {snr_x10 / 10:.1f} sigma, of which a good head gives {piece.snr:.1f}"
        findings.append(Finding("weak", what, REMEDIES["weak"]))
    return Judged(step, snr_x10, noise_uv, tuple(findings))
