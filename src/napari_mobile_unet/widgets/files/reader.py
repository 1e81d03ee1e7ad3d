"""Image files as layers, with the axes, sizes, places and names that they tell."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile, ZipFile

import numpy as np
import psutil
from napari.utils.colormaps import AVAILABLE_COLORMAPS
from napari.utils.notifications import show_info, show_warning

from napari_mobile_unet.images.lazy import as_lazy
from napari_mobile_unet.images.parts import reordered
from napari_mobile_unet.images.sampling import content_digest
from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.io.names import LABELS, stem_of
from napari_mobile_unet.io.notes import read_note
from napari_mobile_unet.io.ome_zarr import is_labels, is_node, labels_in
from napari_mobile_unet.io.outlines.names import holds_objects
from napari_mobile_unet.io.paths import TIFF, zarr_root
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.later import pandas as pd
from napari_mobile_unet.messages import one_line
from napari_mobile_unet.recipes.prepared import prepared_provenance
from napari_mobile_unet.recipes.provenance import Provenance
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.thresholding.threshold import Threshold
from napari_mobile_unet.widgets.files.record import LOOK, LayerRecord
from napari_mobile_unet.widgets.layers.convert import (
    FILE,
    METADATA,
    features_of,
    image_data,
)
from napari_mobile_unet.widgets.layers.placement import Placement
from napari_mobile_unet.widgets.preferences import memory_share

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_mobile_unet.widgets.layers.convert import LayerData

_HEADS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""How TIFF files begin, those of more than 4 GB too."""


def get_reader(path: str | list[str]) -> Callable[[str], list[LayerData]] | None:
    """Return the function that reads a path; None if it is no image of ours.

    napari asks this of TIFF files, of outlines that other programs drew, and of all
    folders. Several files that are to become one layer are left to other readers.
    """
    if not isinstance(path, str):
        return None
    place = Path(path)
    if place.is_dir():
        return read_layers if zarr_root(place) and is_node(place) else None
    if not place.is_file():
        return None
    if holds_objects(place):
        return (
            read_layers if place.suffix.lower() != ".zip" or _of_rois(place) else None
        )
    if place.suffix.lower() not in TIFF:
        return None
    with place.open("rb") as file:
        return read_layers if file.read(4) in _HEADS else None


def _of_rois(path: Path) -> bool:
    """Return whether a zip holds ROIs of ImageJ, and nothing else."""
    try:
        with ZipFile(path) as file:
            names = file.namelist()
    except (BadZipFile, OSError):
        return False
    return bool(names) and all(name.lower().endswith(".roi") for name in names)


def read_layers(path: str | Path, *, as_labels: bool = False) -> list[LayerData]:
    """Return the layers of a file: one for each channel, and labels as labels.

    Labels are what an OME-Zarr has among its labels, what napari saved through this
    plugin as such, outlines and masks of other programs, and files whose name ends as
    those of ``mobile-unet segment``.

    Parameters
    ----------
    path : path-like
        Any file that ``read_stack`` takes.
    as_labels : bool
        Whether the file holds labels, whatever it is called.

    Returns
    -------
    list of tuple
        Data, keywords and kind of each layer.

    Raises
    ------
    OSError, ValueError
        If it cannot be read.
    """
    path = Path(path)
    record = LayerRecord.load(read_note(path))
    as_labels = as_labels or (record is not None and record.kind == "labels")
    as_labels = as_labels or _is_called_labels(path)
    stack = read_stack(path, as_labels=as_labels)
    _tell(stack)
    same = None if record is None else _restored(stack, record.axes, record.shape)
    if record is not None and same is not None:
        return [_recorded(path, record, same), *_labels_inside(path)]
    if as_labels and stack.data.dtype.kind in "iub" and not set("CS") & set(stack.axes):
        return [_labels(path, stack)]
    return [*_images(path, stack), *_labels_inside(path)]


def _is_called_labels(path: Path) -> bool:
    called = stem_of(path).endswith(LABELS) or holds_objects(path)
    return called or is_labels(path)


def _tell(stack: Stack) -> None:
    """Say what the file left open, as the commands do."""
    said = [f"not read: {stack.left_out}"] if stack.left_out else []
    said += [note for note in stack.notes if not note.startswith("the finest of")]
    if said:
        show_info(f"{stack.name}: {'; '.join(said)}")


def _restored(stack: Stack, axes: str, shape: tuple[int, ...]) -> Stack | None:
    """Return a file's pixels on the axes that they were written from.

    Formats have an order of their own, lack axes one pixel long, and have colour among
    their channels. None if the pixels are others by now.
    """
    data, grid = as_lazy(stack.data), stack.grid
    if "S" in axes and "S" not in grid.axes and stack.sizes.get("C") in (3, 4):
        grid = grid.renamed(grid.axes.replace("C", "S"))
    for axis in axes:
        if axis not in grid.axes:
            data, grid = data[None], grid.renamed(axis + grid.axes)
    if set(grid.axes) != set(axes) or math.prod(data.shape) != math.prod(shape):
        return None
    found = reordered(Stack(data, grid, stack.name), axes)
    return found if tuple(map(int, found.data.shape)) == shape else None


def _recorded(path: Path, record: LayerRecord, stack: Stack) -> LayerData:
    """Return a layer as it was saved."""
    keywords: dict[str, Any] = {
        "name": record.name,
        "metadata": {**record.metadata, FILE: str(path.absolute())},
        **record.keywords(stack.grid),
        **{key: record.look[key] for key in LOOK if key in record.look},
    }
    if keywords.get("colormap") not in AVAILABLE_COLORMAPS:
        keywords.pop("colormap", None)
    if record.kind == "image":
        data = _in_type(stack.data, record.dtype)
        return data, {**keywords, "rgb": "S" in stack.axes}, "image"
    if record.content == content_digest(stack):
        keywords["features"] = record.table
    elif record.features:
        show_info(f"{path.name}: its labels were changed since; the table is left out")
    return _held(stack.data, record.dtype), keywords, "labels"


def _labels(path: Path, stack: Stack) -> LayerData:
    """Return labels with the table and the record that lie beside them."""
    data = _held(stack.data, str(stack.data.dtype))
    keywords: dict[str, Any] = {
        "name": stack.name,
        "metadata": {FILE: str(path.absolute())},
        **Placement.of_stack(stack).keywords(),
    }
    root = zarr_root(path)
    # Labels in an OME-Zarr image have theirs in its folder.
    beside = path.parents[1] if root not in (None, path) else path.parent
    stem = stem_of(Path(path.name)).removesuffix(LABELS)
    made = _provenance(beside / f"{stem}_recipe.json")
    if made is not None:
        keywords["metadata"][METADATA] = made.model_dump(mode="json")
    table = _table(beside / f"{stem}_objects.csv", data)
    if table is not None:
        keywords["features"] = features_of(table)
    return data, keywords, "labels"


def _provenance(path: Path) -> Provenance | None:
    return Provenance.load(path) if path.is_file() else None


def _table(path: Path, labels: Any) -> pd.DataFrame | None:
    """Return the table in a file if it is that of these labels."""
    try:
        table = pd.read_csv(path)
        ids = set(table["label"].tolist())
    except (OSError, ValueError, KeyError):
        return None
    if not isinstance(labels, np.ndarray):
        return None
    return table if ids == set(pd.unique(labels.ravel()).tolist()) - {0} else None


def _images(path: Path, stack: Stack) -> list[LayerData]:
    """Return the channels of an image, each with where it comes from."""
    layers = image_data(stack)
    made = prepared_provenance(path, stack)
    if made is None and "C" in stack.axes:
        made = Provenance.of(Recipe(segment=Threshold()), stack)
    if made is None:
        return layers
    for number, (_, keywords, _) in enumerate(layers):
        channel = number if "C" in stack.axes else made.recipe.channel
        of_this = made.replace(recipe=made.recipe.replace(channel=channel))
        keywords["metadata"] = {METADATA: of_this.model_dump(mode="json")}
    return layers


def _labels_inside(path: Path) -> list[LayerData]:
    """Return the labels that an OME-Zarr image holds."""
    found: list[LayerData] = []
    for place in labels_in(path) if zarr_root(path) else ():
        try:
            found += read_layers(place, as_labels=True)
        except (OSError, ValueError) as error:
            show_warning(one_line(error))
    return found


def _held(data: Any, dtype: str) -> Any:
    """Return labels in memory, where they can be painted, if there is room."""
    size = math.prod(data.shape) * np.dtype(dtype).itemsize
    if size > memory_share() * psutil.virtual_memory().available:
        return _in_type(data, dtype)
    held = np.asarray(data).astype(dtype, copy=False)
    return held if held.flags.writeable else held.copy()


def _in_type(data: Any, dtype: str) -> Any:
    same = np.dtype(data.dtype) == np.dtype(dtype)
    return data if same else as_lazy(data).astype(dtype)
