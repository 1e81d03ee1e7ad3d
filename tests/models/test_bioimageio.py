"""Models for the BioImage Model Zoo."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest

import napari_mobile_unet as nmu
from napari_mobile_unet.unet.engine import predict
from napari_mobile_unet.unet.model import FOLDER_VARIABLE, load_model

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.model
def test_a_package_is_valid_and_comes_back_as_it_went(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "models"))
    package = tmp_path / "zoo.zip"
    nmu.export_bioimageio("nuclei", package)
    # In a process of its own, since the format's package leaves files open.
    program = (
        "from bioimageio.spec import load_description; import sys; "
        "found = load_description(sys.argv[1]); "
        "print(found.type, found.license, found.validation_summary.status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, package], capture_output=True, text=True
    )
    assert done.stdout.strip().endswith("model CC0-1.0 valid-format"), done.stderr

    # The maps that a runner is to reproduce are those of our own network.
    with zipfile.ZipFile(package) as archive:
        assert (
            "saved_model.pb" in zipfile.ZipFile(archive.open("weights.zip")).namelist()
        )
        image, maps = (np.load(archive.open(f"{n}.npy")) for n in ("image", "maps"))
    model = load_model("nuclei")
    scaled = model.card.normalisation.apply(
        image[0], model.card.normalisation.limits(image[0, ..., 0])
    )
    own = predict(scaled, model, "fp32")
    # Only nearly: ours is mirrored beyond its edges to fill a tile.
    assert np.abs(own - maps[0])[:128, :128].mean() < 1e-3
    assert maps[0, ..., 0].max() > 0.9  # there is something to be found

    model = nmu.import_model(package)
    assert (model.folder.name, model.checksum) == ("zoo", load_model("nuclei").checksum)
