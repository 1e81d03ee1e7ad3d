"""Labels to the files of other programs, and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from napari_mobile_unet.images.axes import check_axes, guess_axes
from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.io.atomic import atomic_path
from napari_mobile_unet.io.outlines.names import SEG, holds_objects
from napari_mobile_unet.io.paths import TIFF, zarr_root
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.io.write import write_image, write_labels_into

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

Form = Literal["imagej", "geojson", "coco", "cellpose", "ome-tiff", "ome-zarr"]
"""Formats of labels for other programs."""
FORMS: tuple[Form, ...] = get_args(Form)
_SUFFIXES: dict[Form, tuple[str, ...]] = {
    "imagej": (".zip", ".roi"),
    "geojson": (".geojson", ".json"),
    "coco": (".json",),
    "cellpose": (SEG,),
    "ome-tiff": tuple(sorted(TIFF)),
    "ome-zarr": (".zarr",),
}
_GUESSED: dict[str, Form] = {
    SEG: "cellpose",
    ".zip": "imagej",
    ".roi": "imagej",
    ".geojson": "geojson",
    ".json": "coco",
    **dict.fromkeys(TIFF, "ome-tiff"),
    ".zarr": "ome-zarr",
}


def form_of(path: Path, form: str | None = None) -> Form:
    """Return the format of a file, by its suffix where none is named.

    Raises
    ------
    ValueError
        If there is no such format, or the suffix is that of another one.
    """
    name = path.name.lower()
    if form in (None, "ome-zarr") and _is_inside(path):
        return "ome-zarr"
    if form is None:
        for suffix, guessed in _GUESSED.items():
            if name.endswith(suffix):
                return guessed
        raise ValueError(
            f"labels are exported to {', '.join(_GUESSED)}; received {path.name}; "
            "change the suffix"
        )
    for known in FORMS:
        if known == form:
            if name.endswith(_SUFFIXES[known]):
                return known
            raise ValueError(
                f"{form} has the suffix {' or '.join(_SUFFIXES[known])}; received "
                f"{path.name}; change it"
            )
    raise ValueError(f"a format is one of {', '.join(FORMS)}; received {form!r}")


def _is_inside(path: Path) -> bool:
    """Return whether these are labels within an OME-Zarr image."""
    return path.parent.name == "labels" and zarr_root(path.parents[1]) is not None


def export_labels(
    labels: Any,
    path: str | Path,
    form: str | None = None,
    *,
    image: str = "",
    locked: Collection[int] = (),
    classes: Mapping[int, str] | None = None,
) -> None:
    """Write labels to a file that other programs read; one that exists is replaced.

    Parameters
    ----------
    labels : Stack or array of int
        Of one position; over Z and T, objects are written plane by plane.
    path : path-like
        Where to; ``image.ome.zarr/labels/NAME`` is within an OME-Zarr image.
    form : str, optional
        "imagej", "geojson", "coco", "cellpose", "ome-tiff" or "ome-zarr"; by default
        what the suffix says: .zip or .roi, .geojson, .json, _seg.npy, .tif, .zarr.
    image : str
        Name of the image, which COCO and Cellpose keep.
    locked : collection of int
        Ids of objects that are locked in GeoJSON, and drawn by hand in Cellpose.
    classes : mapping of int to str, optional
        Classes of objects, which GeoJSON and COCO keep.

    Raises
    ------
    OSError
        If it cannot be written.
    ValueError
        If the format cannot hold the labels.
    """
    path = Path(path)
    form = form_of(path, form)
    stack = labels if isinstance(labels, Stack) else Stack.from_array(labels, rgb=False)
    if stack.data.dtype.kind not in "iu" or set(stack.axes) & set("CS"):
        raise ValueError(
            "labels are whole numbers, one in each pixel; received "
            f"{stack.data.dtype} on axes {stack.axes}; give each object an id, for "
            "example with skimage.measure.label"
        )
    if form == "ome-zarr" and _is_inside(path):
        write_labels_into(path.parents[1], path.name, stack)
        return
    if form in ("ome-tiff", "ome-zarr"):
        write_image(path, stack, labels=True)
        return
    stack = stack.squeeze()
    if more := set(stack.axes) - set("TZYX"):
        raise ValueError(
            f"{form} holds labels on axes of TZYX; received {stack.axes}; choose one "
            f"along {', '.join(sorted(more))}"
        )
    image, classes = image or stack.name, classes or {}
    with atomic_path(path) as beside:
        if form == "imagej":
            from napari_mobile_unet.exports.imagej import write_rois

            write_rois(beside, stack)
        elif form == "geojson":
            from napari_mobile_unet.exports.geojson import write_geojson

            write_geojson(beside, stack, locked, classes)
        elif form == "coco":
            from napari_mobile_unet.exports.coco import write_coco

            write_coco(beside, stack, image, classes)
        else:
            from napari_mobile_unet.exports.cellpose import write_seg

            write_seg(beside, stack, image, locked)


def import_labels(
    path: str | Path, shape: Sequence[int] | Mapping[str, int] | None = None
) -> Stack:
    """Return the labels of a file that another program wrote, or of a label image.

    Parameters
    ----------
    path : path-like
        ImageJ's .zip or .roi, GeoJSON, COCO's .json, Cellpose's _seg.npy, of which
        nothing is run, or any image file.
    shape : sequence of int, or mapping of str to int, optional
        Lengths of the axes of the image; without names the axes are guessed as those
        of an array. By default what the file tells; where it tells nothing, the
        smallest shape that holds all outlines.

    Returns
    -------
    Stack
        Of whole numbers. Its ``notes`` tell what the file left open.

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it holds something else, or does not fit the shape.
    """
    path = Path(path)
    sizes = None if shape is None else _sizes(shape)
    if holds_objects(path):
        return read_stack(path, as_labels=True, sizes=sizes)
    stack = read_stack(path, as_labels=True)
    if sizes is not None and stack.squeeze().data.shape != tuple(
        size for axis, size in sizes.items() if size > 1 or axis in "YX"
    ):
        raise ValueError(
            f"{path} has the shape {stack.data.shape}, its image "
            f"{tuple(sizes.values())}; name the image that it belongs to"
        )
    return stack


def _sizes(shape: Sequence[int] | Mapping[str, int]) -> dict[str, int]:
    """Return the length of each axis of labels, rows and columns last."""
    if not hasattr(shape, "keys"):
        whole = tuple(map(int, shape))
        return dict(zip(guess_axes(whole, False), whole, strict=True))
    sizes = {axis: int(size) for axis, size in dict(shape).items() if axis not in "CS"}
    check_axes("".join(sizes), tuple(sizes.values()))
    return {axis: size for axis, size in sizes.items() if axis not in "YX"} | {
        axis: sizes[axis] for axis in "YX"
    }
