"""This user's folders: settings and keys, state, records, and what can be made again.

Where they are is the system's custom (platformdirs). XDG_CONFIG_HOME and its like go first, on every system, and a
relative one counts too: firmware/toolchain/cache.py, which runs before there are any packages, looks in the same way.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import platformdirs

from sapper_host.errors import SapperError

_NAME = "sapper"


def config() -> Path:
    """What the user decided, and keys: $XDG_CONFIG_HOME/sapper, ~/.config/sapper."""
    return _named("XDG_CONFIG_HOME") or _at_home(platformdirs.user_config_path)


def state() -> Path:
    """What outlives a program, but is this laptop's own: $XDG_STATE_HOME/sapper, ~/.local/state/sapper."""
    return _named("XDG_STATE_HOME") or _at_home(platformdirs.user_state_path)


def data() -> Path:
    """What the user made and wants to keep: $XDG_DATA_HOME/sapper, ~/.local/share/sapper."""
    return _named("XDG_DATA_HOME") or _at_home(platformdirs.user_data_path)


def cache() -> Path:
    """Built things, and the files of rigs that run: $SAPPER_CACHE itself, $XDG_CACHE_HOME/sapper, ~/.cache/sapper."""
    own = os.environ.get("SAPPER_CACHE")
    if own:
        return Path(own)
    try:
        return _named("XDG_CACHE_HOME") or _at_home(platformdirs.user_cache_path)
    except SapperError:  # nobody is to be kept from driving for what can be made again
        return Path(tempfile.gettempdir()) / f"{_NAME}-{os.getuid()}"


def _at_home(find: Callable[..., Path]) -> Path:
    try:
        return find(_NAME, appauthor=False)
    except RuntimeError:
        raise SapperError(
            "this user has no home folder, where keys and records go", "set HOME to a folder of yours"
        ) from None


def _named(variable: str) -> Path | None:
    base = os.environ.get(variable)
    return Path(base) / _NAME if base else None
