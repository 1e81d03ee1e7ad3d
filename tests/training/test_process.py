"""What the parent of a process that learns says if that ends without a word."""

from __future__ import annotations

import subprocess
import sys
import tempfile

import pytest

from napari_mobile_unet.training.process import Died, iter_messages


def ended(program: str) -> str:
    """Return what is said of a process that runs a program and dies."""
    with (
        tempfile.TemporaryFile("w+") as log,
        subprocess.Popen(
            [sys.executable, "-c", program],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as child,
        pytest.raises(Died) as caught,
    ):
        for message in iter_messages(child, log):
            assert message == {"kind": "ready"}
    return str(caught.value)


SPEAK = 'import sys; print(\'{"kind": "ready"}\', flush=True); '


@pytest.mark.parametrize(
    "dies",
    [
        "raise MemoryError",
        "import numpy; numpy.empty(1 << 58)",
        "sys.exit('terminate called: std::bad_alloc')",
        "sys.exit('ResourceExhaustedError: OOM when\\n' + 'allocating a tensor')",
    ],
)
def test_memory_that_ran_out_is_said_with_a_remedy(dies: str) -> None:
    assert ended(SPEAK + dies) == (
        "the training process ended with 1: memory ran out; close other programs, or "
        "choose fewer or smaller images"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
def test_of_a_process_that_the_system_killed_memory_is_named() -> None:
    said = ended(SPEAK + "import os; os.kill(os.getpid(), 9)")
    assert "ended with -9: it was killed, as systems do when memory runs out" in said


def test_else_its_last_words_are_said() -> None:
    said = ended(SPEAK + "sys.exit('the reason\\nand the last line')")
    assert said == "the training process ended with 1: and the last line"
    assert ended("raise SystemExit(3)") == (
        "the training process ended with 3: no output"
    )
