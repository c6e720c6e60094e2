"""The counters of the flash cache, on the chip."""

from __future__ import annotations

import pytest

from sapper.hardware import xip_cache

pytestmark = pytest.mark.unit


def test_counts_beyond_small_integers_are_whole_also_where_they_carry_while_they_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The halves of a counter are read one after the other, and it counts on meanwhile."""
    now = {xip_cache._ACCESSES: 0xFFFF, xip_cache._HITS: 0xFEDC8000}

    def peek(address: int, shift: int, mask: int) -> int:
        value = now[address] >> shift & mask
        now[address] += 1
        return value

    monkeypatch.setattr(xip_cache, "peek", peek)
    monkeypatch.setattr(xip_cache, "poke", now.__setitem__)
    accesses, hits = xip_cache.XipCache().taken()
    assert 0x10000 - 1 <= accesses <= 0x10000 + 2
    assert hits == 0xFEDC8001
    assert now == {xip_cache._ACCESSES: 0, xip_cache._HITS: 0}
