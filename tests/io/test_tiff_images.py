from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile

from napari_mobile_unet.io import ome_tiff
from napari_mobile_unet.io.read import read_stack

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOTES = {"PhysicalSizeX": 0.5, "PhysicalSizeXUnit": "µm"}


@pytest.mark.parametrize("lazy_bytes", [1000, ome_tiff.LAZY_BYTES])
def test_ome_images_of_one_shape_are_positions(
    lazy_bytes: int,
    planes: np.ndarray,
    cut_off: Callable[[Path, float], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ome_tiff, "LAZY_BYTES", lazy_bytes)
    path = tmp_path / "a.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as file:
        for first in (0, 3, 6):
            file.write(planes[first : first + 3], metadata={"axes": "ZYX", **NOTES})
        file.write(planes[:2, :9], metadata={"axes": "ZYX", **NOTES})
    stack = read_stack(path)
    assert isinstance(stack.data, np.ndarray) == (lazy_bytes > 1000)
    assert stack.sizes == {"P": 3, "Z": 3, "Y": 64, "X": 48}
    assert stack.scale == (1, 1, 1, 0.5)
    another = "of another shape, type or pixel size"
    assert stack.left_out == f"1 further image {another} (position 3)"
    for number in range(9):
        np.testing.assert_array_equal(stack.plane(number), planes[number])
    cut_off(path, 0.7)
    with pytest.raises(OSError, match="cut off"):
        read_stack(path)


@pytest.mark.parametrize(
    ("other", "changes"),
    [
        ("uint16", {}),
        ("uint8", {"PhysicalSizeX": 0.25}),
        ("uint8", {"PhysicalSizeXUnit": "nm"}),
    ],
)
def test_images_that_differ_are_read_one_at_a_time(
    other: str, changes: dict[str, Any], planes: np.ndarray, tmp_path: Path
) -> None:
    path = tmp_path / "a.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as file:
        for number, dtype in enumerate(("uint8", other, "uint8")):
            notes = {"axes": "YX", **NOTES, **(changes if number == 1 else {})}
            file.write(planes[number].astype(dtype), metadata=notes)
    both = read_stack(path)
    assert both.sizes == {"P": 2, "Y": 64, "X": 48}
    np.testing.assert_array_equal(both.data, planes[[0, 2]])
    assert both.left_out.endswith("(position 1)")
    for number in range(3):
        one = read_stack(path, position=number)
        np.testing.assert_array_equal(one.data, planes[number])
        assert (one.axes, one.left_out, one.data.dtype.name) == (
            *("YX", ""),
            (other if number == 1 else "uint8"),
        )
    size = {"PhysicalSizeX": 0.25, "PhysicalSizeXUnit": 0.0005}
    expected = size[next(iter(changes))] if changes else 0.5
    middle = read_stack(path, position=1)
    in_micrometers = middle.scale[1] / (1000 if middle.units[1] == "nanometer" else 1)
    assert in_micrometers == pytest.approx(expected)
    for wrong in (3, -1):
        said = rf"from 0 to 2 for .*a\.ome\.tif, which holds 3 images; received {wrong}"
        with pytest.raises(ValueError, match=said):
            read_stack(path, position=wrong)


def uuid(number: int) -> str:
    return f"urn:uuid:{number:036}"


def write_ome(path: Path, plane: np.ndarray, number: int, images: str) -> None:
    """Write a plane with OME-XML on images in several files."""
    notes = (
        '<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy'
        f'.org/Schemas/OME/2016-06" UUID="{uuid(number)}">{images}</OME>'
    )
    tifffile.imwrite(path, plane, description=notes.encode(), metadata=None)


def image_element(name: str, tiff_data: str, times: int = 1, size: float = 1.0) -> str:
    return (
        f'<Image ID="Image:{name}" Name="{name}"><Pixels ID="Pixels:{name}" '
        'Type="uint8" DimensionOrder="XYCZT" SizeX="48" SizeY="64" SizeC="1" SizeZ="1" '
        f'SizeT="{times}" PhysicalSizeX="{size}">{tiff_data}</Pixels></Image>'
    )


def tiff_data(name: str, number: int, time: int = 0) -> str:
    return (
        f'<TiffData FirstT="{time}" IFD="0" PlaneCount="1"><UUID FileName="{name}">'
        f"{uuid(number)}</UUID></TiffData>"
    )


def test_of_ome_images_in_several_files_the_one_here_is_read(
    planes: np.ndarray, tmp_path: Path
) -> None:
    names = ("a.ome.tif", "b.ome.tif")
    images = "".join(
        image_element(str(n), tiff_data(name, n), size=n + 1)
        for n, name in enumerate(names)
    )
    for n, name in enumerate(names):
        write_ome(tmp_path / name, planes[n], n, images)
    for n, name in enumerate(names):
        stack = read_stack(tmp_path / name)
        np.testing.assert_array_equal(stack.data, planes[n])
        assert stack.scale == (1, n + 1)
        assert stack.left_out == f"1 further image in other files (position {1 - n})"
    (tmp_path / "a.ome.tif").unlink()
    alone = read_stack(tmp_path / "b.ome.tif")
    np.testing.assert_array_equal(alone.data, planes[1])
    assert (alone.scale, alone.left_out) == ((1, 2), "")


def test_files_that_an_image_lacks_are_named(
    planes: np.ndarray, cut_off: Callable[[Path, float], None], tmp_path: Path
) -> None:
    names = [f"t{n}.ome.tif" for n in range(3)]
    parts = "".join(tiff_data(name, n, n) for n, name in enumerate(names))
    for n, name in enumerate(names):
        write_ome(tmp_path / name, planes[n], n, image_element("a", parts, times=3))
    for name in names:
        np.testing.assert_array_equal(read_stack(tmp_path / name).data, planes[:3])
    renamed = tmp_path / "renamed.tif"
    (tmp_path / "t1.ome.tif").rename(renamed)
    np.testing.assert_array_equal(read_stack(renamed).data, planes[:3])
    with pytest.raises(OSError, match=r"t0\.ome\.tif lacks .* t1\.ome\.tif \(missing"):
        read_stack(tmp_path / "t0.ome.tif")
    renamed.rename(tmp_path / "t1.ome.tif")
    cut_off(tmp_path / "t2.ome.tif", 0.9)
    with pytest.raises(OSError, match=r"t2\.ome\.tif ends at byte"):
        read_stack(tmp_path / "t0.ome.tif")
    (tmp_path / "t2.ome.tif").write_bytes(b"damaged")
    with pytest.raises(OSError, match=r"t0\.ome\.tif lacks .* t2\.ome\.tif") as caught:
        read_stack(tmp_path / "t0.ome.tif")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("images", "said"),
    [
        ("<Image><Pixels", "its OME-XML is damaged and was not used"),
        (
            '<BinaryOnly MetadataFile="a.companion.ome" UUID="urn:uuid:1"/>',
            "its OME-XML is in a.companion.ome, which is not read",
        ),
        (
            image_element("a", '<TiffData IFD="7" PlaneCount="1"/>', size=0.5),
            "its OME-XML does not fit its pages and was not used",
        ),
    ],
)
def test_ome_xml_that_cannot_be_used_is_said(
    images: str, said: str, planes: np.ndarray, tmp_path: Path
) -> None:
    write_ome(tmp_path / "a.tif", planes[0], 1, images)
    stack = read_stack(tmp_path / "a.tif")
    np.testing.assert_array_equal(stack.data, planes[0])
    assert stack.scale == (1, 1)
    assert stack.notes == (said,)


@pytest.mark.parametrize("back_to", [0, 120])
def test_pages_that_go_round_in_a_circle_are_refused(
    back_to: int, tmp_path: Path
) -> None:
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as writer:
        for _ in range(150):
            writer.write(np.zeros((4, 5), np.uint8), contiguous=False, metadata=None)
    assert read_stack(path).n_planes == 150
    with tifffile.TiffFile(path) as file:
        places = [page.offset for page in file.pages]
    tags = int.from_bytes(path.read_bytes()[places[-1] : places[-1] + 2], "little")
    with path.open("rb+") as file:
        file.seek(places[-1] + 2 + 12 * tags)
        file.write(places[back_to].to_bytes(4, "little"))
    with pytest.raises(OSError, match=f"at byte {places[back_to]} comes again; copy"):
        read_stack(path)


@pytest.mark.parametrize(
    "entities",
    [
        '<!ENTITY a0 "lol">'
        + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)),
        '<!ENTITY a11 SYSTEM "file:///etc/hostname">',
    ],
)
def test_entities_of_ome_xml_grow_to_nothing_and_load_nothing(
    entities: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.ome.tif"
    tifffile.imwrite(path, np.zeros((4, 5), np.uint8), metadata={"axes": "YX"})
    with tifffile.TiffFile(path) as file:
        xml = file.ome_metadata or ""
    head, rest = xml.split("?>", 1)
    rest = rest.replace('Name="Image0"', 'Name="&a11;"')
    hostile = f"{head}?><!DOCTYPE o [{entities}]>{rest}"
    tifffile.imwrite(
        path, np.zeros((4, 5), np.uint8), description=hostile, metadata=None
    )
    # 100 billion letters would take all memory.
    stack = read_stack(path)
    assert stack.plane_shape == (4, 5)
    assert "its OME-XML is damaged and was not used" in stack.notes
