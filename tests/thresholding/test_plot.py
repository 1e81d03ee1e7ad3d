from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch

from napari_mobile_unet.thresholding.describe import describe
from napari_mobile_unet.thresholding.otsu import multi_otsu, otsu
from napari_mobile_unet.thresholding.plot import draw_histogram, save_histogram

BLUE, ORANGE = "#56b4e9", "#e69f00"


@pytest.fixture
def nuclei():
    rng = np.random.default_rng(0)
    values = rng.normal(np.where(rng.random(20000) < 0.2, 180, 60), 12)
    return values.clip(0, 255).astype(np.uint8)


def bars(plot):
    return [patch for patch in plot.axes.findobj(StepPatch) if patch.get_visible()]


def colours(plot):
    return [to_hex(patch.get_facecolor()) for patch in bars(plot)]


def test_classes_are_drawn_side_by_side_with_all_their_pixels(nuclei):
    split = otsu(nuclei)

    plot = draw_histogram(Figure(), split)

    dark, bright = bars(plot)
    assert dark.get_data().edges[-1] == bright.get_data().edges[0]
    assert dark.get_data().values.sum() == (nuclei <= split.threshold).sum()
    assert bright.get_data().values.sum() == (nuclei > split.threshold).sum()
    assert colours(plot) == [BLUE, ORANGE]


def test_line_stands_between_the_classes_at_the_top_of_the_curve(nuclei):
    split = otsu(nuclei)

    plot = draw_histogram(Figure(), split)

    (line,) = plot.lines
    assert line.get_xdata()[0] == split.threshold + 0.5  # the threshold is background
    x, eta = plot.curves[0].get_data()
    assert x[np.argmax(eta)] == line.get_xdata()[0]
    assert eta.max() == pytest.approx(split.separability)


def test_dark_foreground_is_drawn_as_foreground(nuclei):
    plot = draw_histogram(Figure(), otsu(nuclei), foreground="dark")

    assert colours(plot) == [ORANGE, BLUE]
    assert plot.text.splitlines()[2].startswith("foreground 8")


@pytest.mark.parametrize("classes", [3, 4])
def test_more_classes_have_as_many_colours_and_lines(nuclei, classes):
    plot = draw_histogram(Figure(), multi_otsu(nuclei, classes))

    assert len(set(colours(plot))) == classes
    assert len(plot.lines) == classes - 1
    assert plot.curves == ()


def test_text_names_threshold_separability_and_classes():
    split = otsu(np.array([0, 0, 0, 10, np.nan]))

    assert describe(split).splitlines() == [
        "threshold 7.63e-05",
        "separability η = 1.000",
        "background 75 %, mean 0 ± 0",
        "foreground 25 %, mean 10 ± 0",
        "excluded (NaN or infinite): 1",
    ]


@pytest.mark.parametrize("classes", [2, 4])
def test_constant_image_has_no_line(classes):
    plot = draw_histogram(Figure(), multi_otsu(np.full(9, 7, np.uint8), classes))

    assert plot.text == "constant image, 7 everywhere: no threshold"
    assert plot.lines == ()
    assert plot.curves == ()
    (bar,) = bars(plot)
    assert bar.get_data().values.tolist() == [9]


def test_few_far_pixels_do_not_squeeze_the_others():
    values = np.random.default_rng(0).normal(100, 10, 100_000).clip(0).astype(np.uint16)
    values[:3] = 60000

    plot = draw_histogram(Figure(), otsu(values).at(105))

    low, high = plot.axes.get_xlim()
    assert 40 < low < high < 160
    assert "pixels beyond this range:" in plot.axes.get_xlabel()


def test_a_class_too_low_to_be_seen_turns_the_axis_logarithmic(nuclei):
    rare = np.append(np.repeat(nuclei[nuclei < 120], 100), [240, 241])

    assert draw_histogram(Figure(), otsu(nuclei)).axes.get_yscale() == "linear"
    assert draw_histogram(Figure(), otsu(rare).at(200)).axes.get_yscale() == "log"
    linear = draw_histogram(Figure(), otsu(rare).at(200), log=False)
    assert linear.axes.get_yscale() == "linear"


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("size", [(3.2, 3), (10, 4)])
def test_nothing_overlaps_or_is_cut_off(nuclei, log, size):
    figure = Figure(figsize=size)
    plot = draw_histogram(figure, multi_otsu(nuclei, 4), log=log)
    figure.draw_without_rendering()

    (legend,) = figure.legends
    below, drawn = legend.get_window_extent(), plot.axes.get_tightbbox()
    assert below.y1 <= drawn.y0
    assert max(below.x1, drawn.x1) <= figure.bbox.x1
    assert plot.axes.get_window_extent().height > 0.2 * figure.bbox.height


def test_drawing_again_replaces_what_was_there(nuclei):
    figure = Figure()
    draw_histogram(figure, otsu(nuclei))
    draw_histogram(figure, otsu(nuclei).at(90), dark=True)

    assert len(figure.axes) == 2
    assert len(figure.legends) == 1
    assert to_hex(figure.get_facecolor()) == "#262930"


@pytest.mark.parametrize(
    ("suffix", "start"), [(".png", b"\x89PNG"), (".svg", b"<?xml"), (".PDF", b"%PDF")]
)
def test_saved_by_suffix_with_nothing_left_beside(nuclei, tmp_path, suffix, start):
    path = save_histogram(otsu(nuclei), tmp_path / f"otsu{suffix}")

    assert path.read_bytes().startswith(start)
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_save_keeps_the_old_picture(nuclei, tmp_path, monkeypatch):
    path = tmp_path / "otsu.png"
    path.write_bytes(b"old")

    def fail(*_, **__):
        raise OSError("disk full")

    monkeypatch.setattr(Figure, "savefig", fail)
    with pytest.raises(OSError, match="disk full"):
        save_histogram(otsu(nuclei), path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_unknown_suffix_and_missing_folder_are_refused(nuclei, tmp_path):
    with pytest.raises(
        ValueError, match=r"as \.png, \.svg, \.pdf, \.csv, got 'otsu\.gif'"
    ):
        save_histogram(otsu(nuclei), tmp_path / "otsu.gif")
    with pytest.raises(FileNotFoundError, match=r"an existing folder, got .*nowhere"):
        save_histogram(otsu(nuclei), tmp_path / "nowhere" / "otsu.png")


def test_neither_pyplot_nor_qt_is_loaded():
    code = (
        "import sys, napari_mobile_unet.thresholding.plot; "
        "sys.exit(any(name in sys.modules for name in ('matplotlib.pyplot', 'qtpy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("classes", [2, 3, 4])
def test_a_moved_plot_shows_what_a_new_one_would(nuclei, classes):
    split = multi_otsu(nuclei, classes)
    elsewhere = split.at(*(threshold + 7 for threshold in split.thresholds))

    moved = draw_histogram(Figure(), split, log=False)
    moved.move(elsewhere)
    fresh = draw_histogram(Figure(), elsewhere, log=False)

    for one, other in zip(moved.classes, fresh.classes, strict=True):
        assert np.array_equal(one.bars.get_data().values, other.bars.get_data().values)
        assert np.array_equal(one.bars.get_data().edges, other.bars.get_data().edges)
        assert np.array_equal(one.spread.get_xdata(), other.spread.get_xdata())
    for one, other in zip(moved.lines, fresh.lines, strict=True):
        assert np.array_equal(one.get_xdata(), other.get_xdata())


def test_a_line_at_the_end_leaves_a_class_empty(nuclei):
    plot = draw_histogram(Figure(), otsu(nuclei))

    plot.move(otsu(nuclei).at(255))

    assert len(bars(plot)) == 1
    plot.figure.savefig("/dev/null", format="png")


def test_a_threshold_for_each_pixel_has_no_line(nuclei):
    plot = draw_histogram(Figure(), otsu(nuclei), local=True)

    assert plot.lines == plot.curves == ()
    (bar,) = bars(plot)
    assert bar.get_data().values.sum() == nuclei.size
    assert "adaptive" in plot.text


def test_the_table_holds_every_pixel_and_the_curve(nuclei, tmp_path):
    split = otsu(nuclei)

    table = pd.read_csv(save_histogram(split, tmp_path / "h.csv"))

    assert table["pixels"].sum() == nuclei.size
    assert table["eta"].max() == pytest.approx(split.separability)
    bright = table["class"] == 1
    assert table["pixels"][bright].sum() == (nuclei > split.threshold).sum()
    assert table["grey_value"][bright].min() > split.threshold


def test_bars_of_one_value_each_are_pixels(nuclei):
    assert draw_histogram(Figure(), otsu(nuclei)).axes.get_ylabel() == "pixels"
