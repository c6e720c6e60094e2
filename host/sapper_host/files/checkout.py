"""Where the checkout is that these tools run from, and its folders that more than one tool looks into."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BUILD = ROOT / "build"
DOCS = ROOT / "docs"
# Recordings of a real detector, beside the checkout where somebody has them; never part of it.
RECORDED = ROOT.parent / "shared" / "data"
