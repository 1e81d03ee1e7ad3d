from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from napari_mobile_unet.training.pairs import NAMED, find_pairs

if TYPE_CHECKING:
    from pathlib import Path


def fill(folder: Path, *names: str) -> str:
    """Return a folder with empty files of these names; Zarr is a folder."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir() if path.suffix == ".zarr" else path.touch()
    return str(folder)


@pytest.mark.parametrize(
    ("image", "labels"),
    [
        ("cell.png", "cell.png"),
        ("cell.png", "cell_labels.tif"),
        ("cell.ome.tif", "cell_labels.tif"),
        ("cell.tif", "cell_labels.ome.tif"),
        ("cell.zarr", "cell_labels.zarr"),
        ("cell.ome.zarr", "cell.tif"),
        ("cell_labels.tif", "cell_labels_labels.tif"),
    ],
)
def test_labels_are_found_as_segment_writes_them(
    image: str, labels: str, tmp_path: Path
) -> None:
    pairs = find_pairs(fill(tmp_path / "i", image), fill(tmp_path / "l", labels))
    assert [path.name for pair in pairs.files.values() for path in pair] == [
        image,
        labels,
    ]
    assert not pairs.images_alone and not pairs.labels_alone
    assert pairs.description.startswith("1 pair of image and labels: cell")


def test_every_file_without_a_partner_is_named(tmp_path: Path) -> None:
    images = fill(tmp_path / "i", "a.tif", "b.tif", "c.tif", "d.png", "notes.txt")
    labels = fill(tmp_path / "l", "a.tif", "b_labels.tif", "x.tif", "y_labels.tif")
    pairs = find_pairs(images, labels)
    assert list(pairs.files) == ["a", "b"]
    assert pairs.description == (
        "2 pairs of image and labels: a, b; 2 images without labels: c.tif, d.png; "
        "2 label files without an image: x.tif, y_labels.tif"
    )


def test_of_many_pairs_the_first_are_named(tmp_path: Path) -> None:
    names = [f"{number:02}.png" for number in range(NAMED + 2)]
    pairs = find_pairs(fill(tmp_path / "i", *names), fill(tmp_path / "l", *names))
    assert len(pairs.files) == NAMED + 2
    assert pairs.description.endswith(f", {NAMED - 1:02} and 2 more")


def test_images_and_results_may_share_a_folder(tmp_path: Path) -> None:
    place = fill(
        tmp_path, "a.png", "a_labels.tif", "a_objects.csv", "a_overlay.png", "b.png"
    )
    pairs = find_pairs(place, place)
    assert list(pairs.files) == ["a"]
    assert [path.name for path in pairs.images_alone] == ["b.png"]
    assert not pairs.labels_alone


def test_a_folder_of_results_names_labels_alone_only(tmp_path: Path) -> None:
    images = fill(tmp_path / "i", "a.tif")
    labels = fill(
        tmp_path / "l", "a.tif", "a_labels.tif", "a_overlay.png", "b_overlay.png"
    )
    pairs = find_pairs(images, labels)
    assert pairs.files["a"][1].name == "a_labels.tif"
    assert [path.name for path in pairs.labels_alone] == ["b_overlay.png"]


def test_a_pattern_names_several_folders(tmp_path: Path) -> None:
    for name in ("first", "second"):
        fill(tmp_path / name, f"images/{name}.tif", f"labels/{name}_labels.tif")
    (tmp_path / "third" / "images").mkdir(parents=True)
    pairs = find_pairs(str(tmp_path / "*" / "images"), str(tmp_path / "*" / "labels"))
    assert list(pairs.files) == ["first", "second"]


def test_brackets_in_a_name_are_no_pattern(tmp_path: Path) -> None:
    place = fill(tmp_path / "plate [1]", "a.tif", "a_labels.tif")
    assert list(find_pairs(place, place).files) == ["a"]


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (["a.tif", "a.png"], ["a.tif"], r"stems must differ; .*a\.png and .*a\.tif"),
        (["a.tif"], ["a_labels.tif", "a_labels.zarr"], "stems must differ"),
        (["notes.txt"], ["a.tif"], "found none under"),
        (["a.tif"], ["mask_a.tif"], "none of 1 image in .* among 1 file in"),
    ],
)
def test_what_cannot_be_paired_is_refused(
    images: list[str], labels: list[str], message: str, tmp_path: Path
) -> None:
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        find_pairs(fill(tmp_path / "i", *images), fill(tmp_path / "l", *labels))


def test_an_image_is_not_its_own_labels(tmp_path: Path) -> None:
    place = fill(tmp_path, "a.tif")
    with pytest.raises(ValueError, match="has a partner"):
        find_pairs(place, place)
