"""What the verbs that start a rig share: the rigs' errors become the command's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sapper_host.errors import SapperError


@contextmanager
def rig_errors() -> Iterator[None]:
    """HilError, whose text names the remedy, as SapperError; and a rig package that is not installed likewise."""
    try:
        from hil.errors import HilError
    except ImportError:
        raise SapperError("the rigs are not installed here", "run from a checkout, after `make setup`") from None
    try:
        yield
    except HilError as error:
        raise SapperError(str(error)) from None
