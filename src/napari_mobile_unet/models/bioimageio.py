"""Models for the programs of the BioImage Model Zoo (https://bioimage.io).

The package has the network as a TensorFlow SavedModel, since the format knows none for
LiteRT, and our own files beside it, from which `import_model` takes it as it was.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile

import yaml

from napari_mobile_unet.io.atomic import atomic_path
from napari_mobile_unet.models.checks import check_free
from napari_mobile_unet.models.child import run_module
from napari_mobile_unet.unet.card import CARD
from napari_mobile_unet.unet.engine import HALO
from napari_mobile_unet.unet.model import load_model, sha256

if TYPE_CHECKING:
    from napari_mobile_unet.unet.card import Card
    from napari_mobile_unet.unet.model import Model

FORMAT = "0.5.4"
"""Version of the format; its readers know older ones, too."""
DESCRIPTION = "rdf.yaml"
EXPORT_SECONDS = 900
"""How long TensorFlow may take, also on a machine that is busy."""
SMALLEST, STEP = 64, 32
"""Height and width in pixels that the network takes: the least, and how much more."""
LICENCES = ("CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "MIT")
"""Those that the format is told, by their SPDX names; others are in the text alone."""
SOURCES = {
    "10.1109/CVPR.2018.00474": "Sandler et al., MobileNetV2, CVPR 2018",
    "10.1007/978-3-319-24574-4_28": "Ronneberger et al., U-Net, MICCAI 2015",
}
"""What the network comes from, by DOI."""


def export_bioimageio(
    name: str | Path, path: str | Path, *, overwrite: bool = False
) -> None:
    """Write a model as a package of the BioImage Model Zoo.

    Parameters
    ----------
    name : str or Path
        Of the model, or its folder.
    path : str or Path
        Of the zip.
    overwrite : bool
        Whether a file of that name is replaced.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no such model, it was altered, or has no weights.
    OSError
        If the file is there already, or cannot be written; what was there is untouched.
    """
    model, path = load_model(name), Path(path)
    check_free(path, overwrite)
    with tempfile.TemporaryDirectory() as folder:
        parts = Path(folder)
        run_module(
            "training.child.saved_model",
            str(model.folder),
            folder,
            seconds=EXPORT_SECONDS,
        )
        shutil.make_archive(str(parts / "weights"), "zip", parts / "saved_model")
        (parts / "README.md").write_text(_document(model.card), "utf-8")
        content = yaml.safe_dump(
            _description(model, parts), sort_keys=False, allow_unicode=True
        )
        (parts / DESCRIPTION).write_text(content, "utf-8")
        files = [parts / name for name in (DESCRIPTION, "README.md", "weights.zip")]
        files += [parts / "image.npy", parts / "maps.npy"]
        files += [model.folder / name for name in (CARD, *model.card.files)]
        with (
            atomic_path(path) as fresh,
            ZipFile(fresh, "w", ZIP_DEFLATED) as archive,
        ):
            for file in files:
                archive.write(file, file.name)


def _description(model: Model, parts: Path) -> dict[str, Any]:
    """Return what the format says of a model."""
    card = model.card
    low, high = card.normalisation.clip
    colours = ["red", "green", "blue"] if card.architecture.channels == 3 else ["grey"]
    channels = list(card.channel_names) or colours
    scale = {
        # Channels side by side are scaled each by itself.
        "axes": ["y", "x"] if card.channel_names else ["channel", "y", "x"],
        "min_percentile": card.normalisation.low,
        "max_percentile": card.normalisation.high,
    }
    sizes = {"min": SMALLEST, "step": STEP}
    image = {
        "id": "image",
        "description": card.inputs[:128],
        "axes": [
            {"type": "batch"},
            *({"type": "space", "id": axis, "size": dict(sizes)} for axis in "yx"),
            {"type": "channel", "channel_names": channels},
        ],
        "data": {"type": "float32"},
        "test_tensor": _file(parts / "image.npy"),
        "preprocessing": [
            {"id": "ensure_dtype", "kwargs": {"dtype": "float32"}},
            {"id": "scale_range", "kwargs": scale},
            {"id": "clip", "kwargs": {"min": low, "max": high}},
        ],
    }
    spaces = [
        {
            "type": "space",
            "id": axis,
            "size": {"tensor_id": "image", "axis_id": axis},
            "halo": HALO,
        }
        for axis in "yx"
    ]
    names = list(card.architecture.maps)
    maps = {
        "id": "maps",
        "axes": [
            {"type": "batch"},
            *spaces,
            {"type": "channel", "channel_names": names},
        ],
        "data": {"type": "float32", "range": [0, 1]},
        "test_tensor": _file(parts / "maps.npy"),
    }
    weights = {
        **_file(parts / "weights.zip"),
        "tensorflow_version": (parts / "tensorflow.txt").read_text(),
    }
    kind = "semantic" if card.architecture.classes else "instance"
    # The format allows fewer letters in a name than a folder has.
    title = re.sub(r"[^a-zA-Z0-9_+\- ()]", "_", card.name)[:128]
    return {
        "format_version": FORMAT,
        "type": "model",
        "name": title,
        "description": (card.description or title)[:1024],
        **({"license": card.licence} if card.licence in LICENCES else {}),
        "documentation": "README.md",
        "authors": [{"name": "napari-mobile-unet"}],
        "cite": [{"text": text, "doi": doi} for doi, text in SOURCES.items()],
        "tags": ["napari-mobile-unet", "unet", f"{kind}-segmentation", "2d"],
        "attachments": [_file(model.folder / name) for name in (CARD, *card.files)],
        "inputs": [image],
        "outputs": [maps],
        "weights": {"tensorflow_saved_model_bundle": weights},
    }


def _file(path: Path) -> dict[str, str]:
    """Return how the format names a file of the package."""
    return {"source": path.name, "sha256": sha256(path)}


def _document(card: Card) -> str:
    """Return the description that people read."""
    scaled = (
        "each channel"
        if card.channel_names
        else "all channels together; napari-mobile-unet takes\nthose of the luminance"
    )
    return f"""# {card.name}

{card.description}

A mobile U-Net that gives the maps {", ".join(card.architecture.maps)}. {_use(card)}
napari-mobile-unet makes labels of the maps, and takes this model in (`mobile-unet
models import`).

Grey values are scaled by percentiles of {scaled}.

Trained on: {card.training.origin or "unknown"}

Licence: {card.licence or "unknown"}

## Validation

{_validation(card)} Compare labels
of your own images with `mobile-unet evaluate`.
"""


def _use(card: Card) -> str:
    """Return how labels are made of the maps."""
    decoding = card.decoding
    if card.architecture.classes:
        return (
            "The maps tell how likely each is, and sum to 1. Where their sum without "
            f"*background* is above {decoding.foreground:g}, a pixel belongs to the "
            "likeliest class. Images are as large as those that it was taught with."
        )
    return (
        "A pixel belongs to an object where *foreground* is above "
        f"{decoding.foreground:g}. Pieces where *distance* is above {decoding.seed:g} "
        "are the cores of objects; they grow downhill over *distance* until they meet. "
        "*Seam* is high between two objects. Objects should be about "
        f"{card.diameter:g} pixels wide: resize images to that."
    )


def _validation(card: Card) -> str:
    """Return how good the model is on what was set apart."""
    score, gate = card.training.validation_ap, card.training.gate
    measure = "Average precision at an IoU of 0.5"
    if gate is not None and card.architecture.classes:
        score, measure = gate.new_ap, "Mean IoU of the classes"
    found = "was not measured" if score is None else f"is {score:.3f}"
    return f"{measure} on images that were set apart {found}."
