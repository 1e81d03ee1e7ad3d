"""Work on models in processes of their own, which may fail and end nothing else."""

from __future__ import annotations

import os
import subprocess
import sys


def run_module(module: str, *arguments: str, seconds: float) -> None:
    """Run a module of this package in a process of its own, to its end.

    Parameters
    ----------
    module : str
        Its name within the package.
    *arguments : str
        Its arguments.
    seconds : float
        How long it may take.

    Raises
    ------
    ValueError
        With the last line that it wrote on standard error, if it fails.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", f"napari_mobile_unet.{module}", *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )
    except subprocess.TimeoutExpired as error:
        raise ValueError(f"it took longer than {seconds:g} s") from error
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        raise ValueError(
            lines[-1] if lines else f"the process ended with {done.returncode}"
        )
