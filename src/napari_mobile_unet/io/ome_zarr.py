"""Zarr and OME-Zarr (NGFF 0.4 and 0.5), read lazily and written plane by plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import zarr

from napari_mobile_unet.images.axes import AXES
from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.images.windows import iter_windows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

KINDS = {
    "T": "time",
    "C": "channel",
    "P": "position",
    "Z": "space",
    "Y": "space",
    "X": "space",
}
"""Axes in the order that NGFF asks for, and what they are to it."""
ZarrFormat = Literal[2, 3]
CHUNK = 1024
"""Height and width in pixels of a chunk; each plane has chunks of its own."""


def zarr_root(path: Path) -> Path | None:
    """Return the ``.zarr`` folder that a path names or lies in, None without one."""
    places = (path, *path.parents)
    return next((p for p in places if p.suffix.lower() == ".zarr"), None)


def read_zarr(path: Path) -> dict[str, Any]:
    """Return array, axes, scale and so on, for ``Stack.from_array``.

    Parameters
    ----------
    path : Path
        A Zarr array; or an OME-Zarr image, of which the first, finest level is
        taken; or one level of it, such as ``image.zarr/1``.

    Raises
    ------
    OSError
        If there is no array or image.
    """
    try:
        node = zarr.open(path, mode="r")
    except Exception as error:
        raise OSError(
            f"{path} holds no Zarr array or image; name the folder with its metadata"
        ) from error
    if isinstance(node, zarr.Group):
        scales = _multiscales(node)
        if not scales:
            raise OSError(
                f"{path} is a Zarr group without an OME image; name one of its arrays: "
                f"{', '.join(sorted(node.keys())) or 'it has none'}"
            )
        return _level(path, node, scales[0], scales[0]["datasets"][0])
    parent = _group(path.parent) if zarr_root(path) != path else None
    for image in _multiscales(parent) if parent else ():
        for level in image["datasets"]:
            if level["path"] == path.name:
                return _level(path.parent, parent, image, level)
    return {"data": node, "axes": _dimension_names(node)}


def _group(path: Path) -> Any:
    try:
        return zarr.open_group(path, mode="r")
    except Exception:  # noqa: BLE001  it is no group, whatever else it is
        return None


def _multiscales(group: Any) -> list[dict[str, Any]]:
    attributes = group.attrs.asdict()
    found: list[dict[str, Any]] = attributes.get("ome", attributes).get("multiscales")
    return found or []


def _level(
    path: Path, group: Any, image: Mapping[str, Any], level: Mapping[str, Any]
) -> dict[str, Any]:
    """Return one level of an OME-Zarr image with its coordinates."""
    if level["path"] not in group:
        raise OSError(
            f"{path} lacks the array {level['path']!r} of its image; copy it again"
        )
    named = [{"name": a} if isinstance(a, str) else a for a in image["axes"]]
    scale, translate = np.ones(len(named)), np.zeros(len(named))
    # First those of the level, then those that all levels share.
    for steps in (level, image):
        for step in steps.get("coordinateTransformations", ()):
            factor = np.array(step.get("scale", 1.0))
            scale, translate = scale * factor, translate * factor
            translate = translate + np.array(step.get("translation", 0.0))
    several = len(image["datasets"]) > 1
    return {
        "data": group[level["path"]],
        "axes": "".join(_letter(axis) for axis in named),
        "scale": scale.tolist(),
        "translate": translate.tolist(),
        "units": [axis.get("unit") or "pixel" for axis in named],
        **({"name": f"{path.name}/{level['path']}"} if several else {}),
    }


def _letter(axis: Mapping[str, Any]) -> str:
    """Return one letter for an axis, whose name may be a word; its type tells more."""
    name = str(axis["name"]).upper()
    types = {"time": "T", "channel": "C"}
    return name if len(name) == 1 else types.get(axis.get("type", ""), name[:1])


def _dimension_names(array: Any) -> str | None:
    """Return the axes that a plain Zarr array names, if they are letters of ours."""
    names = getattr(array.metadata, "dimension_names", None)
    names = names or array.attrs.get("_ARRAY_DIMENSIONS") or ()
    axes = "".join(str(name).upper() for name in names)
    return axes if len(axes) == array.ndim and set(axes) <= set(AXES) else None


def write_zarr(path: Path, stack: Stack, zarr_format: ZarrFormat = 3) -> None:
    """Write a stack as OME-Zarr of one level: NGFF 0.5, or 0.4 in Zarr format 2.

    What is not a NumPy array is read and written chunk by chunk.

    Raises
    ------
    OSError
        If it cannot be written.
    ValueError
        If the axes cannot be told apart by NGFF.
    """
    stack = _for_zarr(stack)
    axes = [axis for axis in KINDS if axis in stack.axes]
    group = zarr.open_group(path, mode="w", zarr_format=zarr_format)
    names = [axis.lower() for axis in axes]
    array = group.create_array(
        "0",
        shape=tuple(stack.sizes[axis] for axis in axes),
        # Zarr knows types by their code, of which some platforms have two for one.
        dtype=np.dtype(np.dtype(stack.data.dtype).str),
        chunks=tuple(
            min(stack.sizes[axis], CHUNK) if axis in "YX" else 1 for axis in axes
        ),
        dimension_names=names if zarr_format == 3 else None,
        chunk_key_encoding={"name": "v2", "separator": "/"}
        if zarr_format == 2
        else None,
    )
    if isinstance(stack.data, np.ndarray):
        array[...] = stack.data.transpose([stack.axes.index(axis) for axis in axes])
    else:
        _fill(array, axes, stack)
    note(group, {"multiscales": [_metadata(stack, axes)]})


def is_image(path: Path) -> bool:
    """Return whether a folder is an OME-Zarr image."""
    group = _group(path) if path.is_dir() else None
    return group is not None and bool(_multiscales(group))


def list_labels(image: Path, name: str) -> ZarrFormat:
    """Add a name to the labels of an OME-Zarr image, and return its Zarr format.

    The labels themselves belong into ``labels/<name>`` of the image.
    """
    zarr_format: ZarrFormat = _group(image).metadata.zarr_format
    group = zarr.open_group(image / "labels", mode="a", zarr_format=zarr_format)
    attributes: Any = group.attrs.asdict()
    known = attributes.get("ome", attributes).get("labels", [])
    note(group, {"labels": [*(other for other in known if other != name), name]})
    return zarr_format


def note(group: Any, content: dict[str, Any]) -> None:
    """Write NGFF metadata to where the group's Zarr format has them."""
    if group.metadata.zarr_format == 3:
        known = group.attrs.asdict().get("ome", {})
        group.attrs["ome"] = {**known, "version": "0.5", **content}
        return
    for image in content.get("multiscales", ()):
        image["version"] = "0.4"
    group.attrs.update(content)


def _for_zarr(stack: Stack) -> Stack:
    """Return a stack with its RGB samples as channels."""
    if "S" not in stack.axes:
        return stack
    if "C" in stack.axes:
        raise ValueError(
            f"OME-Zarr has one axis for channels and RGB samples; received axes "
            f"{stack.axes}; take one channel, or write .tif"
        )
    grid = stack.grid.renamed(stack.axes.replace("S", "C"))
    return Stack(stack.data, grid, stack.name)


def _fill(array: Any, axes: list[str], stack: Stack) -> None:
    """Write labels, which have no channels, into an array on ``axes``."""
    for number in range(stack.n_planes):
        place: dict[str, Any] = dict(
            zip(stack.batch_axes, stack.index(number), strict=True)
        )
        for window in iter_windows(stack.plane_shape, CHUNK):
            place["Y"], place["X"] = window
            array[tuple(place[axis] for axis in axes)] = stack.plane(number, window)


def _metadata(stack: Stack, axes: list[str]) -> dict[str, Any]:
    """Return what NGFF notes of an image: its axes, and where its pixels lie."""
    grid = stack.grid.select("".join(axes))
    named = [
        {"name": axis.lower(), "type": KINDS[axis]}
        | ({} if unit == "pixel" else {"unit": unit})
        for axis, unit in zip(grid.axes, grid.units, strict=True)
    ]
    steps: list[dict[str, Any]] = [{"type": "scale", "scale": list(grid.scale)}]
    if any(grid.translate):
        translation = list(grid.translate)
        steps.append({"type": "translation", "translation": translation})
    level = {"path": "0", "coordinateTransformations": steps}
    return {"name": stack.name, "axes": named, "datasets": [level]}
