"""Which revision of a repository is checked out."""

from __future__ import annotations

import subprocess
from pathlib import Path


def revision(folder: Path) -> str:
    """The git revision of the scenarios' repository: '3f2a91c', '3f2a91c, dirty', or why there is none."""
    try:
        ask = ["git", "-C", str(folder)]
        head = subprocess.run([*ask, "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, timeout=20)
        if head.returncode:
            return "not in git"
        changed = subprocess.run([*ask, "status", "--porcelain"], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return "git does not answer"
    return head.stdout.strip() + (", dirty" if changed.stdout.strip() else "")
