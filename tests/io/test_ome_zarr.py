from __future__ import annotations

import json
import pickle
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import imageio.v3 as iio
import numcodecs
import numpy as np
import pytest
import zarr

from napari_mobile_unet.io import ome_zarr
from napari_mobile_unet.io.names import stem_of
from napari_mobile_unet.io.read import read_stack

MICROMETER, PIXEL, SECOND = "micrometer", "pixel", "second"


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_ome_zarr_gives_axes_sizes_and_units(version: str, tmp_path: Path) -> None:
    path = tmp_path / "a.zarr"
    group = zarr.open_group(path, mode="w", zarr_format=2 if version == "0.4" else 3)
    array = group.create_array("full", shape=(2, 5, 8, 9), dtype="u2")
    array[...] = 7
    units = [{}, *[{"unit": MICROMETER}] * 3]
    image = {
        "axes": [
            {"name": name, **unit} for name, unit in zip("czyx", units, strict=True)
        ],
        "datasets": [
            {
                "path": "full",
                "coordinateTransformations": [
                    {"type": "scale", "scale": [1, 2, 0.5, 0.5]},
                    {"type": "translation", "translation": [0, 1, 0, 0]},
                ],
            },
            {"path": "half"},
        ],
        "coordinateTransformations": [{"type": "scale", "scale": [1, 3, 1, 1]}],
    }
    if version == "0.4":
        group.attrs["multiscales"] = [image]
    else:
        group.attrs["ome"] = {"version": "0.5", "multiscales": [image]}
    stack = read_stack(path)
    assert (stack.axes, stack.axes_source) == ("CZYX", "metadata")
    assert stack.scale == (1.0, 6.0, 0.5, 0.5)
    assert stack.translate == (0.0, 3.0, 0.0, 0.0)
    assert stack.units == (PIXEL, *[MICROMETER] * 3)
    assert isinstance(stack.data, zarr.Array)
    assert stack.notes == ("the finest of 2 levels",)


def test_a_zarr_array_may_name_its_axes(tmp_path: Path) -> None:
    made = {"shape": (2, 5, 8, 9), "dtype": "u1"}
    zarr.create_array(tmp_path / "a.zarr", **made, dimension_names=["t", "c", "y", "x"])
    assert read_stack(tmp_path / "a.zarr").axes == "TCYX"
    zarr.create_array(tmp_path / "b.zarr", **made, dimension_names=["q", "c", "y", "x"])
    with pytest.raises(ValueError, match=r"b\.zarr: .* cannot be guessed"):
        read_stack(tmp_path / "b.zarr")


def test_a_zarr_image_without_its_array_is_refused(tmp_path: Path) -> None:
    group = zarr.open_group(tmp_path / "a.zarr", mode="w")
    image = {"axes": [{"name": "y"}, {"name": "x"}], "datasets": [{"path": "0"}]}
    group.attrs["ome"] = {"version": "0.5", "multiscales": [image]}
    with pytest.raises(OSError, match="lacks the array '0'"):
        read_stack(tmp_path / "a.zarr")


WORDS = ("frame", "dye", "row", "column")


def test_ngff_axes_may_have_words_for_names(tmp_path: Path) -> None:
    array = np.zeros((2, 3, 20, 21), np.uint8)
    types = ("time", "channel", "space", "space")
    axes = [{"name": n, "type": t} for n, t in zip(WORDS, types, strict=True)]
    write_ngff(tmp_path / "a.zarr", array, axes, [5, 1, 0.5, 0.25])
    stack = read_stack(tmp_path / "a.zarr")
    assert (stack.axes, stack.scale) == ("TCYX", (5, 1, 0.5, 0.25))
    axes[2]["name"] = "height"
    write_ngff(tmp_path / "a.zarr", array, axes, [5, 1, 0.5, 0.25])
    with pytest.raises(ValueError, match="H"):
        read_stack(tmp_path / "a.zarr")
    assert read_stack(tmp_path / "a.zarr", "TCYX").scale == (5, 1, 1, 0.25)


def write_ngff(
    path: Path,
    array: np.ndarray,
    axes: list[dict[str, str]] | list[str] | None,
    scale: list[float],
    version: str = "0.5",
    **more: Any,
) -> None:
    """Write an image without the package's writer."""
    zarr_format: Any = 3 if version == "0.5" else 2
    group = zarr.open_group(path, mode="w", zarr_format=zarr_format)
    group.create_array("0", shape=array.shape, dtype=array.dtype)[...] = array
    step = {"type": "scale", "scale": scale}
    level: dict[str, Any] = {"path": "0"}
    image: dict[str, Any] = {"datasets": [level]}
    if version in ("0.4", "0.5"):
        level["coordinateTransformations"] = [step, *more.pop("steps", [])]
    if axes is not None:
        image["axes"] = axes
    attributes = {"version": version, "multiscales": [image], **more}
    group.attrs.update({"ome": attributes} if version == "0.5" else attributes)


SPACE = [{"name": name, "type": "space", "unit": "micrometer"} for name in "xy"]


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_an_image_stored_x_before_y_is_that_of_its_transpose(
    version: str, planes: np.ndarray, tmp_path: Path
) -> None:
    path = tmp_path / "a.zarr"
    write_ngff(path, planes[0], SPACE, [0.5, 0.25], version)
    stack = read_stack(path)
    assert (stack.axes, stack.axes_source) == ("YX", "metadata")
    assert stack.scale == (0.25, 0.5)
    assert stack.notes == ("stored as XY, read as YX",)
    np.testing.assert_array_equal(stack.plane(0), planes[0].T)
    assert stack.plane(0, (slice(3, 5), slice(7))).shape == (2, 7)
    z = {"name": "z", "type": "space", "unit": "micrometer"}
    write_ngff(path, planes, [*SPACE, z], [0.5, 0.25, 2], version)
    stack = read_stack(path)
    assert (stack.axes, stack.scale) == ("ZYX", (2, 0.25, 0.5))
    np.testing.assert_array_equal(stack.plane(5), planes[:, :, 5].T)


@pytest.mark.parametrize(
    ("version", "axes"), [("0.1", None), ("0.3", ["t", "c", "z", "y", "x"])]
)
def test_earlier_versions_have_sizes_of_one(
    version: str, axes: list[str] | None, tmp_path: Path
) -> None:
    write_ngff(tmp_path / "a.zarr", np.zeros((1, 2, 3, 4, 5)), axes, [], version)
    assert read_stack(tmp_path / "a.zarr").axes == "TCZYX"
    write_ngff(tmp_path / "b.zarr", np.zeros((4, 5)), None, [], version)
    with pytest.raises(OSError, match=r"must name its axes.*b\.zarr"):
        read_stack(tmp_path / "b.zarr")


def test_what_ngff_allows_and_is_not_understood_is_said(tmp_path: Path) -> None:
    axes = [
        {"name": "t", "type": "time", "unit": "jiffy"},
        {"name": "c", "type": "channel"},
        {"name": "z", "type": "space", "unit": "micrometre"},
        {"name": "y", "type": "space", "unit": "nm"},
        {"name": "x", "type": "space", "unit": "parsnip"},
    ]
    steps = [
        {"type": "identity"},
        {"type": "translation", "translation": [0, 0, 1, 500, 7]},
        {"type": "rotation", "rotation": "path"},
        {"type": "scale", "path": "elsewhere"},
    ]
    scale = [2.0, 1.0, 3.0, 250.0, 4.0]
    write_ngff(tmp_path / "a.zarr", np.zeros((1,) * 5), axes, scale, steps=steps)
    stack = read_stack(tmp_path / "a.zarr")
    assert stack.units == (PIXEL, PIXEL, MICROMETER, MICROMETER, PIXEL)
    assert stack.scale == (2, 1, 3, 0.25, 1)
    assert stack.translate == (0, 0, 1, 0.5, 0)
    assert sorted(stack.notes) == [
        "its transformation 'rotation' was not used",
        "its transformation 'scale' was not used",
        "the unit 'jiffy' of T is not understood",
        "the unit 'parsnip' of X is not understood",
    ]


@pytest.mark.parametrize("size", [0.0, -0.5, float("nan"), float("inf")])
def test_sizes_that_are_none_are_ignored_and_said(size: float, tmp_path: Path) -> None:
    write_ngff(tmp_path / "a.zarr", np.zeros((4, 5)), SPACE[::-1], [0.5, size])
    stack = read_stack(tmp_path / "a.zarr")
    assert stack.scale == (0.5, 1)
    assert stack.notes == (f"the pixel size {size:g} of X is ignored",)


def plane_at(path: Path, value: int) -> None:
    write_ngff(path, np.full((4, 5), value, np.uint8), ["y", "x"], [1, 1], "0.4")


def test_a_plate_names_its_fields(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plate = tmp_path / "plate.zarr"
    group = zarr.open_group(plate, mode="w", zarr_format=2)
    group.attrs["plate"] = {"wells": [{"path": f"A/{n}"} for n in (1, 2, 3)]}
    zarr.open_group(plate / "A", mode="w", zarr_format=2)
    for well in "12":  # the third was not acquired
        group = zarr.open_group(plate / "A" / well, mode="w", zarr_format=2)
        group.attrs["well"] = {"images": [{"path": "0"}, {"path": "1"}]}
        for field in "01":
            plane_at(plate / "A" / well / field, int(well + field))
    said = (
        r"plate\.zarr holds 4; name one, such as .*plate\.zarr/A/1/0 .*position=0 to 3"
    )
    with pytest.raises(ValueError, match=said):
        read_stack(plate)
    field = read_stack(plate / "A" / "2" / "0")
    assert (field.name, field.plane(0)[0, 0]) == ("plate.zarr/A/2/0", 20)
    assert stem_of(plate / "A" / "2" / "0") == "plate_A_2_0"
    assert read_stack(plate, position=3).plane(0)[0, 0] == 21
    assert read_stack(plate / "A" / "1", position=1).plane(0)[0, 0] == 11
    monkeypatch.chdir(plate / "A" / "2")
    for path in (Path("1"), Path("../2/1"), Path("../../../plate.zarr/A/2/1")):
        assert read_stack(path).name == "plate.zarr/A/2/1"
        assert stem_of(path) == "plate_A_2_1"
    with pytest.raises(OSError, match="name one of its parts: 1, 2"):
        read_stack(plate / "A")


def test_what_bioformats2raw_writes_holds_images(tmp_path: Path) -> None:
    path = tmp_path / "a.zarr"
    group = zarr.open_group(path, mode="w", zarr_format=2)
    group.attrs["bioformats2raw.layout"] = 3
    for number in range(11):
        plane_at(path / str(number), number)
        group.create_group("OME", overwrite=True)
        if number:
            with pytest.raises(ValueError, match=f"holds {number + 1}"):
                read_stack(path)
        else:
            assert read_stack(path).plane(0)[0, 0] == 0
    for position in (2, 10):
        assert read_stack(path, position=position).plane(0)[0, 0] == position
    group["OME"].attrs["series"] = ["4", "2"]
    assert read_stack(path, position=1).plane(0)[0, 0] == 2


def test_further_multiscales_of_an_image_are_said(tmp_path: Path) -> None:
    path = tmp_path / "a.zarr"
    plane_at(path, 1)
    group = zarr.open_group(path, mode="r+")
    group.create_array("other", shape=(6, 7), dtype="u1")[...] = 9
    image = group.attrs["multiscales"][0]
    other = {**image, "datasets": [{"path": "other"}]}
    group.attrs["multiscales"] = [image, other]
    assert read_stack(path).left_out == "1 further image (position 1)"
    assert read_stack(path, position=1).plane(0)[0, 0] == 9
    with pytest.raises(ValueError, match="holds 2 images"):
        read_stack(path, position=2)


def test_a_zarr_folder_may_have_any_name(planes: np.ndarray, tmp_path: Path) -> None:
    write_ngff(tmp_path / "image", planes, ["z", "y", "x"], [1, 1, 1], "0.4")
    assert read_stack(tmp_path / "image").name == "image"
    assert read_stack(tmp_path / "image" / "0").sizes["Z"] == 10
    results = tmp_path / "image.zarr"
    (tmp_path / "image").rename(results)
    iio.imwrite(results / "image_labels.png", planes[0])  # no part of the image
    assert read_stack(results / "image_labels.png").name == "image_labels.png"
    assert stem_of(results / "image_labels.png") == "image_labels"


@pytest.mark.parametrize("where", ["filters", "compressor"])
def test_pixels_that_are_pickles_are_refused(where: str, tmp_path: Path) -> None:
    """By Zarr where its notes say so, and by us whatever the release of Zarr."""
    coded = {where: [numcodecs.Pickle()] if where == "filters" else numcodecs.Pickle()}
    metadata = SimpleNamespace(**coded)
    with pytest.raises(ValueError, match=r"those of a\.zarr are pickles"):
        ome_zarr._check_coding(Path("a.zarr"), SimpleNamespace(metadata=metadata))
    path = tmp_path / "a.zarr"
    zarr.create_array(path, shape=(4, 4), dtype="i4", zarr_format=2, chunks=(4, 4))
    notes = json.loads((path / ".zarray").read_text())
    own = {"id": "pickle"}
    notes |= {where: [own] if where == "filters" else own}
    (path / ".zarray").write_text(json.dumps(notes))
    (path / "0.0").write_bytes(pickle.dumps(Runs(tmp_path / "made")))
    with pytest.raises((OSError, ValueError)):
        read_stack(path).plane(0)
    assert not (tmp_path / "made").exists()


class Runs:
    """What makes a file as it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = str(target)

    def __reduce__(self) -> Any:
        return open, (self.target, "w")
