"""Names of settings as people type them: the row of one, or the ones that may have been meant."""

from __future__ import annotations

import difflib

from sapper.shared.settings import TABLE

NAMES = tuple(row[0] for row in TABLE)
ALL_OF_THEM = "`sapper settings get` lists them all"
_MOST = 3


def not_there(name: str) -> str:
    """'' for a setting's name, else what is to be said of it."""
    return "" if name in NAMES else f"no setting '{name[:40]}'"


def did_you_mean(name: str) -> str:
    """The remedy for a name that there is not."""
    close = dict.fromkeys(each for each in NAMES if name and name in each)
    close |= dict.fromkeys(difflib.get_close_matches(name[:40], NAMES, _MOST))
    meant = list(close)[:_MOST]
    return f"did you mean {' or '.join(meant)}? {ALL_OF_THEM}" if meant else ALL_OF_THEM
