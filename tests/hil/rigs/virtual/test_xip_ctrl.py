"""What a program sees of the flash cache through its registers (RP2040 datasheet 2.6.3.6)."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.virtual

# `counted(act)` prints hits and misses of an act that was tried before, so that what it needs is cached.
COUNTED = (
    "CTRL, FLUSH, CTR_HIT, CTR_ACC = 0x14000000, 0x14000004, 0x1400000c, 0x14000010\n"
    "def work():\n"
    "    return sum(range(20))\n"
    "def nothing():\n"
    "    pass\n"
    "def flush():\n"
    "    mem32[FLUSH] = 1\n"
    "def counted(act):\n"
    "    act(); work(); work()\n"
    "    mem32[CTR_HIT] = 5; mem32[CTR_ACC] = 5\n"
    "    act(); work()\n"
    "    hits = mem32[CTR_HIT]; accesses = mem32[CTR_ACC]\n"
    "    print(hits, accesses - hits)\n"
)

READ = "@micropython.viper\ndef read(address: int):\n    p = ptr32(address)\n    for n in range(100):\n        p[0]\n"


def counted(repl, act: str) -> tuple[int, int]:
    hits, misses = repl.execute(f"counted({act}); counted({act})").split()[-2:]
    return int(hits), int(misses)


def test_any_write_clears_the_counters(repl):
    repl.execute(COUNTED)
    hits, misses = counted(repl, "nothing")
    assert 300 < hits < 100_000
    assert misses < hits / 20


def test_a_flush_makes_what_was_cached_miss_again(repl):
    repl.execute(COUNTED)
    _, before = counted(repl, "nothing")
    _, after = counted(repl, "flush")
    assert after > before + 50


def test_a_cache_that_is_switched_off_has_no_hits(repl):
    repl.execute(COUNTED)
    hits, misses = map(int, repl.execute("mem32[CTRL] = 0; counted(nothing); mem32[CTRL] = 3").split())
    assert hits == 0
    assert misses > 300


@pytest.mark.parametrize(("base", "misses"), [(0x10000000, 0), (0x11000000, 1), (0x12000000, 1), (0x13000000, 1)])
def test_each_view_of_the_flash_costs_a_miss_or_none(repl, base, misses):
    """A word of blank flash, read 100 times: cached once, or never."""
    address = base + 0x1F0000
    repl.execute(COUNTED + READ)
    _, found = counted(repl, f"lambda: read({address})")
    _, other = counted(repl, f"lambda: read({0x20000000})")
    assert (found - other) // 50 == 2 * misses or (misses == 0 and abs(found - other) < 50)
