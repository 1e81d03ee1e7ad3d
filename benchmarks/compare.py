"""Speed beside other methods, from array to labels, in turn on the same images.

    python benchmarks/compare.py [--images 16] [--repeats 3] [--only METHOD ...]

Each method runs in a process of its own, with packages of its own under .benchmarks/,
and with two threads. Image after image is given to one method after the other, so that
what else the machine does falls on all of them. The table is printed, and written into
benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import numpy as np

from napari_mobile_unet.io import read_stack
from napari_mobile_unet.samples import sample_path

HERE = Path(__file__).parent
ENVIRONMENTS = HERE.parent / ".benchmarks"
README = HERE / "README.md"
BEGIN, END = "<!-- speed: begin -->", "<!-- speed: end -->"
SIZE = 1024
THREADS = "2"
LIMITS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
COMMON = ("numpy<2.5", "scipy", "scikit-image==0.26.0")


@dataclass(frozen=True)
class Method:
    """How a method is run.

    Parameters
    ----------
    script : str
        File in peers/, without its suffix.
    packages : tuple of str
        What its environment holds; none for this project's own.
    images : int
        Most images that it is given, where it is slow.
    """

    script: str
    packages: tuple[str, ...] = ()
    images: int = 1000


METHODS = {
    "mobile U-Net, this package, with a table": Method("ours"),
    "Otsu and watershed, scikit-image": Method("otsu_watershed"),
    "random forest on pixel features, scikit-learn": Method("forest"),
    "StarDist 0.9.2, 2D_versatile_fluo, random weights": Method(
        "stardist_2d", (*COMMON, "stardist==0.9.2", "tensorflow==2.21.0")
    ),
    "Cellpose 3.1.1, cyto3, random weights": Method(
        "cellpose_3", (*COMMON, "cellpose==3.1.1.2"), images=2
    ),
}


def main() -> None:
    """Run all methods, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", nargs="*", help="scripts, such as ours stardist_2d")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        images = write_images(Path(folder), chosen.images)
        workers, missing = {}, {}
        log = stack.enter_context(tempfile.TemporaryFile("w+"))
        for name, method in METHODS.items():
            if chosen.only and method.script not in chosen.only:
                continue
            try:
                worker = stack.enter_context(start(method, log))
                ask(worker, images[0])  # warms up
            except (OSError, subprocess.SubprocessError, ValueError) as error:
                log.seek(0)
                reason = (
                    log.read() if isinstance(error, json.JSONDecodeError) else error
                )
                missing[name] = str(reason).strip().splitlines()[-1]
            else:
                workers[name] = worker
        seconds = {name: [] for name in workers}
        for _ in range(chosen.repeats):
            for number, image in enumerate(images):
                for name, worker in workers.items():
                    if number < METHODS[name].images:
                        seconds[name].append(ask(worker, image))
    text = table(seconds, missing, chosen.images, chosen.repeats)
    print(text)
    if not chosen.only:
        write(text)


def write_images(folder: Path, count: int) -> list[list[str]]:
    """Write mosaics of the sample time-lapse with their truth; return their paths."""
    stack = read_stack(sample_path("nuclei_timelapse.tif"))
    truth = read_stack(sample_path("nuclei_timelapse_labels.tif"))
    side = -(-SIZE // stack.plane_shape[0])
    paths = []
    for number in range(count):
        frame = number % stack.n_planes
        image = np.tile(stack.plane(frame), (side, side))[:SIZE, :SIZE]
        labels = truth.plane(frame).astype(np.int32)
        most = labels.max()
        tiles = [
            [np.where(labels, labels + most * (side * i + j), 0) for j in range(side)]
            for i in range(side)
        ]
        pair = [str(folder / f"{number}_{what}.npy") for what in ("image", "truth")]
        np.save(pair[0], image)
        np.save(pair[1], np.block(tiles)[:SIZE, :SIZE])
        paths.append(pair)
    return paths


def start(method: Method, log: IO[str]) -> subprocess.Popen:
    """Start a method's process, once it has what it needs."""
    return subprocess.Popen(
        [environment(method), "serve.py", method.script],
        cwd=HERE / "peers",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        env={
            **os.environ,
            **dict.fromkeys(LIMITS, THREADS),
            "CUDA_VISIBLE_DEVICES": "",
        },
    )


def environment(method: Method) -> str:
    """Return the Python of a method's environment, made if need be."""
    if not method.packages:
        return sys.executable
    folder = ENVIRONMENTS / method.script
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    uv = shutil.which("uv", path=f"{HERE.parent}/.tools/bin:{os.environ['PATH']}")
    if uv is None:
        raise ValueError("environments are made by uv, which is missing; install it")
    done = folder / "done"
    if not done.exists():
        run = {"check": True, "capture_output": True, "text": True}
        subprocess.run(
            [uv, "venv", "--clear", "--python", sys.executable, folder], **run
        )
        install = [uv, "pip", "install", "--system-certs", "--python", python]
        made = subprocess.run(
            [*install, *method.packages], check=False, capture_output=True, text=True
        )
        if made.returncode:
            raise ValueError(made.stderr)
        done.touch()
    return str(python)


def ask(worker: subprocess.Popen, image: list[str]) -> float:
    """Return the seconds that a method takes for an image.

    Raises
    ------
    json.JSONDecodeError
        If it fails; its log says why.
    """
    worker.stdin.write(json.dumps(image) + "\n")
    worker.stdin.flush()
    return float(json.loads(worker.stdout.readline())["seconds"])


def table(
    seconds: dict[str, list[float]], missing: dict[str, str], images: int, repeats: int
) -> str:
    """Return the results as Markdown."""
    megapixels = SIZE**2 / 1e6
    fastest = np.median(next(iter(seconds.values())))
    lines = [
        f"{images} images of {SIZE}², {repeats} times each, {THREADS} threads on "
        f"{processor()}; {datetime.now(UTC):%Y-%m-%d}. Medians, quartiles in brackets.",
        "",
        "| method | Mpx/s | | time, as a multiple of ours |",
        "| --- | ---: | --- | ---: |",
    ]
    for name, taken in seconds.items():
        low, median, high = np.percentile(megapixels / np.array(taken), (25, 50, 75))
        ratio = np.median(taken) / fastest
        lines.append(
            f"| {name} | {median:.2f} | ({low:.2f} to {high:.2f}) | {ratio:.2f} |"
        )
    lines += [f"| {name} | | not run: {why} | |" for name, why in missing.items()]
    return "\n".join(lines)


def processor() -> str:
    """Return the name of the processor, and how many cores are ours."""
    name = platform.processor() or platform.machine()
    listed = Path("/proc/cpuinfo")
    if listed.exists():
        models = [x for x in listed.read_text().splitlines() if "model name" in x]
        name = models[0].partition(":")[2].strip() if models else name
    return f"{os.cpu_count()} cores of {name}"


def write(text: str) -> None:
    """Put the table between the marks in the README."""
    before, _, rest = README.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
