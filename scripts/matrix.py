"""Runs tests with other versions of what the plugin stands on, an environment for each.

``make test-matrix`` runs all rows with all tests; ``ROWS="oldest newest"`` chooses
rows, ``TESTS=tests/io`` tests. A row whose Python is neither there nor to be had, or
whose packages do not agree, is named, and the others go on.
"""

import argparse
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV = ROOT / ".tools/bin/uv"
PLACE = ROOT / ".benchmarks/matrix"
SAID = ("napari", "npe2", "opencv-python-headless", "numpy", "pandas", "zarr")


@dataclass(frozen=True)
class Row:
    """One environment."""

    python: str
    qt: str
    packages: tuple[str, ...] = ()  # held to these, beside what pyproject.toml says
    options: tuple[str, ...] = ()  # of `uv pip install`


ROWS = {
    # Every lower bound of pyproject.toml is one that works.
    "oldest": Row("3.11", "pyqt6", options=("--resolution", "lowest-direct")),
    "before": Row("3.12", "pyqt6", ("opencv-python-headless<5", "npe2<0.10")),
    "newest": Row("3.13", "pyside6"),
    "coming": Row("3.13", "pyqt6", ("napari>=0.10.0rc0",), ("--prerelease", "allow")),
    # Other plugins in the same window, one of which imports TensorFlow itself.
    "beside": Row("3.11", "pyqt6", ("napari-skimage", "stardist-napari")),
}


def install(name: str, row: Row) -> Path | None:
    """Return the row's Python, with everything installed; None where there is none."""
    place = PLACE / name
    if run([UV, "venv", "--quiet", "--clear", "--python", row.python, place]):
        return None
    groups = ["--group", "dev", "--group", row.qt]
    asked = [*groups, *row.options, "--editable", ".", *row.packages]
    failed = run([UV, "pip", "install", "--quiet", "--python", place, *asked])
    return None if failed else place / "bin/python"


def run(command: list[str | Path]) -> int:
    """Return the exit status."""
    return subprocess.run([str(part) for part in command], cwd=ROOT).returncode


def versions(python: Path) -> str:
    """Return what was installed, in one line."""
    code = (
        "import importlib.metadata as m, sys; print(sys.version.split()[0], *("
        f"f'{{n}} {{m.version(n)}}' for n in {SAID!r}), sep=', ')"
    )
    return subprocess.check_output([str(python), "-c", code], text=True).strip()


def tested(python: Path, tests: list[str]) -> tuple[str, bool]:
    """Return the last lines of the runs of the core and of windows, if both passed."""
    lines, well = [], True
    for marks in ("not gui", "gui"):
        command = [str(python), "-m", "pytest", "-q", "-n", "2", "-m", marks, *tests]
        done = subprocess.run(
            command, cwd=ROOT, text=True, stdout=subprocess.PIPE, env=os.environ
        )
        if done.returncode not in (0, 5):  # 5: none of these tests has the mark
            print(done.stdout, file=sys.stderr)
            well = False
        last = done.stdout.strip().splitlines()[-1:] or ["error: pytest did not start"]
        lines.append(f"{marks}: {last[0]}")
    return "; ".join(lines), well


def main() -> int:
    """Print a line for each row; return 1 where one failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", nargs="*", default=list(ROWS), choices=list(ROWS))
    parser.add_argument("tests", nargs="*")
    asked = parser.parse_args()
    failed = 0
    for name in asked.rows or ROWS:
        row = ROWS[name]
        python = install(name, row)
        if python is None:
            print(f"{name}: could not be installed, see above", flush=True)
            failed = 1
            continue
        said, well = tested(python, asked.tests)
        failed |= not well
        print(f"{name} ({versions(python)}, {row.qt}): {said}", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
