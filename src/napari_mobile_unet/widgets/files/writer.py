"""Layers to files: their pixels for all programs, and all else for napari."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Layer
from napari.utils.notifications import show_warning

from napari_mobile_unet.images.channels import ChannelInfo
from napari_mobile_unet.images.lazy import as_lazy
from napari_mobile_unet.images.sampling import content_digest
from napari_mobile_unet.io.atomic import check_apart
from napari_mobile_unet.io.ome_zarr import is_image, is_labels
from napari_mobile_unet.io.paths import name_of
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.io.write import write_image, write_labels_into
from napari_mobile_unet.later import zarr
from napari_mobile_unet.widgets.files.record import LayerRecord
from napari_mobile_unet.widgets.layers.convert import FILE, METADATA, stack_of
from napari_mobile_unet.widgets.layers.placement import Placement

if TYPE_CHECKING:
    from napari_mobile_unet.images.stack import Stack

TIFF = (".ome.tif", ".ome.tiff", ".tif", ".tiff")
ZARR = (".ome.zarr", ".zarr")


def save_labels_tiff(path: str, data: Any, state: dict[str, Any]) -> list[str]:
    """Write a labels layer as OME-TIFF; return the paths written."""
    return _save(_target(path, TIFF), data, state, "labels")


def save_labels_zarr(path: str, data: Any, state: dict[str, Any]) -> list[str]:
    """Write a labels layer as OME-Zarr, into the image where that is what is named."""
    return _save(_target(path, ZARR), data, state, "labels")


def save_image_tiff(path: str, data: Any, state: dict[str, Any]) -> list[str]:
    """Write an image layer as OME-TIFF; return the paths written."""
    return _save(_target(path, TIFF), data, state, "image")


def save_image_zarr(path: str, data: Any, state: dict[str, Any]) -> list[str]:
    """Write an image layer as OME-Zarr; return the paths written."""
    return _save(_target(path, ZARR), data, state, "image")


def _target(path: str, suffixes: tuple[str, ...]) -> Path:
    """Return where to write; a name without a suffix of the format gets one.

    Raises
    ------
    FileExistsError
        If that names something which the person has not been asked about.
    """
    if path.lower().endswith(suffixes):
        return Path(path)
    named = Path(path + suffixes[0])
    if named.exists():
        raise FileExistsError(
            f"a file is replaced only where it is named in full; {named} exists; "
            "name it with its suffix, or choose another name"
        )
    return named


def _save(path: Path, data: Any, state: dict[str, Any], kind: str) -> list[str]:
    """Write a layer, whole or not at all.

    Raises
    ------
    OSError
        If it cannot be written, or something else would be lost.
    """
    try:
        target = _write(path, Layer.create(data, dict(state), kind))
    except ValueError as error:
        # napari takes a ValueError to mean that nobody can write the file.
        raise OSError(str(error)) from error
    state.get("metadata", {})[FILE] = str(target.absolute())
    return [str(path)]


def _write(path: Path, layer: Any) -> Path:
    """Write a layer, say what other programs will not see; return where it is."""
    stack = stack_of(layer)
    place = Placement.of_layer(layer, stack)
    labels = layer._type_string == "labels"
    inside = labels and is_image(path) and not is_labels(path)
    name = re.sub(r"[^\w .-]+", "_", layer.name).strip(". ") or "labels"
    target = path / "labels" / name if inside else path
    _check_free(target, layer, stack, inside)
    if labels:
        stack = replace(stack, data=_smallest(stack))
    else:
        stack = replace(stack, channels=_channels(layer))
    digest = content_digest(stack) if labels else ""
    record, lost = LayerRecord.of(layer, stack.axes, place, digest)
    note = record.to_json()
    if inside:
        _check_fits(path, stack)
        write_labels_into(path, name, stack, note)
    else:
        write_image(path, stack, labels=labels, note=note)
    if lost:
        show_warning(f"{path.name}: left out, since JSON lacks it: {', '.join(lost)}")
    if record.is_turned:
        show_warning(
            f"{path.name}: the format has no place for rotation, shear and affine; "
            "this plugin will read them, other programs will not"
        )
    return target


def _check_free(target: Path, layer: Any, stack: Stack, inside: bool) -> None:
    """Refuse to replace what a person would miss."""
    if not target.exists():
        return
    if inside and layer.metadata.get(FILE) != str(target.absolute()):
        raise FileExistsError(
            f"labels in an image are replaced only by themselves; {target} exists; "
            "rename the layer, or save it to a file of its own"
        )
    if target.is_dir() and not is_labels(target):
        raise FileExistsError(
            f"a folder is replaced only by labels that replace labels; {target} "
            "exists; choose another name"
        )
    made = layer.metadata.get(METADATA)
    if isinstance(made, dict) and made.get("source") == name_of(target):
        raise FileExistsError(
            f"a result never replaces its image; {target} is called as the source of "
            f"{layer.name}; choose another name"
        )
    root = getattr(getattr(stack.data, "store", None), "root", None)
    if isinstance(stack.data, zarr.Array) and root is not None:
        check_apart(target, [Path(str(root))])
    elif not isinstance(stack.data, np.ndarray):
        raise FileExistsError(
            f"a layer that is read while it is looked at replaces no file; {target} "
            "exists; choose another name"
        )


def _check_fits(image: Path, labels: Stack) -> None:
    """Refuse labels that are not those of an image."""
    sizes = read_stack(image).sizes
    for axis, size in labels.sizes.items():
        if axis != "C" and sizes.get(axis, 1) != size:
            raise ValueError(
                f"labels in an image have its size; {image} has {axis} "
                f"{sizes.get(axis, 1)}, the labels {size}; save them to a file of "
                "their own"
            )


def _smallest(labels: Stack) -> Any:
    """Return labels in the smallest type that holds all ids, of 16 bits at least."""
    if isinstance(labels.data, np.ndarray):
        low, high = int(labels.data.min(initial=0)), int(labels.data.max(initial=0))
    else:
        planes = map(labels.plane, range(labels.n_planes))
        ends = [(int(plane.min()), int(plane.max())) for plane in planes]
        low, high = min(ends)[0], max(high for _, high in ends)
    dtype = np.promote_types(np.min_scalar_type(low), np.min_scalar_type(high))
    dtype = np.promote_types(dtype, np.int16 if low < 0 else np.uint16)
    if dtype.kind == "f":  # NumPy knows no whole number for both ends
        dtype = np.dtype(labels.data.dtype)
    data = labels.data if isinstance(labels.data, np.ndarray) else as_lazy(labels.data)
    return data.astype(dtype, copy=False)


def _channels(layer: Any) -> tuple[ChannelInfo, ...]:
    """Return the colour of an image of one channel, if it is shaded from black."""
    if layer.rgb or layer.colormap.colors.shape[0] != 2:
        return ()
    black, bright = layer.colormap.colors[:, :3]
    if black.any():
        return ()
    rgb = "".join(f"{round(255 * part):02x}" for part in bright.tolist())
    return (ChannelInfo("", f"#{rgb}"),)
