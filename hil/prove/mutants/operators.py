"""Every simple change of a file that still parses: what a slip of the pen would be.

Comparisons at their bound, arithmetic and logic turned into their counterparts, constants off by one or doubled, `not`
dropped or put in, conditions turned round, returned values lost, statements removed. Left alone: text, as what the
operator reads is proved elsewhere; decorators, as they do nothing on CPython; what `__init__` sets to a plain constant.
"""

from __future__ import annotations

import ast
import re
from itertools import pairwise

from hil.prove.mutants.mutant import Mutant

_INSTEAD: dict[type[ast.AST], tuple[str, str]] = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Is: ("is", "is not"),
    ast.IsNot: (r"is\s+not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: (r"not\s+in", "in"),
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "//"),
    ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "*"),
    ast.LShift: ("<<", ">>"),
    ast.RShift: (">>", "<<"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
    ast.BitXor: ("^", "|"),
    ast.And: ("and", "or"),
    ast.Or: ("or", "and"),
}
_LARGE = 100  # numbers from here on are doubled: nobody holds a length or a time to the last digit
_TABLE = 8  # numbers in a row that are a table: its first and last stand for all


def mutants(file: str, source: bytes) -> list[Mutant]:
    """All of them, in the file's order; none that reads the same as the file or as another."""
    found = _Finder(file, source)
    found.visit(ast.parse(source))
    whole = ast.dump(ast.parse(source))
    seen, kept = {whole}, []
    for mutant in sorted(found.mutants, key=lambda mutant: (mutant.start, mutant.end)):
        try:
            tree = ast.dump(ast.parse(mutant.apply(source)))
        except SyntaxError:
            continue
        if tree not in seen:
            seen.add(tree)
            kept.append(mutant)
    return kept


class _Finder(ast.NodeVisitor):
    def __init__(self, file: str, source: bytes) -> None:
        self._file = file
        self._source = source
        self._starts = [0, *(match.end() for match in re.finditer(b"\n", source))]
        self._tables: set[ast.AST] = set()
        self._in_function = False  # but not in `__init__`: what it does not set is missed at once
        self._in_init = False
        self.mutants: list[Mutant] = []

    # Places

    def _begin(self, node: ast.expr | ast.stmt) -> int:
        return self._starts[node.lineno - 1] + node.col_offset

    def _end(self, node: ast.expr | ast.stmt) -> int:
        assert node.end_lineno is not None and node.end_col_offset is not None
        return self._starts[node.end_lineno - 1] + node.end_col_offset

    def _put(self, start: int, end: int, becomes: str, kind: str) -> None:
        self.mutants.append(Mutant(self._file, start, end, becomes.encode(), kind))

    def _between(self, left: ast.expr, right: ast.expr, operator: ast.AST, kind: str) -> None:
        """The operator that stands between two operands."""
        if type(operator) not in _INSTEAD:
            return
        was, becomes = _INSTEAD[type(operator)]
        pattern = was if was[0].isalpha() else re.escape(was)
        start = self._end(left)
        match = re.search(pattern.encode(), self._source[start : self._begin(right)])
        if match:
            self._put(start + match.start(), start + match.end(), becomes, kind)

    def _replace(self, node: ast.expr | ast.stmt, becomes: str, kind: str) -> None:
        self._put(self._begin(node), self._end(node), becomes, kind)

    def _text(self, node: ast.expr) -> str:
        return self._source[self._begin(node) : self._end(node)].decode()

    # What is looked into

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:  # noqa: N802
        outer = self._in_function, self._in_init
        self._in_function, self._in_init = node.name != "__init__", node.name == "__init__"
        for default in (*node.args.defaults, *(value for value in node.args.kw_defaults if value)):
            self.visit(default)
        for statement in node.body:
            self.visit(statement)
        self._in_function, self._in_init = outer

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:  # noqa: N802
        if node.value:
            self.visit(node.value)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:  # noqa: N802
        """Text."""

    # What is changed

    def visit_Compare(self, node: ast.Compare) -> None:  # noqa: N802
        for operator, (left, right) in zip(node.ops, pairwise((node.left, *node.comparators)), strict=True):
            self._between(left, right, operator, "comparison")
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:  # noqa: N802
        if not (isinstance(node.left, ast.Constant) and isinstance(node.left.value, str)):
            self._between(node.left, node.right, node.op, "arithmetic")
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:  # noqa: N802
        for left, right in pairwise(node.values):
            self._between(left, right, node.op, "and/or")
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:  # noqa: N802
        self._put(self._begin(node), self._begin(node.operand), "", "sign or not dropped")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:  # noqa: N802
        if isinstance(node.value, bool):
            self._replace(node, str(not node.value), "constant")
        elif isinstance(node.value, int) and node not in self._tables:
            self._replace(node, str(node.value + 1 if node.value < _LARGE else 2 * node.value), "constant")

    def _sequence(self, node: ast.Tuple | ast.List) -> None:
        numbers = [item for item in node.elts if isinstance(item, ast.Constant) and isinstance(item.value, int)]
        if len(numbers) > _TABLE:
            self._tables |= set(numbers[1:-1])
        self.generic_visit(node)

    visit_Tuple = visit_List = _sequence  # noqa: N815

    def visit_Call(self, node: ast.Call) -> None:  # noqa: N802
        if isinstance(node.func, ast.Name) and node.func.id in ("min", "max") and len(node.args) > 1:
            self._replace(node.func, "max" if node.func.id == "min" else "min", "min/max")
        self.generic_visit(node)

    def _condition(self, node: ast.If | ast.While | ast.IfExp) -> None:
        test = node.test
        if not isinstance(test, (ast.UnaryOp, ast.Constant)):
            self._replace(test, f"not ({self._text(test)})", "condition")
        self.generic_visit(node)

    visit_If = visit_While = visit_IfExp = _condition  # noqa: N815

    def visit_Return(self, node: ast.Return) -> None:  # noqa: N802
        if node.value and not isinstance(node.value, ast.Constant):
            self._replace(node.value, "None", "value lost")
        self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:  # noqa: N802
        if isinstance(node.value, ast.Constant):
            return  # a docstring
        if self._in_function and not isinstance(node.value, (ast.Yield, ast.YieldFrom)):
            self._replace(node, "pass", "statement removed")
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:  # noqa: N802
        if self._in_init and isinstance(node.value, ast.Constant):
            return
        if self._in_function and all(isinstance(target, (ast.Attribute, ast.Subscript)) for target in node.targets):
            self._replace(node, "pass", "statement removed")
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:  # noqa: N802
        self._replace(node, "pass", "statement removed")
        self._between(node.target, node.value, node.op, "arithmetic")
        self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> None:  # noqa: N802
        self._replace(node, "pass", "statement removed")

    def visit_Break(self, node: ast.Break) -> None:  # noqa: N802
        self._replace(node, "pass", "statement removed")

    def visit_Continue(self, node: ast.Continue) -> None:  # noqa: N802
        self._replace(node, "pass", "statement removed")
