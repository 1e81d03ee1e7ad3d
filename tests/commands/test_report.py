"""The page about a batch: whole in itself, and true to the results."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import tifffile

from napari_mobile_unet.exports.report import histogram
from napari_mobile_unet.preprocessing.steps import Invert
from napari_mobile_unet.recipes.recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

HOSTILE = "<script>alert(1)</script> & größe.tif".replace("/", "_")


class Page(HTMLParser):
    """What a browser would see: tags with what they load, and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in ("src", "href", "xlink:href", "data"):
                self.loads.append(value or "")

    def handle_data(self, data: str) -> None:
        self.text += f" {data}"


def test_a_report_tells_of_all_results_and_loads_nothing(
    run: Callable[..., Result], plane_of: Callable[[int], np.ndarray], tmp_path: Path
) -> None:
    images, out = tmp_path / "images", tmp_path / "out"
    images.mkdir()
    tifffile.imwrite(images / "cells 0.tif", np.zeros((64, 48), np.uint8))
    for count in (1, 2, 3):
        tifffile.imwrite(images / f"cells {count}.tif", plane_of(count))
    tifffile.imwrite(images / HOSTILE, plane_of(2))
    stack = np.stack([plane_of(n) for n in (0, 3, 1)])
    tifffile.imwrite(images / "stack.tif", stack, imagej=True, metadata={"axes": "ZYX"})
    (images / "bad <i>.tif").write_text("no image")
    done = run("segment", images, "-o", out, "--method", "otsu")
    assert done.exit_code == 1
    # The numbers are those of the tables, also where somebody gave confidences.
    for number, path in enumerate(sorted(out.glob("cells*_objects.csv"))):
        table = pd.read_csv(path)
        table["confidence"] = 0.4 + 0.2 * number
        table.to_csv(path, index=False)
    report = tmp_path / "report.html"
    assert run("report", out, "-o", report).exit_code == 0
    text = report.read_text("utf-8")
    page = Page(text)
    assert not {"script", "link", "iframe", "i"} & set(page.tags)
    assert page.loads
    assert all(each.startswith("data:image/png;base64,") for each in page.loads)
    assert "http" not in re.sub(r'http-equiv|base64,[^"]*', "", text)
    words = " ".join(page.text.split())
    assert "6 images done 12 objects" in words
    assert "1 failed or stopped" in words
    assert "1 without objects" in words
    assert "bad <i>.tif is not a TIFF file" in words
    assert HOSTILE in words
    assert "Most doubtful cells 1.tif 1 object, mean confidence 0.60" in words
    assert "Most confident cells 3.tif 3 objects, mean confidence 1.00" in words
    assert words.index("cells 2.tif 1 2 0.800 144") > words.index("All images")
    assert "otsu (6 images)" in words
    assert "stack.tif 3 4" in words
    again = run("report", out, "-o", report)
    assert again.exit_code == 1
    assert "already exists" in again.stderr
    # An image that has changed since is not drawn under outlines of another.
    tifffile.imwrite(images / "cells 1.tif", plane_of(3))
    (images / "cells 3.tif").unlink()
    assert run("report", out, "-o", report, "--overwrite").exit_code == 0
    changed = report.read_text("utf-8")
    assert changed.count("was not found, or has changed") == 2
    (tmp_path / "elsewhere").mkdir()
    tifffile.imwrite(tmp_path / "elsewhere" / "cells 3.tif", plane_of(3))
    moved = ("--images", tmp_path / "elsewhere")
    assert run("report", out, "-o", report, "--overwrite", *moved).exit_code == 0
    assert report.read_text("utf-8").count("was not found, or has changed") == 1
    nothing = run("report", images, "-o", tmp_path / "none.html")
    assert nothing.exit_code == 1
    assert "holds no results" in nothing.stderr
    assert not (tmp_path / "none.html").exists()


def test_a_prepared_image_is_shown_under_its_outlines(
    run: Callable[..., Result], picture: Path, tmp_path: Path
) -> None:
    Recipe(steps=(Invert(),)).save(tmp_path / "steps.json")
    made, out = tmp_path / "made.tif", tmp_path / "out"
    steps = ("-o", made, "--recipe", tmp_path / "steps.json")
    assert run("preprocess", picture, *steps).exit_code == 0
    assert run("segment", made, "-o", out, "--method", "otsu").exit_code == 0
    assert run("report", out, "-o", tmp_path / "report.html").exit_code == 0
    text = (tmp_path / "report.html").read_text("utf-8")
    assert "data:image/png" in text
    assert "has changed since" not in text
    assert "invert → otsu" in text


def test_bars_of_a_histogram_stand_for_all_that_is_drawn() -> None:
    values = [0.0, 0.1, 0.1, 0.99, 1.0, np.nan, np.inf]
    drawn = histogram("confidence", values, (0.0, 1.0))
    assert drawn is not None
    counts = [int(bar.text.rpartition(" ")[2]) for bar in drawn.bars]
    assert sum(counts) == 5
    tallest = max(drawn.bars, key=lambda bar: bar.height)
    assert tallest.text.endswith(": 2")
    few = histogram("objects", [0, 1, 1, 5])
    assert few is not None
    assert [bar.text for bar in few.bars] == ["0 to 1: 1", "1 to 2: 2", "5 to 6: 1"]
    large = histogram("area", [*range(1, 1001), 1e6])
    assert large is not None
    shown = sum(int(bar.text.rpartition(" ")[2]) for bar in large.bars)
    beyond = int(large.note.split()[0])
    assert shown + beyond == 1001
    assert histogram("nothing", [np.nan]) is None
