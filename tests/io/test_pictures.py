from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any

import cv2
import imageio.v3 as iio
import numpy as np
import pytest
from PIL import Image

from napari_mobile_unet.io.read import read_stack

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PLANES = np.random.default_rng(0).integers(0, 255, (10, 64, 48), np.uint8)


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.tif", "a.npy"])
@pytest.mark.parametrize("shape", [(8, 9), (8, 9, 3), (1, 1)])
def test_pictures_in_grey_and_colour(
    name: str, shape: tuple[int, ...], tmp_path: Path
) -> None:
    array = np.random.default_rng(1).integers(0, 255, shape, np.uint8)
    if name.endswith("npy"):
        np.save(tmp_path / name, array)
    else:
        iio.imwrite(tmp_path / name, array)
    stack = read_stack(tmp_path / name)
    assert stack.axes == ("YX" if len(shape) == 2 else "YXS")
    assert stack.data.flags.writeable or name.endswith("npy")  # as some libraries need
    np.testing.assert_array_equal(stack.plane(0), array)


def test_alpha_is_left_out(tmp_path: Path) -> None:
    colour = np.dstack([PLANES[0], PLANES[1], PLANES[2], PLANES[3]])
    iio.imwrite(tmp_path / "rgba.png", colour)
    np.testing.assert_array_equal(
        read_stack(tmp_path / "rgba.png").plane(0), colour[..., :3]
    )
    iio.imwrite(tmp_path / "grey.png", colour[..., :2], mode="LA", plugin="pillow")
    np.testing.assert_array_equal(read_stack(tmp_path / "grey.png").plane(0), PLANES[0])


def test_a_palette_becomes_the_colours_it_stands_for(tmp_path: Path) -> None:
    image = Image.fromarray(np.eye(6, 8, dtype=np.uint8))
    image.putpalette([0, 0, 0, 250, 10, 20])
    image.save(tmp_path / "a.png")
    plane = read_stack(tmp_path / "a.png").plane(0)
    assert plane.shape == (6, 8, 3)
    assert plane[0, :2].tolist() == [[250, 10, 20], [0, 0, 0]]


def test_colour_of_16_bits_keeps_them(tmp_path: Path) -> None:
    cv2.imwrite(
        str(tmp_path / "a.png"), np.full((8, 9, 3), (1, 2000, 60000), np.uint16)
    )
    plane = read_stack(tmp_path / "a.png").plane(0)
    assert plane.dtype == np.uint16
    assert plane[4, 4].tolist() == [60000, 2000, 1]


def test_inks_of_a_jpeg_become_rgb(tmp_path: Path) -> None:
    inks = np.zeros((8, 9, 4), np.uint8)
    iio.imwrite(tmp_path / "a.jpg", inks, mode="CMYK", plugin="pillow")
    plane = read_stack(tmp_path / "a.jpg").plane(0)
    assert plane.shape == (8, 9, 3)
    assert plane.min() > 250  # no ink is white


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.bmp", "a.npy", "deep.png"])
def test_pictures_that_are_cut_off_are_refused(
    name: str,
    cut_off: Callable[[Path], None],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / name
    if name == "a.npy":
        np.save(path, PLANES)
    elif name == "deep.png":
        noise = np.random.default_rng(2).integers(0, 60000, (64, 48, 3), np.uint16)
        cv2.imwrite(str(path), noise)
    else:
        iio.imwrite(path, PLANES[0])
    cut_off(path)
    with pytest.raises(OSError, match=name):
        read_stack(path)
    assert capfd.readouterr() == ("", "")


def png_bytes(rows: np.ndarray, width: int, bits: int, colour_type: int) -> bytes:
    """Return a PNG file of rows of bytes, of any depth and colour type."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    header = struct.pack(">IIBBBBB", width, len(rows), bits, colour_type, 0, 0, 0)
    lines = b"".join(b"\0" + row.tobytes() for row in rows)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(lines))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(("colour_type", "samples"), [(4, 2), (2, 3), (6, 4)])
@pytest.mark.parametrize("as_labels", [False, True])
def test_png_of_16_bits_keeps_them(
    colour_type: int, samples: int, as_labels: bool, tmp_path: Path
) -> None:
    path = tmp_path / "a.png"
    pixels = np.random.default_rng(5).integers(0, 65536, (8, 9, samples), np.uint16)
    path.write_bytes(png_bytes(pixels.astype(">u2"), 9, 16, colour_type))
    plane = read_stack(path, as_labels=as_labels).plane(0)
    expected = pixels[..., 0] if samples == 2 else pixels[..., :3]
    np.testing.assert_array_equal(plane, expected)


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_as_labels_a_picture_gives_its_ids(bits: int, tmp_path: Path) -> None:
    ids = np.arange(2**bits, dtype=np.uint8).repeat(8 if bits < 8 else 1)[None]
    palette = np.random.default_rng(1).integers(0, 255, (256, 3), np.uint8)
    image = Image.fromarray(ids)
    image.putpalette(palette.tobytes())
    image.save(tmp_path / "palette.png", bits=bits)
    packed = np.packbits(np.unpackbits(ids.T, axis=1)[:, -bits:].ravel())[None]
    (tmp_path / "grey.png").write_bytes(png_bytes(packed, ids.size, bits, 0))
    for name in ("palette.png", "grey.png"):
        stack = read_stack(tmp_path / name, as_labels=True)
        assert stack.axes == "YX"
        np.testing.assert_array_equal(stack.data, ids)
    colours = read_stack(tmp_path / "palette.png").plane(0)
    np.testing.assert_array_equal(colours, palette[ids])
    grey = np.asarray(read_stack(tmp_path / "grey.png").plane(0)).astype(int)
    assert grey[0, -1] == (255 if bits > 1 else 1)


def test_jpeg_keeps_no_ids(tmp_path: Path) -> None:
    iio.imwrite(tmp_path / "a.jpg", PLANES[0])
    with pytest.raises(ValueError, match=r"keeps each id, .*a\.jpg; save them"):
        read_stack(tmp_path / "a.jpg", as_labels=True)


def write_pictures(path: Path, pictures: list[np.ndarray], **settings: Any) -> None:
    first, *others = map(Image.fromarray, pictures)
    first.save(path, save_all=True, append_images=others, **settings)


def test_frames_of_an_animated_png_are_times(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    write_pictures(path, list(PLANES[:3]))
    stack = read_stack(path)
    assert (stack.axes, stack.left_out) == ("TYX", "")
    np.testing.assert_array_equal(stack.data, PLANES[:3])
    write_pictures(path, list(PLANES[:3]), default_image=True)  # for other programs
    np.testing.assert_array_equal(read_stack(path).data, PLANES[1:3])
    np.testing.assert_array_equal(read_stack(path, position=1).data, PLANES[2])
    write_pictures(path, [plane * np.uint16(257) for plane in PLANES[:3]])
    with pytest.raises(ValueError, match=r"in 8 bits; .*a\.png has 16; convert"):
        read_stack(path)


def test_pictures_in_one_jpeg_are_positions(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    colours = [np.dstack([PLANES[n]] * 3) for n in range(3)]
    write_pictures(path, colours, format="MPO")
    assert read_stack(path).sizes == {"P": 3, "Y": 64, "X": 48, "S": 3}
    write_pictures(path, [*colours[:2], colours[2][::2, ::2]], format="MPO")
    stack = read_stack(path)
    assert stack.sizes == {"P": 2, "Y": 64, "X": 48, "S": 3}
    assert stack.left_out == "1 further image of another size (position 2)"
    assert read_stack(path, position=2).sizes == {"Y": 32, "X": 24, "S": 3}
    write_pictures(path, [colours[0], colours[2][::2, ::2]], format="MPO")
    assert read_stack(path).sizes == {"Y": 64, "X": 48, "S": 3}
    with pytest.raises(ValueError, match="which holds 2 images; received 2"):
        read_stack(path, position=2)


def test_pictures_too_large_for_pillow_are_refused_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    iio.imwrite(tmp_path / "a.png", PLANES[0])
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", PLANES[0].size * 2 // 3)
    np.testing.assert_array_equal(read_stack(tmp_path / "a.png").data, PLANES[0])
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", PLANES[0].size // 3)
    with pytest.raises(OSError, match=r"a\.png has more; convert it to TIFF"):
        read_stack(tmp_path / "a.png")
