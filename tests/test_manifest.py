"""The manifest that napari reads is the one at the root, and all of it exists."""

from __future__ import annotations

from importlib import import_module
from importlib.resources import files
from pathlib import Path

import yaml
from npe2 import PluginManifest

ROOT = Path(__file__).parents[1]


def manifest() -> PluginManifest:
    return PluginManifest.from_distribution("napari-mobile-unet")


def test_the_installed_manifest_is_the_one_at_the_root() -> None:
    installed = Path(str(files("napari_mobile_unet_files") / "napari.yaml"))
    assert installed.read_text("utf-8") == (ROOT / "napari.yaml").read_text("utf-8")


def test_the_installed_samples_are_those_at_the_root() -> None:
    installed = Path(str(files("napari_mobile_unet_files") / "sample_data"))
    shipped = {path.name: path for path in (ROOT / "sample_data").glob("*.*")}
    del shipped["make.py"]  # makes them; only the sdist has it
    assert {path.name for path in installed.iterdir()} == set(shipped)
    for name, path in shipped.items():
        assert (installed / name).read_bytes() == path.read_bytes(), name


def test_docks_and_samples_are_offered_by_name() -> None:
    contributions = manifest().contributions
    assert [w.display_name for w in contributions.widgets or ()] == [
        "Pre-process",
        "Otsu threshold",
        "Mobile U-Net",
        "Correct labels",
        "Batch",
        "Evaluate labels",
        "Measure objects",
        "Teach a model",
    ]
    assert len(contributions.sample_data or ()) == 4
    writers = contributions.writers or ()
    assert {(*w.layer_types, w.display_name) for w in writers} == {
        (kind, form)
        for kind in ("image", "labels")
        for form in ("OME-TIFF", "OME-Zarr")
    }
    (reader,) = contributions.readers or ()
    assert reader.filename_patterns == [
        "*.tif", "*.tiff", "*.zarr", "*.geojson", "*.roi", "*.zip", "*_seg.npy",
    ]  # fmt: skip
    assert set(contributions.menus or {}) == {
        "napari/layers/filter",
        "napari/layers/segment",
        "napari/layers/annotate",
        "napari/layers/measure",
    }


def test_sample_commands_exist_and_give_layers() -> None:
    for command in manifest().contributions.commands or ():
        module, _, name = (command.python_name or "").partition(":")
        if ".widgets." in module:  # opened by the GUI tests
            continue
        for data, keywords, kind in getattr(import_module(module), name)():
            assert data.ndim >= 2
            assert kind in ("image", "labels")
            assert keywords["name"]


def test_the_manifest_is_plain_yaml_of_the_package() -> None:
    content = yaml.safe_load((ROOT / "napari.yaml").read_text("utf-8"))
    assert content["name"] == "napari-mobile-unet"
