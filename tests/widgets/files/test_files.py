"""What napari saves through this plugin, and opens again."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import tifffile
import zarr
from napari import plugins
from napari.components import ViewerModel
from napari.layers import Image, Labels
from napari.utils.notifications import notification_manager

from napari_mobile_unet.exports import export_labels
from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.io.write import write_image
from napari_mobile_unet.recipes.provenance import Provenance
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.thresholding.threshold import Threshold
from napari_mobile_unet.widgets.files.reader import get_reader, read_layers
from napari_mobile_unet.widgets.layers.convert import FILE, METADATA, TYPED

if TYPE_CHECKING:
    from pathlib import Path

PLUGIN = "napari-mobile-unet"
UNITS = ("second", "micrometer", "micrometer", "micrometer")
FORMATS = ["a.ome.tif", "a.ome.zarr"]


@pytest.fixture
def viewer() -> ViewerModel:
    """Return a viewer without a window."""
    return ViewerModel()


@pytest.fixture(autouse=True)
def _plugins() -> None:
    plugins._initialize_plugins()


def painted(**keywords: Any) -> Labels:
    """Return labels over time and depth with a table and metadata of all kinds."""
    data = np.zeros((3, 4, 20, 30), np.int32)
    data[0, 1, 2:8, 3:9] = 7
    data[1:, 1:3, 10:15, 20:29] = 70_000
    table = pd.DataFrame(
        {
            "index": [7, 70_000],
            "confidence": np.array([0.25, np.nan], np.float32),
            "kind": ["round", None],
            "seen": [True, False],
        }
    )
    settings: dict[str, Any] = {
        "name": "cells nuclei",
        "scale": (30.0, 0.3, 0.1, 1 / 3),
        "translate": (0, 5, -2, 1e-3),
        "units": UNITS,
        "axis_labels": ("t", "z", "y", "x"),
        "features": table,
        "opacity": 0.4,
        "metadata": {METADATA: {"source": "x"}, "locks": {"ids": [7], "at": None}},
    }
    return Labels(data, **settings | keywords)


def reopened(viewer: ViewerModel, layer: Any, path: Path) -> Any:
    assert layer.save(str(path)) == [str(path)]
    (again,) = viewer.open(path, plugin=PLUGIN)
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    return again


@pytest.mark.parametrize("name", FORMATS)
def test_labels_come_back_as_the_same_layer(
    name: str, viewer: ViewerModel, tmp_path: Path
) -> None:
    layer = painted(rotate=np.eye(4)[[0, 1, 3, 2]] * [1, 1, 1, -1])
    again = reopened(viewer, layer, tmp_path / name)
    assert isinstance(again, Labels)
    assert again.data.dtype == layer.data.dtype
    np.testing.assert_array_equal(again.data, layer.data)
    for what in ("scale", "translate", "rotate", "shear", "affine"):
        np.testing.assert_array_equal(
            np.asarray(getattr(again, what)), np.asarray(getattr(layer, what))
        )
    assert (again.units, again.axis_labels) == (layer.units, layer.axis_labels)
    pd.testing.assert_frame_equal(again.features, layer.features)
    assert (again.name, again.opacity) == (layer.name, layer.opacity)
    del again.metadata[FILE], layer.metadata[FILE]
    assert again.metadata == layer.metadata


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    ("largest", "dtype"), [(255, "uint16"), (65_535, "uint16"), (65_536, "uint32")]
)
def test_ids_are_kept_in_the_smallest_type(
    name: str, largest: int, dtype: str, viewer: ViewerModel, tmp_path: Path
) -> None:
    layer = Labels(np.array([[0, largest], [1, 0]], np.int64))
    again = reopened(viewer, layer, tmp_path / name)
    assert read_stack(tmp_path / name).data.dtype == dtype
    np.testing.assert_array_equal(again.data, layer.data)


def test_ids_that_the_format_cannot_hold_are_refused(tmp_path: Path) -> None:
    layer = Labels(np.array([[0, 2**32]], np.int64))
    with pytest.raises(OSError, match="32 bits at most"):
        layer.save(str(tmp_path / "a.ome.tif"))
    assert list(tmp_path.iterdir()) == []
    layer.save(str(tmp_path / "a.ome.zarr"))
    assert read_stack(tmp_path / "a.ome.zarr").data[0, 1] == 2**32


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("axes", ["ZTYX", "CZYX", "YXZ", "XY", "TCYX"])
def test_labels_on_any_axes_come_back_on_them(
    name: str, axes: str, viewer: ViewerModel, tmp_path: Path
) -> None:
    lengths = {"C": 1, "Z": 3, "T": 4, "Y": 5, "X": 6}
    shape = [lengths[axis] for axis in axes]
    data = np.arange(np.prod(shape)).reshape(shape)
    layer = Labels(data, axis_labels=tuple(axes.lower()), scale=range(1, 1 + len(axes)))
    again = reopened(viewer, layer, tmp_path / name)
    np.testing.assert_array_equal(again.data, data)
    assert again.axis_labels == layer.axis_labels
    np.testing.assert_array_equal(again.scale, layer.scale)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float16", "bool"])
def test_images_come_back_as_the_same_layer(
    name: str, dtype: str, viewer: ViewerModel, tmp_path: Path
) -> None:
    data = (np.random.default_rng(0).random((5, 8, 9)) * 3).astype(dtype)
    layer = Image(
        data,
        name="cells",
        scale=(2, 0.5, 0.5),
        units=UNITS[1:],
        axis_labels=("z", "y", "x"),
        colormap="magenta",
        contrast_limits=(0, 2),
    )
    again = reopened(viewer, layer, tmp_path / name)
    assert isinstance(again, Image)
    np.testing.assert_array_equal(np.asarray(again.data), data)
    np.testing.assert_array_equal(again.scale, layer.scale)
    assert (again.units, again.axis_labels) == (layer.units, layer.axis_labels)
    assert again.colormap.name == "magenta"
    assert tuple(again.contrast_limits) == (0, 2)


@pytest.mark.parametrize("name", FORMATS)
def test_colour_comes_back_as_colour(
    name: str, viewer: ViewerModel, tmp_path: Path
) -> None:
    data = np.random.default_rng(0).integers(0, 255, (8, 9, 3), np.uint8)
    again = reopened(viewer, Image(data, rgb=True), tmp_path / name)
    assert again.rgb
    np.testing.assert_array_equal(np.asarray(again.data), data)


def test_large_labels_in_zarr_are_pyramids_of_ids(
    viewer: ViewerModel, tmp_path: Path
) -> None:
    data = np.zeros((1500, 1100), np.int32)
    data[::2, ::2] = 9
    data[1::2] = 4
    reopened(viewer, Labels(data), tmp_path / "a.ome.zarr")
    group = zarr.open_group(tmp_path / "a.ome.zarr", mode="r")
    assert "image-label" in group.attrs["ome"]
    assert set(np.unique(group["1"][...]).tolist()) <= {0, 4, 9}


@pytest.mark.parametrize("name", FORMATS)
def test_what_json_lacks_is_left_out_and_said(
    name: str, viewer: ViewerModel, tmp_path: Path
) -> None:
    layer = painted()
    layer.metadata = {"kept": (1, 2), "tool": object()}
    again = reopened(viewer, layer, tmp_path / name)
    said = [each.message for each in notification_manager.records]
    assert f"{name}: left out, since JSON lacks it: metadata 'tool'" in said
    del again.metadata[FILE]
    assert again.metadata == {"kept": [1, 2]}


def test_other_programs_read_sizes_and_places(tmp_path: Path) -> None:
    painted().save(str(tmp_path / "a.ome.tif"))
    with tifffile.TiffFile(tmp_path / "a.ome.tif") as file:
        assert 'PhysicalSizeY="0.1"' in str(file.ome_metadata)
        assert file.series[0].axes == "TZYX"
    stack = read_stack(tmp_path / "a.ome.tif")
    assert stack.scale == pytest.approx((30, 0.3, 0.1, 1 / 3))
    assert stack.translate == pytest.approx((0, 5, -2, 1e-3))


def test_a_size_that_another_program_gave_counts(
    viewer: ViewerModel, tmp_path: Path
) -> None:
    painted(rotate=None).save(str(tmp_path / "a.ome.zarr"))
    group = zarr.open_group(tmp_path / "a.ome.zarr", mode="a")
    ome = group.attrs.asdict()["ome"]
    (level,) = ome["multiscales"][0]["datasets"]
    level["coordinateTransformations"][0]["scale"] = [30, 0.3, 0.2, 0.2]
    group.attrs["ome"] = ome
    (again,) = viewer.open(tmp_path / "a.ome.zarr", plugin=PLUGIN)
    np.testing.assert_allclose(again.scale, (30, 0.3, 0.2, 0.2))
    assert again.name == "cells nuclei"


def test_the_table_of_other_labels_is_left_out(
    viewer: ViewerModel, tmp_path: Path
) -> None:
    painted().save(str(tmp_path / "a.ome.zarr"))
    group = zarr.open_group(tmp_path / "a.ome.zarr", mode="a")
    group["0"][0, 1, 2, 3] = 5
    (again,) = viewer.open(tmp_path / "a.ome.zarr", plugin=PLUGIN)
    assert len(again.features) == 0
    assert again.metadata["locks"] == {"ids": [7], "at": None}


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """Return an OME-Zarr image on the axes of `painted`."""
    stack = Stack.from_array(np.zeros((3, 4, 20, 30), np.uint8), "TZYX", name="cells")
    write_image(tmp_path / "cells.ome.zarr", stack)
    return tmp_path / "cells.ome.zarr"


def test_labels_go_into_the_image_and_replace_only_themselves(
    image: Path, viewer: ViewerModel
) -> None:
    layer = painted()
    layer.save(str(image))
    layer.data[0, 0, 0, 0] = 3
    layer.save(str(image))  # again, after an edit
    with pytest.raises(FileExistsError, match="rename the layer"):
        painted().save(str(image))
    opened = viewer.open(image, plugin=PLUGIN)
    assert [type(each) for each in opened] == [Image, Labels]
    assert opened[1].name == layer.name
    assert opened[1].data[0, 0, 0, 0] == 3
    opened[1].data[0, 0, 0, 0] = 4
    opened[1].save(str(image))
    assert read_stack(image / "labels" / layer.name).data[0, 0, 0, 0] == 4


def test_labels_of_another_size_do_not_go_into_an_image(image: Path) -> None:
    with pytest.raises(OSError, match="has T 3, the labels 1"):
        Labels(np.zeros((1, 4, 20, 30), int), axis_labels=tuple("tzyx")).save(
            str(image)
        )


def test_images_and_sources_are_not_replaced(image: Path, tmp_path: Path) -> None:
    before = sorted(image.rglob("*"))
    with pytest.raises(FileExistsError, match="a folder is replaced only by labels"):
        Image(np.zeros((8, 9))).save(str(image))
    assert sorted(image.rglob("*")) == before
    tifffile.imwrite(tmp_path / "cells.ome.tif", np.zeros((8, 9), np.uint8))
    layer = Labels(
        np.zeros((8, 9), int), metadata={METADATA: {"source": "cells.ome.tif"}}
    )
    with pytest.raises(FileExistsError, match="never replaces its image"):
        layer.save(str(tmp_path / "cells.ome.tif"))


def test_lazy_layers_do_not_replace_what_they_may_read(tmp_path: Path) -> None:
    import dask.array

    Image(np.ones((8, 9))).save(str(tmp_path / "a.ome.tif"))
    lazy = Image(dask.array.zeros((8, 9)))
    with pytest.raises(FileExistsError, match="while it is looked at"):
        lazy.save(str(tmp_path / "a.ome.tif"))
    assert np.asarray(read_stack(tmp_path / "a.ome.tif").data).min() == 1


@pytest.fixture
def channels(tmp_path: Path) -> Path:
    """Return a file of two channels with names and colours."""
    data = np.random.default_rng(0).integers(0, 99, (5, 2, 40, 50)).astype(np.uint16)
    data[:, 1, 5:20, 5:20] += 500
    metadata = {
        "axes": "ZCYX",
        "PhysicalSizeX": 0.25,
        "PhysicalSizeXUnit": "µm",
        "Channel": {"Name": ["DAPI", "GFP"], "Color": [65535, 16711935]},
    }
    tifffile.imwrite(tmp_path / "two.ome.tif", data, metadata=metadata)
    return tmp_path / "two.ome.tif"


def test_channels_are_layers_that_know_their_number(
    channels: Path, viewer: ViewerModel
) -> None:
    first, second = viewer.open(channels, plugin=PLUGIN)
    assert (first.name, second.name) == ("two.ome.tif DAPI", "two.ome.tif GFP")
    np.testing.assert_allclose(second.colormap.map(1.0).ravel()[:3], (0, 1, 0))
    assert second.axis_labels == ("z", "y", "x")
    assert second.scale[2] == 0.25
    made = Provenance.model_validate(second.metadata[METADATA])
    assert (made.source, made.axes, made.recipe.channel) == ("two.ome.tif", "ZCYX", 1)


def test_the_record_of_a_channel_gives_the_same_labels_from_the_file(
    channels: Path,
) -> None:
    from napari_mobile_unet import segment

    whole = read_stack(channels)
    data, keywords, _ = read_layers(channels)[1]
    recipe = Recipe(segment=Threshold())
    layer = Stack.from_array(data, "ZYX")
    made = Provenance.of(
        recipe, layer, Provenance.model_validate(keywords["metadata"][METADATA])
    )
    np.testing.assert_array_equal(segment(whole, made.recipe), segment(layer, recipe))


def test_results_of_the_command_line_are_labels_with_table_and_record(
    tmp_path: Path, viewer: ViewerModel
) -> None:
    from napari_mobile_unet.commands.app import app

    image = np.zeros((40, 50), np.uint8)
    image[5:15, 5:15] = image[25:35, 20:40] = 200
    tifffile.imwrite(tmp_path / "cells.tif", image)
    for form in ("tif", "zarr"):
        options = ["-o", str(tmp_path / form), "--method", "otsu", "--format", form]
        with pytest.raises(SystemExit, match="0"):
            app(["segment", str(tmp_path / "cells.tif"), *options])
        path = tmp_path / form / f"cells_labels.{form}"
        (layer,) = viewer.open(path, plugin=PLUGIN)
        assert isinstance(layer, Labels)
        assert layer.features["index"].tolist() == [1, 2]
        assert layer.metadata[METADATA]["source"] == "cells.tif"
        assert layer.metadata[METADATA]["recipe"]["segment"]["method"] == "otsu"


def test_what_is_no_image_of_ours_is_left_to_others(
    tmp_path: Path, image: Path
) -> None:
    (tmp_path / "false.tif").write_bytes(b"no TIFF at all")
    (tmp_path / "empty.tif").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.zarr").mkdir()
    tifffile.imwrite(tmp_path / "true.tif", np.zeros((8, 9), np.uint8))
    paths = {each.name: get_reader(str(each)) for each in tmp_path.iterdir()}
    assert {name for name, reader in paths.items() if reader} == {
        "true.tif",
        image.name,
    }
    assert get_reader([str(tmp_path / "true.tif")] * 2) is None
    assert get_reader(str(tmp_path / "absent.tif")) is None
    assert get_reader("https://example.org/a.tif") is None


def test_axes_that_a_person_typed_are_written(
    viewer: ViewerModel, tmp_path: Path
) -> None:
    layer = Image(np.zeros((5, 8, 9)), metadata={TYPED: "TYX"})
    again = reopened(viewer, layer, tmp_path / "a.ome.tif")
    assert read_stack(tmp_path / "a.ome.tif").axes == "TYX"
    assert again.metadata[TYPED] == "TYX"


@pytest.mark.parametrize("name", ["a.ome.tif", "a.ome.zarr"])
def test_large_images_stay_on_disk_and_labels_can_be_painted(
    name: str, viewer: ViewerModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("napari_mobile_unet.io.ome_tiff.LAZY_BYTES", 0)
    data = np.random.default_rng(0).integers(0, 99, (2, 5, 40, 50), np.uint8)
    write_image(tmp_path / name, Stack.from_array(data, "CZYX"))
    for number, layer in enumerate(viewer.open(tmp_path / name, plugin=PLUGIN)):
        assert not isinstance(layer.data, np.ndarray)
        np.testing.assert_array_equal(np.asarray(layer.data), data[number])
    labels = Labels(data[0].astype(int))
    labels.save(str(tmp_path / f"labels_{name}"))
    (again,) = viewer.open(tmp_path / f"labels_{name}", plugin=PLUGIN)
    again.paint((0, 5, 5), 77)
    assert again.data[0, 5, 5] == 77


@pytest.mark.parametrize("name", ["a.geojson", "a.zip", "a.roi", "a_seg.npy"])
def test_outlines_of_other_programs_are_labels_to_correct(
    name: str, viewer: ViewerModel, tmp_path: Path
) -> None:
    data = np.zeros((20, 30), np.uint8)
    data[2:9, 3:7] = 5
    export_labels(data, tmp_path / name)
    (layer,) = viewer.open(tmp_path / name, plugin=PLUGIN)
    assert isinstance(layer, Labels)
    assert np.array_equal(layer.data[2:9, 3:7], data[2:9, 3:7])
    assert np.unique(layer.data).tolist() == [0, 5]
    layer.paint((2, 3), 1)  # it can be changed


def test_a_zip_of_other_files_is_left_to_other_readers(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("a.txt", "no ROI")
    (tmp_path / "b.zip").write_text("no zip")
    assert get_reader(str(tmp_path / "a.zip")) is None
    assert get_reader(str(tmp_path / "b.zip")) is None
