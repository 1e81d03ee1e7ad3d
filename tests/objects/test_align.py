"""Axes of labels and of their image, matched by name."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mobile_unet.images.parts import reordered
from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.objects.align import match_axes

SIZES = {"P": 2, "T": 4, "C": 2, "Z": 5, "Y": 20, "X": 30, "S": 3}


def stack_of(axes: str, source: str, name: str = "image") -> Stack:
    pixels = np.zeros([SIZES[axis] for axis in axes], np.uint8)
    return Stack.from_array(pixels, axes, axes_source=source, name=name)


@pytest.mark.parametrize(
    ("labels", "image", "expected"),
    [
        # Names that fit are kept, whatever the order.
        (("YX", "metadata"), ("XY", "metadata"), ("YX", "XY")),
        (("TYX", "metadata"), ("YXTC", "given"), ("TYX", "YXTC")),
        (("YX", "shape"), ("YXS", "shape"), ("YX", "YXS")),
        # A guess yields: that of the image to the labels' metadata ...
        (("TYX", "metadata"), ("ZYX", "shape"), ("TYX", "TYX")),
        (("YX", "metadata"), ("ZYX", "shape"), ("YX", "CYX")),
        (("TYX", "metadata"), ("ZYXS", "shape"), ("TYX", "TYXS")),
        # ... that of the labels to the image's, and to what the caller says.
        (("ZYX", "shape"), ("TYX", "metadata"), ("TYX", "TYX")),
        (("ZYX", "shape"), ("CTYX", "given"), ("TYX", "CTYX")),
        # What the caller says goes before metadata.
        (("ZYX", "metadata"), ("TYX", "given"), ("TYX", "TYX")),
        # Of two guesses, labels tell which axis holds channels.
        (("YX", "shape"), ("ZYX", "shape"), ("YX", "CYX")),
    ],
)
def test_names_that_fit_are_kept_and_a_guess_yields(
    labels: tuple[str, str], image: tuple[str, str], expected: tuple[str, str]
) -> None:
    known, guessed = expected
    made = []
    for (axes, source), final in ((labels, known), (image, guessed)):
        pixels = np.zeros([SIZES[axis] for axis in final], np.uint8)
        made.append(Stack.from_array(pixels, axes, axes_source=source))
    first, second = match_axes(*made)
    assert (first.axes, second.axes) == expected
    assert reordered(first, second.labels_axes).data.shape == second.labels_shape


@pytest.mark.parametrize("source", ["metadata", "given", "shape"])
def test_the_same_right_to_different_names_is_a_contradiction(source: str) -> None:
    labels = Stack.from_array(np.zeros((4, 5, 9), int), "TYX", axes_source=source)
    image = Stack.from_array(np.zeros((4, 7, 9), int), "ZYX", axes_source=source)
    with pytest.raises(ValueError, match=r"need the same axes.* TYX.* ZYX.*--axes"):
        match_axes(labels, image)


def test_sizes_that_differ_are_refused() -> None:
    labels = stack_of("TYX", "metadata", "l.tif")
    image = Stack.from_array(np.zeros((4, 20, 31), int), "TYX", name="i.tif")
    message = r"l\.tif has T 4 × Y 20 × X 30, i\.tif has T 4 × Y 20 × X 31"
    with pytest.raises(ValueError, match=message):
        match_axes(labels, image)


def test_axes_of_length_one_make_no_difference() -> None:
    labels = Stack.from_array(np.zeros((1, 5, 20, 30), int), "TZYX")
    image = Stack.from_array(np.zeros((5, 1, 20, 30), int), "ZCYX")
    assert [stack.axes for stack in match_axes(labels, image)] == ["ZYX", "ZYX"]


def test_a_renamed_axis_loses_its_pixel_size_and_the_others_keep_theirs() -> None:
    image = Stack.from_array(
        np.zeros((4, 20, 30)), "ZYX", scale=(3, 0.5, 0.5),
        units=("micrometer",) * 3, axes_source="shape",
    )  # fmt: skip
    _, named = match_axes(stack_of("TYX", "metadata"), image)
    assert named.scale == (1, 0.5, 0.5)
    assert named.units == ("pixel", "micrometer", "micrometer")
    assert named.axes_source == "labels"
