"""Changes the code a little, again and again: do its tests notice.

    python scripts/mutate.py thresholding [--sample 80] [--seed 0]

Of all small changes of a package (an operator, a bound, a number, a condition turned
around, a call left out), a sample is tried, each in a copy of the source, with those of
the package's own tests that reach its line. Printed are the changes that no test
notices, and the score: how many of the sample were noticed.
"""

import argparse
import ast
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from coverage import CoverageData

SOURCE = Path(__file__).resolve().parent.parent / "src"
NAME = "napari_mobile_unet"
# Of a copy that is killed the screen that pytest-xvfb starts would stay.
QUIETLY = ("-xqq", "-m", "not gui", "-p", "no:cacheprovider", "-p", "no:xvfb")
TIMEOUT = 300
"""Seconds after which the tests of a change count as having noticed it."""
PAIRS = [
    *((ast.Lt, ast.LtE), (ast.Gt, ast.GtE), (ast.Eq, ast.NotEq), (ast.Is, ast.IsNot)),
    *((ast.In, ast.NotIn), (ast.And, ast.Or), (ast.Add, ast.Sub), (ast.Mult, ast.Div)),
    *((ast.BitAnd, ast.BitOr), (ast.LShift, ast.RShift), (ast.FloorDiv, ast.Mod)),
]
OTHER: dict[type, Any] = dict([*PAIRS, *((right, left) for left, right in PAIRS)])


class Mutant(NamedTuple):
    """Another value of a field of a node."""

    file: Path
    statement: int
    """Line at which the statement of the node begins."""
    tree: ast.AST
    node: Any
    field: str
    new: Any

    def texts(self) -> tuple[str, str, str]:
        """Return the node before and after, and the whole file after."""
        old, before = getattr(self.node, self.field), ast.unparse(self.node)
        setattr(self.node, self.field, self.new)
        after = before, ast.unparse(self.node), ast.unparse(self.tree)
        setattr(self.node, self.field, old)
        return after


def changes(node: ast.AST) -> Iterator[tuple[str, Any]]:
    """Yield fields of a node, and what they may be instead."""
    match node:
        case ast.Compare(ops=ops):
            for place, op in enumerate(ops):
                yield "ops", [*ops[:place], OTHER[type(op)](), *ops[place + 1 :]]
        case ast.BinOp(op=op) | ast.AugAssign(op=op) | ast.BoolOp(op=op):
            if type(op) in OTHER:
                yield "op", OTHER[type(op)]()
        case ast.UnaryOp(op, operand):  # not twice is not at all
            yield "operand", ast.UnaryOp(op, operand)
        case ast.Constant(bool(value)):
            yield "value", not value
        case ast.Constant(int(value) | float(value)):
            yield "value", value + 1
        case ast.IfExp(test=test):
            yield "test", ast.UnaryOp(ast.Not(), test)
        case ast.Expr(ast.Call()):
            yield "value", ast.Constant(None)


def mutants(file: Path) -> Iterator[Mutant]:
    """Yield the changes of a file; what only type checkers see stays."""
    tree = ast.parse(file.read_text("utf-8"))
    waiting: list[tuple[ast.AST, int]] = [(tree, 1)]
    while waiting:
        node, line = waiting.pop()
        line = node.lineno if isinstance(node, ast.stmt) else line
        yield from (Mutant(file, line, tree, node, *each) for each in changes(node))
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        own = isinstance(node, ast.AnnAssign)  # whose annotations hold ranges
        for name, value in ast.iter_fields(node):
            if own or name not in ("returns", "annotation", "format_spec"):
                parts = value if isinstance(value, list) else [value]
                waiting += [(part, line) for part in parts if isinstance(part, ast.AST)]


def passes(
    tests: list[str], *options: str, source: Path = SOURCE, seconds: int | None = None
) -> bool:
    """Return whether tests pass with the source in a folder.

    They run in a copy of this process, which has the libraries, but not the package.
    """

    def run() -> None:
        sys.path.insert(0, str(source))
        os.environ["PYTHONPATH"] = str(source)  # of what the tests start
        for name in list(sys.modules):
            if name.partition(".")[0] in (NAME, "tests"):
                del sys.modules[name]
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        sys.exit(pytest.main([*QUIETLY, *options, *tests]))

    child = multiprocessing.get_context("fork").Process(target=run)
    child.start()
    child.join(seconds)
    child.kill()
    child.join()
    return child.exitcode == 0


def survives(mutant: Mutant, tests: str, reached: CoverageData) -> bool:
    """Return whether the tests that reach a change pass with it."""
    by_line = reached.contexts_by_lineno(str(mutant.file))
    lines = range(mutant.statement, mutant.node.end_lineno + 1)
    contexts = {each for line in lines for each in by_line.get(line, ())}
    # What runs as the package is imported has no name of a test.
    named = sorted({each.rpartition("|")[0] or tests for each in contexts})
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name) / "src"
        shutil.copytree(SOURCE, copy)
        place = copy / mutant.file.relative_to(SOURCE)
        place.write_text(mutant.texts()[2], "utf-8")
        return not named or passes(named, source=copy, seconds=TIMEOUT)


def main() -> None:
    """Print what no test notices, and the score."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package")
    parser.add_argument("--sample", type=int, default=80)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    tests = f"tests/{asked.package}"
    pytest.main([*QUIETLY, "--collect-only", tests])  # imports the libraries
    files = sorted((SOURCE / NAME / asked.package).rglob("*.py"))
    possible = [mutant for file in files for mutant in mutants(file)]
    count, left = min(asked.sample, len(possible)), 0
    chance = random.Random(asked.seed)  # noqa: S311
    with tempfile.TemporaryDirectory() as name:
        os.environ["COVERAGE_FILE"] = data = f"{name}/data"
        cover = (f"--cov={NAME}.{asked.package}", "--cov-context=test", "--cov-report=")
        if not passes([tests], *cover):
            sys.exit(f"{tests} does not pass as it is")
        reached = CoverageData(basename=data)
        reached.read()
        for mutant in chance.sample(possible, count):
            if survives(mutant, tests, reached):
                left += 1
                place = f"{mutant.file.relative_to(SOURCE.parent)}:{mutant.node.lineno}"
                print(f"{place}: {' -> '.join(mutant.texts()[:2])}", flush=True)
    said = f"{count - left} of {count} noticed, {(count - left) / count:.0%}"
    print(f"{asked.package}: {said} ({len(possible)} are possible)")


if __name__ == "__main__":
    main()
