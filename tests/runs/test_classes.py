"""Labels of classes: a recipe makes them, and a class has one number in all planes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.linking.settings import Link
from napari_mobile_unet.objects.classes import classes_there
from napari_mobile_unet.objects.from_mask import Objects
from napari_mobile_unet.objects.measure import measure_plane
from napari_mobile_unet.preprocessing.steps import Resize
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.runs.blocks import classify_blocks
from napari_mobile_unet.runs.fit import fit
from napari_mobile_unet.runs.plane import find_in_blocks
from napari_mobile_unet.runs.segment import iter_segment, segment
from napari_mobile_unet.thresholding.threshold import Threshold

CLASSES = Recipe(segment=Threshold(classes=3, result="classes"))


@pytest.fixture
def greys() -> np.ndarray:
    """Return two planes of three greys; the second has none of the middle one."""
    planes = np.full((2, 40, 50), 10, np.uint16)
    planes[:, 5:20, 5:20] = 200
    planes[0, 25:35, 10:40] = 90
    return planes


def numbered(greys: np.ndarray) -> np.ndarray:
    """Return the classes of the fixture."""
    return 1 + (greys > 50) + (greys > 150)


def test_a_class_that_a_plane_lacks_leaves_the_others_their_numbers(greys):
    results = list(iter_segment(greys, CLASSES, axes="ZYX"))
    assert np.array_equal([r.labels for r in results], numbered(greys))
    first, second = (r.objects for r in results)
    assert first["label"].tolist() == [1, 2, 3]
    assert second["label"].tolist() == [1, 3]
    assert second["area"].tolist() == [40 * 50 - 225, 225]
    assert second["mean_intensity"].tolist() == [10, 200]
    assert "class" not in second


def test_a_step_that_resizes_leaves_numbers_and_grid(greys):
    smaller = CLASSES.replace(steps=(Resize(by="factor", factor=0.5),))
    labels = segment(greys, smaller, axes="ZYX")
    assert labels.shape == greys.shape
    assert np.mean(labels == numbered(greys)) > 0.95


def test_where_nothing_is_finite_there_is_no_class(greys):
    image = greys.astype(np.float32)
    image[1] = np.nan
    image[0, 0, 0] = np.inf
    labels = segment(image, CLASSES, axes="ZYX")
    assert labels[0, 0, 0] == 0
    assert not labels[1].any()
    assert np.array_equal(labels[0].ravel()[1:], numbered(greys)[0].ravel()[1:])


def test_large_planes_have_the_same_classes_and_table(greys):
    stack = Stack.from_array(greys, "ZYX")
    fitted = fit(stack, CLASSES)
    for number, result in enumerate(iter_segment(greys, CLASSES, axes="ZYX")):
        labels = np.zeros(greys.shape[1:], np.int32)
        table, left_out = find_in_blocks(stack, number, fitted, labels)
        assert np.array_equal(labels, result.labels)
        assert table["label"].tolist() == [1, 2, 3]
        assert left_out == 0
        assert np.allclose(classes_there(table), result.objects)
        assert list(classes_there(table)) == list(result.objects)


def test_blocks_have_no_seams(greys):
    plane, how = greys[0], Threshold(classes=3)
    split = how.split(plane)
    labels = np.zeros(plane.shape, np.int32)

    def classify(part: np.ndarray) -> np.ndarray:
        # A step that looks at what lies around a pixel.
        blurred = cv2.blur(part, (5, 5), borderType=cv2.BORDER_REPLICATE)
        return how.class_numbers(blurred, split)

    table = classify_blocks(plane.__getitem__, classify, labels, block=16, margin=4)
    assert np.array_equal(labels, classify(plane))
    whole = measure_plane(labels, plane)
    assert np.allclose(table[list(whole)], whole)


def test_recipes_of_classes_refuse_what_is_done_to_objects():
    assert Recipe.model_validate_json(CLASSES.model_dump_json()) == CLASSES
    with pytest.raises(ValueError, match="neither split, left out nor linked"):
        CLASSES.replace(link=Link(method="iou"))
    with pytest.raises(ValueError, match="neither split, left out nor linked"):
        CLASSES.replace(objects=Objects(min_size=100))
    with pytest.raises(ValueError, match="have all of them"):
        Threshold(classes=3, result="classes", object_classes=(2,))
    with pytest.raises(ValueError, match="have all of them"):
        Threshold(method="adaptive", result="classes")
