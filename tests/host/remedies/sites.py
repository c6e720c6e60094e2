"""Every place that makes an error of ours, as the source has it: which, with what message, with what remedy."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path

from sapper_host.files.checkout import ROOT

ROOMS = ("host/sapper_host", "hil")
BASES = ("SapperError", "HilError")
HOLE = "{}"  # what stands for a value in a text
_MESSAGES = ("message", "reason", "text")


@dataclass(frozen=True)
class Site:
    """One call. remedies: what it may say to do, with HOLE for values; None where the source does not show it."""

    file: str
    first: int
    last: int
    error: str
    message: str
    remedies: tuple[str, ...] | None

    @property
    def name(self) -> str:
        """By which tables know it: it outlives lines that move."""
        return f"{self.file}: {self.message}"


@cache
def sites() -> tuple[Site, ...]:
    """All of them."""
    return tuple(site for file in files() for site in sites_of(file, ROOT))


def sites_of(file: Path, root: Path) -> tuple[Site, ...]:
    """Those of one file of the tree at `root`."""
    return tuple(_Reader(file, root).sites())


@cache
def files() -> tuple[Path, ...]:
    """The sources of the rooms."""
    found = (path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")))
    return tuple(path for path in found if "node_modules" not in path.parts)


@cache
def classes() -> dict[str, ast.ClassDef | None]:
    """The error classes by name, with their definitions; whatever inherits from one of ours is one."""
    defined = [node for file in files() for node in ast.walk(_tree(file)) if isinstance(node, ast.ClassDef)]
    found: dict[str, ast.ClassDef | None] = {}
    while True:
        new = [
            node
            for node in defined
            if node.name not in found and (node.name in BASES or any(_called(base) in found for base in node.bases))
        ]
        if not new:
            return found
        found |= {node.name: node for node in new}


@cache
def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def _called(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


@cache
def _parameters(name: str) -> tuple[tuple[str, ast.expr | None], ...]:
    """(parameter, default) of the class's constructor, or of the one it inherits."""
    node = classes()[name]
    assert node is not None
    for each in node.body:
        if isinstance(each, ast.FunctionDef) and each.name == "__init__":
            names = [argument.arg for argument in each.args.args[1:]]
            defaults: list[ast.expr | None] = [*[None] * (len(names) - len(each.args.defaults)), *each.args.defaults]
            return tuple(zip(names, defaults, strict=True))
    if name == "HilError":
        return (("text", None),)
    return next(_parameters(_called(base)) for base in node.bases if _called(base) in classes())


class _Reader:
    """The sites of one file."""

    def __init__(self, file: Path, root: Path) -> None:
        self._file = file
        self._name = file.relative_to(root).as_posix().removeprefix("host/sapper_host/")
        self._tree = _tree(file)
        self._root = root
        self._looking: set[str] = set()

    def sites(self) -> Iterator[Site]:
        for scope, call in self._calls(self._tree, []):
            error = _called(call.func)
            given = self._given(call, error)
            said = [given[name] for name in _MESSAGES if given.get(name) is not None]
            texts = self._texts(said[0], scope) if said else None
            message = _template(said[0]) if texts and said else f"{error}({', '.join(map(ast.unparse, call.args))})"
            remedies = self._remedies(error, given, texts, scope)
            yield Site(self._name, call.lineno, call.end_lineno or call.lineno, error, message, remedies)

    def _calls(self, node: ast.AST, scope: list[ast.AST]) -> Iterator[tuple[list[ast.AST], ast.Call]]:
        inner = [*scope, node] if isinstance(node, ast.FunctionDef | ast.Module) else scope
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Call) and _called(child.func) in classes():
                yield inner, child
            if isinstance(child, ast.Raise) and child.exc is not None and _called(child.exc) in classes():
                yield inner, ast.copy_location(ast.Call(child.exc, [], []), child)
            yield from self._calls(child, inner)

    @staticmethod
    def _given(call: ast.Call, error: str) -> dict[str, ast.expr | None]:
        if any(isinstance(argument, ast.Starred) for argument in call.args):
            return {}
        parameters = _parameters(error)
        out = dict(parameters)
        out |= {name: value for (name, _), value in zip(parameters, call.args, strict=False)}
        return out | {word.arg: word.value for word in call.keywords if word.arg}

    def _remedies(
        self, error: str, given: dict[str, ast.expr | None], texts: tuple[str, ...] | None, scope: list[ast.AST]
    ) -> tuple[str, ...] | None:
        if "remedy" in given and given["remedy"] is not None:
            return self._texts(given["remedy"], scope)
        if given and any(name == "remedy" for name, _ in _parameters(error)):
            return ("",)
        # What is made up by the class itself, or, of a rig's, stands behind the first semicolon.
        if texts is not None and _of_a_rig(error):
            return tuple(text.partition("; ")[2] for text in texts)
        return None

    def _texts(self, node: ast.expr | None, scope: list[ast.AST]) -> tuple[str, ...] | None:
        """What an expression may be, in words."""
        match node:
            case ast.Constant(value=str(text)):
                return (text,)
            case ast.JoinedStr(values=parts):
                each = [
                    (str(part.value),) if isinstance(part, ast.Constant) else self._value(part, scope) for part in parts
                ]
                return tuple("".join(words) for words in product(*each))
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                before, after = self._texts(left, scope) or (HOLE,), self._texts(right, scope) or (HOLE,)
                return tuple(a + b for a, b in product(before, after))
            case ast.IfExp(body=body, orelse=other):
                both = self._texts(body, scope), self._texts(other, scope)
                return None if None in both else (both[0] or ()) + (both[1] or ())
            case ast.BoolOp(op=ast.Or(), values=values):
                known = [self._texts(value, scope) for value in values]
                return None if None in known else tuple(text for texts in known for text in texts or ())
            case ast.Call(func=ast.Attribute(attr="rstrip", value=inner)):
                return self._texts(inner, scope)
            case ast.Name(id=name):
                return self._assigned(name, scope)
        return None

    def _value(self, part: ast.expr, scope: list[ast.AST]) -> tuple[str, ...]:
        """A value within a text: its words where it has some, else a hole."""
        known = self._texts(part.value, scope) if isinstance(part, ast.FormattedValue) else None
        return known or (HOLE,)

    def _assigned(self, name: str, scope: list[ast.AST]) -> tuple[str, ...] | None:
        """What a name was given, in its function or, else, in its module or the one it comes from."""
        if name in self._looking:  # it is made of itself
            return None
        self._looking.add(name)
        try:
            return self._values_of(name, scope)
        finally:
            self._looking.discard(name)

    def _values_of(self, name: str, scope: list[ast.AST]) -> tuple[str, ...] | None:
        for where in reversed(scope):
            body = ast.walk(where) if isinstance(where, ast.FunctionDef) else ast.iter_child_nodes(where)
            values = [
                node.value
                for node in body
                if isinstance(node, ast.Assign)
                and any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
            ]
            if values:
                known = [self._texts(value, scope) for value in values]
                return None if None in known else tuple(text for texts in known for text in texts or ())
        for node in ast.walk(self._tree):
            if isinstance(node, ast.ImportFrom) and any((each.asname or each.name) == name for each in node.names):
                return self._imported(node.module or "", name)
        return None

    def _imported(self, module: str, name: str) -> tuple[str, ...] | None:
        for base in ("host", "firmware", "."):
            file = (self._root / base / module.replace(".", "/")).with_suffix(".py")
            if file.is_file():
                other = _Reader(file, self._root)
                return other._assigned(name, [other._tree])
        return None


def _template(node: ast.expr | None) -> str:
    """A text as it stands there, values as holes."""
    match node:
        case ast.JoinedStr(values=parts):
            return "".join(str(part.value) if isinstance(part, ast.Constant) else HOLE for part in parts)
        case ast.Constant(value=text):
            return str(text)
        case ast.BinOp(left=left, right=right):
            return _template(left) + _template(right)
    return ast.unparse(node) if node is not None else ""


def _of_a_rig(error: str) -> bool:
    node = classes()[error]
    return (
        error == "HilError"
        or node is not None
        and any(_of_a_rig(_called(base)) for base in node.bases if _called(base) in classes())
    )
