"""The whole job, from an image to exported objects, asks nobody on the network."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import tifffile

from napari_mobile_unet.samples.files import read_sample

if TYPE_CHECKING:
    from pathlib import Path

BLOCKED = """
import socket
import sys

def watch(event, args):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo",
                 "socket.gethostbyname"):
        if getattr(args[0], "family", 0) == socket.AF_UNIX:
            return
        raise AssertionError(f"a connection is tried: {event} {args[1:]}")

sys.addaudithook(watch)
"""
JOB = """
import sys

from napari_mobile_unet.commands.app import main

for line in sys.argv[1].splitlines():
    sys.argv = ["mobile-unet", *line.split()]
    try:
        main()
    except SystemExit as ended:
        assert not ended.code, line
"""
LINES = """
models list
preprocess cells.tif -o prepared.ome.tif --recipe steps.json
threshold cells.tif --json --plot histogram.png --labels classes.tif
segment cells.tif -o otsu --method otsu
segment prepared.ome.tif -o out --method unet --overlay
measure out/prepared_labels.tif -o table.csv --image prepared.ome.tif --columns all
export out/prepared_labels.tif -o objects.geojson
export out/prepared_labels.tif -o objects.zip
evaluate out/prepared_labels.tif out/prepared_labels.tif
report out -o report.html
models export nuclei -o nuclei.zip
models import nuclei.zip --name mine
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    plane = read_sample("nuclei_zstack").image.plane(3)[:96, :96]
    tifffile.imwrite(tmp_path / "cells.tif", plane)
    steps = '{"steps": [{"kind": "denoise"}, {"kind": "background"}]}'
    (tmp_path / "steps.json").write_text(steps)
    monkeypatch.setenv("MOBILE_UNET_MODELS", str(tmp_path / "models"))
    return tmp_path


def run(program: str, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a program that is watched, and so are the processes that it starts."""
    (folder / "sitecustomize.py").write_text(BLOCKED)
    return subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_whole_job_tries_no_connection(folder: Path) -> None:
    done = run(JOB, folder, LINES.strip())
    assert done.returncode == 0, done.stderr
    made = ["prepared.ome.tif", "histogram.png", "otsu/cells_labels.tif", "table.csv"]
    made += ["objects.geojson", "objects.zip", "report.html", "models/mine/model.json"]
    assert [name for name in made if not (folder / name).exists()] == []
    assert len((folder / "table.csv").read_text().splitlines()) > 2


@pytest.mark.parametrize(
    "call",
    [
        "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)",
        "__import__('urllib.request').request.urlopen('http://example.org', timeout=1)",
    ],
)
def test_a_connection_would_be_seen(call: str, folder: Path) -> None:
    done = run(call, folder)
    assert done.returncode
    assert "a connection is tried" in done.stderr
