"""Counts the cases that ran, in all processes, and says how many at the end."""

from __future__ import annotations

from collections import Counter
from typing import Any

import fuzzing
import pytest

_by_workers: Counter[str] = Counter()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Send the counts of a worker to the process that reports."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["fuzz_cases"] = dict(fuzzing.ran)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take in the counts of a worker."""
    _by_workers.update(getattr(node, "workeroutput", {}).get("fuzz_cases", {}))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many cases of which test ran."""
    ran = fuzzing.ran + _by_workers
    if ran:
        names = ", ".join(f"{name} {count:,}" for name, count in ran.most_common())
        terminalreporter.write_line(f"{ran.total():,} cases of {len(ran)} tests ran:")
        terminalreporter.write_line(names)
