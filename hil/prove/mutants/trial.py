"""Mutants against the tests: which tests run which lines, and what becomes of each mutant."""

from __future__ import annotations

import queue
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from hil.errors import HilError
from hil.prove.mutants.copies import Copy
from hil.prove.mutants.mutant import Mutant

PASSED, FAILED, INTERRUPTED = 0, 1, 2  # pytest's exit statuses; the last: a module did not import
_CPU_S, _CPU_TIMES = 20, 4  # what a mutant may take: so much, and so many times what its tests take without it
_WALL_TIMES = 20
_MOST_S = 600
_RECENT = 12


@dataclass
class Outcome:
    """What became of a mutant: killed by a test, by time, by a module that does not import; or not: survived.

    by: the test that failed. tried: tests that would have run; none is a line that no fast test runs.
    """

    mutant: Mutant
    how: str
    by: str
    tried: int

    @property
    def survived(self) -> bool:
        """Whether no test noticed."""
        return self.how == "survived"


@dataclass
class Map:
    """Which tests run which lines: `lines[file][line]`, '' among them for what runs at import; and the CPU seconds that
    each takes."""

    lines: dict[str, dict[int, list[str]]]
    seconds: dict[str, float]

    def tests(self, mutant: Mutant, source: bytes, most_s: float) -> list[str]:
        """Those that run the mutant's lines, together at most `most_s`: of each test function its first example before
        the second of any, those that run the fewest lines first, for they look closest."""
        by_line = self.lines.get(mutant.file, {})
        at = mutant.lines(source)
        found: set[str] = set()
        for line in at:
            found |= set(by_line.get(line, ()))
        if "" in found or not any(line in by_line for line in at):
            # At import: whoever uses the file uses it.
            found |= {name for names in by_line.values() for name in names}
        found.discard("")
        chosen: list[str] = []
        spent = 0.0
        for name in sorted(found, key=self._rank):
            spent += self.seconds[name]
            if spent > most_s and chosen:
                break
            chosen.append(name)
        return chosen

    def _rank(self, name: str) -> tuple[int, int, float]:
        return self._ranks[name]

    def __post_init__(self) -> None:
        runs = Counter(name for by in self.lines.values() for names in by.values() for name in names)
        examples: Counter[str] = Counter()
        self._ranks: dict[str, tuple[int, int, float]] = {}
        for name, seconds in self.seconds.items():
            function = name.split("[")[0]
            self._ranks[name] = (examples[function], runs[name], seconds)
            examples[function] += 1


def as_they_are(copy: Copy, arguments: list[str], covered: list[str] | None = None) -> dict[str, Any]:
    """Run the tests once, without a mutant: the worker's answer. HilError when one of them fails: it would fail for any
    mutant, and prove nothing."""
    answer = copy.ask(arguments=arguments, order=None, cover=covered, cpu_s=_MOST_S, wall_s=_WALL_TIMES * _MOST_S)
    if answer["status"] != PASSED:
        raise HilError(
            f"the tests fail before anything is changed, or are not there ({answer['failed'] or answer['status']})"
        )
    return answer


def mapped(copy: Copy, arguments: list[str], covered: list[str]) -> Map:
    """Which tests run which lines of the folders `covered`."""
    answer = as_they_are(copy, arguments, covered)
    lines = {file: {int(line): names for line, names in by.items()} for file, by in answer["lines"].items()}
    return Map(lines, answer["seconds"])


@dataclass
class Trial:
    """Runs mutants in copies, one thread a copy."""

    copies: list[Copy]
    _recent: list[str] = field(default_factory=list)

    def by_map(self, mutants: Iterable[Mutant], tests: Map, most_s: float) -> Iterator[Outcome]:
        """Each against the tests that run its lines."""
        yield from self._all(mutants, lambda copy, mutant: self._one_by_map(copy, mutant, tests, most_s))

    def by_name(self, mutants: Iterable[Mutant]) -> Iterator[Outcome]:
        """Each against the tests that it names."""
        yield from self._all(mutants, self._one_by_name)

    def _one_by_map(self, copy: Copy, mutant: Mutant, tests: Map, most_s: float) -> Outcome:
        names = tests.tests(mutant, (copy.folder / mutant.file).read_bytes(), most_s)
        if not names:
            return Outcome(mutant, "survived", "", 0)
        # What killed lately often kills again.
        lately = [name for name in self._recent if name in names]
        order = lately + [name for name in names if name not in lately]
        files = list(dict.fromkeys(name.split("::")[0] for name in order))
        takes_s = sum(tests.seconds[name] for name in order)
        outcome = self._run(copy, mutant, files, order, takes_s)
        if outcome.by:
            self._recent = [outcome.by, *(name for name in self._recent if name != outcome.by)][:_RECENT]
        return outcome

    def _one_by_name(self, copy: Copy, mutant: Mutant) -> Outcome:
        return self._run(copy, mutant, list(mutant.tests), None, _CPU_S)

    def _run(
        self, copy: Copy, mutant: Mutant, arguments: list[str], order: list[str] | None, takes_s: float
    ) -> Outcome:
        cpu_s = int(_CPU_S + _CPU_TIMES * takes_s)
        with copy.with_mutant(mutant):
            answer = copy.ask(
                arguments=[*arguments, "-x"], order=order, cover=None, cpu_s=cpu_s, wall_s=_WALL_TIMES * cpu_s
            )
        return Outcome(mutant, _how(answer), answer["failed"], len(order or arguments))

    def _all(self, mutants: Iterable[Mutant], one: Callable[[Copy, Mutant], Outcome]) -> Iterator[Outcome]:
        todo: queue.SimpleQueue[Mutant] = queue.SimpleQueue()
        for mutant in mutants:
            todo.put(mutant)
        done: queue.SimpleQueue[Outcome | BaseException | None] = queue.SimpleQueue()
        over = threading.Event()

        def work(copy: Copy) -> None:
            try:
                while not over.is_set():
                    done.put(one(copy, todo.get_nowait()))
            except queue.Empty:
                done.put(None)
            except BaseException as error:  # told where the results are read
                done.put(error)

        threads = [threading.Thread(target=work, args=(copy,), daemon=True) for copy in self.copies]
        for thread in threads:
            thread.start()
        working = len(threads)
        try:
            while working:
                outcome = done.get()
                if isinstance(outcome, BaseException):
                    raise outcome
                if outcome is None:
                    working -= 1
                else:
                    yield outcome
        finally:
            over.set()


def _how(answer: dict[str, Any]) -> str:
    status = answer["status"]
    if status == PASSED:
        return "survived"
    if status == FAILED:
        return "test"
    if status == INTERRUPTED:
        return "import"
    if status is None:
        return "time"
    raise HilError(f"pytest ended with status {status}: the tests that were named are not there, or no copy was tried")
