"""Sample images: those shipped under ``sample_data/``, and two of scikit-image.

``python -m napari_mobile_unet.samples OUT_DIR`` makes the shipped files again.
"""

from __future__ import annotations

import argparse
import logging
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import tifffile
from skimage import data

from napari_mobile_unet.synthetic import Sample, nuclei_timelapse, nuclei_zstack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    LayerDataTuple = tuple[NDArray[Any], dict[str, Any], str]

_log = logging.getLogger(__name__)

SAMPLES = {"nuclei_zstack": nuclei_zstack, "nuclei_timelapse": nuclei_timelapse}
"""The shipped samples, by name, and what makes each of them."""

_OME_UNITS = {"micrometer": "µm", "minute": "min"}


def sample_path(name: str) -> Path:
    """Return where a file of ``sample_data/`` lies.

    Parameters
    ----------
    name : str
        The file's name, for example ``"nuclei_zstack.tif"``.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    """
    folder = Path(str(files("napari_mobile_unet_files") / "sample_data"))
    path = folder / name
    if not path.is_file():
        known = ", ".join(sorted(found.name for found in folder.glob("*.*")))
        raise FileNotFoundError(
            f"no sample file is called {name!r}; choose one of {known}"
        )
    return path


def load_sample(name: str) -> Sample:
    """Return a shipped sample as it was generated.

    Parameters
    ----------
    name : str
        One of ``SAMPLES``.

    Raises
    ------
    FileNotFoundError
        If there is no such sample.
    """
    path = sample_path(f"{name}.tif")
    with tifffile.TiffFile(path) as tif:
        axes = tif.series[0].axes
        pixels = tifffile.xml2dict(tif.ome_metadata or "")["OME"]["Image"]["Pixels"]
        image = tif.asarray()
    keys = ["TimeIncrement" if axis == "T" else f"PhysicalSize{axis}" for axis in axes]
    units = {ome: unit for unit, ome in _OME_UNITS.items()}
    lineage = path.with_name(f"{name}_lineage.csv")
    return Sample(
        image=image,
        labels=tifffile.imread(sample_path(f"{name}_labels.tif")),
        axes=axes,
        scale=tuple(float(pixels[key]) for key in keys),
        units=tuple(units[pixels[f"{key}Unit"]] for key in keys),
        lineage=pd.read_csv(lineage) if lineage.is_file() else None,
    )


def save_sample(sample: Sample, folder: Path, name: str) -> list[Path]:
    """Write a sample as compressed OME-TIFF with its axes and pixel sizes.

    Parameters
    ----------
    sample : Sample
        Image and truth.
    folder : Path
        An existing folder.
    name : str
        Stem of the files: ``<name>.tif``, ``<name>_labels.tif`` and, where the
        sample has a lineage, ``<name>_lineage.csv``.

    Returns
    -------
    list of Path
        The files written.
    """
    metadata: dict[str, Any] = {"axes": sample.axes}
    for axis, step, unit in zip(sample.axes, sample.scale, sample.units, strict=True):
        key = "TimeIncrement" if axis == "T" else f"PhysicalSize{axis}"
        metadata |= {key: step, f"{key}Unit": _OME_UNITS[unit]}
    written = []
    for suffix, array in (("", sample.image), ("_labels", sample.labels)):
        path = folder / f"{name}{suffix}.tif"
        tifffile.imwrite(
            path,
            array,
            ome=True,
            photometric="minisblack",
            compression="zlib",
            compressionargs={"level": 9},
            predictor=True,
            metadata=metadata | {"Name": f"{name}{suffix}"},
        )
        written.append(path)
    if sample.lineage is not None:
        path = folder / f"{name}_lineage.csv"
        sample.lineage.to_csv(path, index=False, lineterminator="\n")
        written.append(path)
    return written


def load_nuclei_zstack() -> list[LayerDataTuple]:
    """Return the layers of the nuclei Z-stack and its truth, for napari."""
    return _layers("nuclei_zstack")


def load_nuclei_timelapse() -> list[LayerDataTuple]:
    """Return the layers of the nuclei time-lapse and its truth, for napari."""
    return _layers("nuclei_timelapse")


def load_coins() -> list[LayerDataTuple]:
    """Return the layer of scikit-image's Greek coins, (303, 384) uint8."""
    coins = np.asarray(data.coins())
    return [(coins, {"name": "coins"}, "image")]


def load_tissue() -> list[LayerDataTuple]:
    """Return the layer of scikit-image's stained tissue, (512, 512, 3) uint8 RGB.

    Colon, immunohistochemistry: haematoxylin (blue nuclei) and DAB (brown).
    """
    tissue = np.asarray(data.immunohistochemistry())
    return [(tissue, {"name": "tissue", "rgb": True}, "image")]


def _layers(name: str) -> list[LayerDataTuple]:
    """Return image and truth with scale, units and axis labels."""
    sample = load_sample(name)
    place = {
        "scale": sample.scale,
        "units": sample.units,
        "axis_labels": tuple(sample.axes.lower()),
    }
    truth: dict[str, Any] = {"name": f"{name} truth", "visible": False, **place}
    if sample.lineage is not None:
        truth["features"] = sample.lineage.rename(columns={"label": "index"})
    return [
        (sample.image, {"name": name, **place}, "image"),
        (sample.labels, truth, "labels"),
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the shipped samples to a folder, which is made if need be."""
    parser = argparse.ArgumentParser(
        prog="python -m napari_mobile_unet.samples",
        description="Make the sample images again; the same pixels every time.",
    )
    parser.add_argument("out_dir", type=Path, help="folder to write to")
    folder: Path = parser.parse_args(arguments).out_dir
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in SAMPLES.items():
        for path in save_sample(make(), folder, name):
            _log.info("wrote %s", path)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    main()
