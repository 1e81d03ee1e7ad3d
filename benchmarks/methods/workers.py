"""The methods compared, the environment of each, and talking to its process."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
ENVIRONMENTS = ROOT / ".benchmarks"
THREAD_LIMITS = (
    "LOKY_MAX_CPU_COUNT",
    "NUMBA_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "TF_NUM_INTRAOP_THREADS",
)


class MethodError(Exception):
    """A method that could not be set up, or broke down; the text says why."""


@dataclass(frozen=True)
class Listed:
    """A method as the tables name it.

    Parameters
    ----------
    title : str
        The name in the tables.
    command : tuple of str
        File in this folder without its suffix, and what ``load`` there is given.
    packages : tuple of str
        What its environment holds; none: it runs in the project's own.
    at_most : int
        Images that it is timed on, where it is slow.
    whole : bool
        It is given all images at a time, not one after the other.
    scored : bool
        Its accuracy is of interest: no other row has the same labels.
    """

    title: str
    command: tuple[str, ...]
    packages: tuple[str, ...] = ()
    at_most: int = 1000
    whole: bool = False
    scored: bool = True

    @property
    def name(self) -> str:
        """The method's name on the command line."""
        return "_".join(self.command)


METHODS = (
    Listed("mobile U-Net, labels", ("mobile_unet", "labels")),
    Listed("mobile U-Net, labels and table", ("mobile_unet", "table"), scored=False),
    Listed(
        "mobile U-Net, labels and table, all as one stack",
        ("mobile_unet", "stack"),
        whole=True,
        scored=False,
    ),
    Listed("nuclei-quick, labels", ("mobile_unet", "labels", "nuclei-quick")),
    Listed(
        "nuclei-quick, labels and table, all as one stack",
        ("mobile_unet", "stack", "nuclei-quick"),
        whole=True,
        scored=False,
    ),
    Listed(
        "Otsu, distance transform, watershed",
        ("otsu_watershed",),
        ("scikit-image==0.26.0",),
    ),
    Listed(
        "random forest on pixel features",
        ("random_forest",),
        ("scikit-image==0.26.0", "scikit-learn==1.9.1"),
        at_most=4,
    ),
    Listed(
        "StarDist 2D (2D_versatile_fluo)",
        ("stardist_2d",),
        (
            "stardist==0.9.2",
            "tensorflow-cpu==2.21.0; sys_platform == 'linux' "
            "and platform_machine == 'x86_64'",
            "tensorflow==2.21.0; sys_platform != 'linux' "
            "or platform_machine != 'x86_64'",
        ),
    ),
    Listed(
        "Cellpose 3 (cyto3)",
        ("cellpose_3",),
        ("cellpose==3.1.1.2", "torch==2.13.0"),
        at_most=2,
    ),
)
"""The first is the one that the others are measured by."""


class Worker:
    """A method in a process of its own, for as long as the context lasts.

    Parameters
    ----------
    method : Listed
        What runs there; its environment is made first, if need be.
    threads : int
        Most threads and, on Linux, cores that it may use.

    Raises
    ------
    MethodError
        If the environment cannot be made, or the method not be loaded.
    """

    def __init__(self, method: Listed, threads: int) -> None:
        self.method = method
        python = environment(method)
        self.log = ENVIRONMENTS / f"{method.name}.log"
        limits = dict.fromkeys(THREAD_LIMITS, str(threads))
        quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [python, HERE / "serve.py", *method.command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, **limits, **quiet},
            )
        about = self._answer()
        self.versions: dict[str, str] = about["versions"]
        self.weights: str = about["weights"]

    def __enter__(self) -> Self:
        """Return the worker."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the process."""
        self.process.kill()
        self.process.communicate()

    @property
    def title(self) -> str:
        """The method's name, and that its weights are random where they are."""
        return f"{self.method.title}{' *' if self.weights == 'random' else ''}"

    def ask(
        self, task: str, pairs: Iterable[tuple[Path, Path]], labels: str = ""
    ) -> dict[str, Any]:
        """Return the answer to a request about images and their truths.

        What can be asked, ``serve.answer`` says.

        Raises
        ------
        MethodError
            If the process ends over it.
        """
        images, truths = zip(*(map(str, pair) for pair in pairs), strict=True)
        request = {"task": task, "images": images, "truths": truths, "labels": labels}
        with suppress(BrokenPipeError):  # it ended, and the log says why
            self.process.stdin.write(f"{json.dumps(request)}\n")
            self.process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        line = self.process.stdout.readline()
        if not line:
            raise MethodError(f"it ended: {reason(self.log.read_text())}")
        return json.loads(line)


def environment(method: Listed) -> Path:
    """Return the Python of a method's environment, made if need be.

    Raises
    ------
    MethodError
        If its packages cannot be installed.
    """
    ENVIRONMENTS.mkdir(exist_ok=True)
    if not method.packages:
        return Path(sys.executable)
    folder = ENVIRONMENTS / method.name
    python = folder / "bin" / "python"
    wanted, installed = "\n".join(method.packages), folder / "installed.txt"
    if installed.exists() and installed.read_text() == wanted:
        return python
    print(f"Installing {method.title} …", file=sys.stderr)
    uv = shutil.which("uv", path=f"{ROOT / '.tools' / 'bin'}:{os.environ['PATH']}")
    if uv is None:
        raise MethodError("uv is missing; run scripts/setup first")
    certificates = ["--system-certs"] if any(Path("/etc/ssl").glob("certs/*")) else []
    _run(uv, "venv", "--clear", "--python", sys.executable, folder)
    install = [uv, "pip", "install", *certificates, "--python", python]
    try:
        _run(*install, "--torch-backend", "cpu", *method.packages)
    except MethodError:
        # Where PyTorch's own index is out of reach, pip may know of another place
        # with wheels for the CPU: it reads a person's settings, which uv does not.
        pip = [ROOT / ".tools/bin/python", "-m", "pip", "--python", python]
        _run(*pip, "install", *method.packages)
    installed.write_text(wanted)
    return python


def _run(*command: str | Path) -> None:
    """Run a command; say its last line if it fails."""
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    if ended.returncode:
        raise MethodError(f"cannot be installed: {reason(ended.stderr)}")


def reason(log: str) -> str:
    """Return the last line of a log, without addresses and paths."""
    lines = log.strip().splitlines() or ["without a word"]
    return re.sub(r"\S*[:/]/\S*", "…", lines[-1]).strip()
