from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
import zarr

from napari_mobile_unet.images.channels import ChannelInfo
from napari_mobile_unet.io.read import read_stack
from napari_mobile_unet.io.write import write_image

if TYPE_CHECKING:
    from pathlib import Path

DAPI, GFP = ChannelInfo("DAPI", "#0000ff"), ChannelInfo("GFP & co", "#00ff7f")


def test_ome_channels_have_names_and_colours(
    planes: np.ndarray, tmp_path: Path
) -> None:
    path = tmp_path / "a.ome.tif"
    channel = {"Name": ["DAPI", "GFP & co"], "Color": [0x0000FFFF, 0x00FF7FFF]}
    metadata = {"axes": "CYX", "Channel": channel}
    tifffile.imwrite(path, planes[:2], ome=True, metadata=metadata)
    stack = read_stack(path)
    assert stack.channels == (DAPI, GFP)
    assert stack.channel(1).channels == (GFP,)
    assert stack.channel("max").channels == ()
    assert read_stack(path, "ZYX").channels == ()
    write_image(tmp_path / "b.tif", stack)
    assert read_stack(tmp_path / "b.tif").channels == (DAPI, GFP)
    red = {"Name": ["a", "b"], "Color": [-16776961, "crimson"]}  # 0xFF0000FF
    tifffile.imwrite(
        path, planes[:2], ome=True, metadata={"axes": "CYX", "Channel": red}
    )
    assert [c.colour for c in read_stack(path).channels] == ["#ff0000", ""]


@pytest.mark.parametrize("labels", [["DAPI", "GFP & co"] * 3, ["one", "two"], []])
def test_imagej_labels_and_tables_name_channels(
    labels: list[str], planes: np.ndarray, tmp_path: Path
) -> None:
    ramp = np.arange(256, dtype=np.uint8)
    tables = [np.stack([0 * ramp, ramp // 2 * part, ramp]) for part in (0, 1)]
    metadata = {"axes": "ZCYX", "mode": "composite", "LUTs": tables, "Labels": labels}
    array = planes[:6].reshape(3, 2, 64, 48)
    tifffile.imwrite(tmp_path / "a.tif", array, imagej=True, metadata=metadata)
    names = labels[:2] or ["", ""]
    assert read_stack(tmp_path / "a.tif").channels == tuple(
        map(ChannelInfo, names, ["#0000ff", "#007fff"])
    )
    metadata = {"axes": "ZYX", "Labels": [f"slice {n}" for n in range(3)]}
    tifffile.imwrite(tmp_path / "b.tif", planes[:3], imagej=True, metadata=metadata)
    assert read_stack(tmp_path / "b.tif").channels == ()


@pytest.mark.parametrize(
    ("channels", "expected"),
    [
        (
            [
                {"label": "DAPI", "color": "0000FF"},
                {"label": "GFP", "color": "#00ff7f"},
            ],
            (DAPI, ChannelInfo("GFP", "#00ff7f")),
        ),
        (
            [{"label": "DAPI"}, {"color": "blueish"}],
            (ChannelInfo("DAPI"), ChannelInfo()),
        ),
        ([{}, {}], ()),
        ([{"label": "DAPI"}], ()),
    ],
)
def test_omero_names_channels_of_ngff(
    channels: list[dict[str, Any]], expected: tuple[ChannelInfo, ...], tmp_path: Path
) -> None:
    group = zarr.open_group(tmp_path / "a.zarr", mode="w", zarr_format=2)
    group.create_array("0", shape=(2, 8, 9), dtype="u1")
    image = {"axes": ["c", "y", "x"], "datasets": [{"path": "0"}]}
    group.attrs.update({"multiscales": [image], "omero": {"channels": channels}})
    assert read_stack(tmp_path / "a.zarr").channels == expected
