"""A small fuzzer: inputs are seeds, cut, spliced and spoilt, or made by a target's grammar; what makes a target fail is
kept as a file."""

from __future__ import annotations

import hashlib
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

Target = Callable[[bytes], None]
Grammar = Callable[[Random], bytes]  # makes an input that gets past the first checks
INPUT_CPU_S = 5.0
MEMORY_MORE = 1 << 29

# Bytes and pieces that parsers stumble over.
_TOKENS = (
    b"\0", b"\n", b"\r", b"\r\n", b"\xff", b"\x7f", b"\x03", b"\x1b", b"@", b"=", b"#", b",", b" ", b"-1", b"0",
    b"1e308",
    b"nan", b"inf", b"99999999999999999999", b"-0", b"0x10", b"1_0", b"\xc3\x28", b"stop", b"\xef\xbb\xbf", b"'", b'"',
    b"{", b"}",
)  # fmt: skip
_LONGEST = 4000


@dataclass(frozen=True)
class Failure:
    """An input that a target did not stand, and what it raised."""

    target: str
    data: bytes
    error: str

    @property
    def file_name(self) -> str:
        """Named for its content."""
        return f"{self.target}-{hashlib.sha256(self.data).hexdigest()[:12]}.bin"


def mutations(seeds: Sequence[bytes], random: Random) -> Iterator[bytes]:
    """Endless inputs made from the seeds; the seeds themselves come first. The same for the same `random`."""
    pool = list(seeds)
    yield from pool
    while True:
        data = bytearray(random.choice(pool))
        for _ in range(random.choice((1, 1, 2, 3, 8, 30))):
            _spoil(data, pool, random)
        made = bytes(data[:_LONGEST])
        if random.random() < 0.02:
            pool[random.randrange(len(seeds) // 2, len(pool))] = made
        yield made


def _spoil(data: bytearray, pool: Sequence[bytes], random: Random) -> None:
    """One change, in place."""
    at = random.randrange(len(data) + 1)
    kind = random.randrange(7)
    if kind == 0 and data:
        data[at % len(data)] ^= 1 << random.randrange(8)
    elif kind == 1:
        data[at:at] = random.choice(_TOKENS)
    elif kind == 2:
        del data[at : at + random.randrange(1, 20)]
    elif kind == 3:
        data[at : at + 1] = random.randbytes(random.randrange(1, 6))
    elif kind == 4:
        piece = bytes(data[at : at + random.randrange(1, 40)])
        data[at:at] = piece * random.randrange(1, 6)
    elif kind == 5:
        other = random.choice(pool)
        start = random.randrange(len(other) + 1)
        data[at:] = other[start:]
    else:
        data[at:at] = str(random.choice((0, 1, -1, 255, 256, 65536, 2**31, 2**63, random.getrandbits(40)))).encode()


def inputs(seeds: Sequence[bytes], grammar: Grammar | None, random: Random) -> Iterator[bytes]:
    """Endless inputs: of a target with a grammar half are made by it, a quarter made so and then spoilt, and the rest
    spoilt seeds."""
    spoilt = mutations(seeds, random)
    yield from (next(spoilt) for _ in seeds)
    while True:
        kind = random.randrange(4) if grammar is not None else 3
        if kind == 3:
            yield next(spoilt)
            continue
        made = bytearray(grammar(random))  # type: ignore[misc]
        if kind == 2:
            for _ in range(random.choice((1, 1, 2, 5))):
                _spoil(made, seeds, random)
        yield bytes(made)


def fuzz(
    name: str,
    target: Target,
    seeds: Sequence[bytes],
    seed: int,
    seconds: float,
    most: int,
    grammar: Grammar | None = None,
) -> tuple[int, list[Failure]]:
    """Feed `target` until the time or the number is used up: (inputs, failures, at most ten).

    An input that takes more than INPUT_CPU_S of the processor, or more memory than there is (see `little_memory`), is a
    failure, as is whatever the target raises.
    """
    end = time.monotonic() + seconds
    failures: list[Failure] = []
    count = 0
    for data in inputs(seeds, grammar, Random(seed)):
        if count >= most or time.monotonic() >= end or len(failures) >= 10:
            break
        count += 1
        try:
            with _in_time(10 * INPUT_CPU_S if count == 1 else INPUT_CPU_S):  # the first one loads modules
                target(data)
        except TooLong:
            failures.append(Failure(name, data, f"takes more than {INPUT_CPU_S:g} s of the processor"))
        except Exception as error:
            failures.append(Failure(name, data, f"{type(error).__name__}: {error}"))
    return count, failures


class TooLong(BaseException):  # noqa: N818 -- nothing that a target catches
    """An input has used up its time."""


@contextmanager
def _in_time(cpu_s: float) -> Iterator[None]:
    """Raise TooLong in the block when it has used so much of the processor. Of the main thread, on systems that can."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def over(number: int, frame: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGPROF, over)
    signal.setitimer(signal.ITIMER_PROF, cpu_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@contextmanager
def little_memory(more: int = MEMORY_MORE) -> Iterator[None]:
    """While the block runs, this process gets no more than so many bytes beside what it has: what wants more than that
    gets a MemoryError. Nothing where the system cannot (it is asked for Linux's /proc)."""
    try:
        import resource

        have = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        before = resource.getrlimit(resource.RLIMIT_AS)
    except (ImportError, OSError):
        yield
        return
    resource.setrlimit(resource.RLIMIT_AS, (have + more, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def keep(failures: Sequence[Failure], folder: Path) -> list[Path]:
    """Write the inputs that failed; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for failure in failures:
        path = folder / failure.file_name
        path.write_bytes(failure.data)
        paths.append(path)
    return paths
