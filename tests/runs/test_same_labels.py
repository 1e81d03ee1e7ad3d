"""What every kind of recipe gives, to the bit: a change of the code must not change it.

``python tests/runs/test_same_labels.py`` prints the digests anew, for a change that is
meant to give other labels.
"""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage.data
import tifffile

import napari_mobile_unet as nmu

KNOWN = Path(__file__).with_name("same_labels.json")


def zstack() -> Any:
    """Nuclei (12, 256, 256) or alike, two of them empty in the end."""
    return tifffile.imread(
        str(files("napari_mobile_unet_files") / "sample_data" / "nuclei_zstack.tif")
    )


def timelapse() -> Any:
    """Return nuclei that move and divide."""
    return tifffile.imread(
        str(files("napari_mobile_unet_files") / "sample_data" / "nuclei_timelapse.tif")
    )


def tissue() -> Any:
    """Return RGB, stained, 512 × 512."""
    return skimage.data.immunohistochemistry()


def wide() -> Any:
    """Return a plane that is worked on in blocks, with objects on their seams."""
    middle = zstack()[6]
    return np.tile(middle, (2, 5200 // middle.shape[1] + 1))[:, :5200]


U = dict[str, Any]
CASES: dict[str, tuple[Any, str, U]] = {
    "unet": (zstack, "ZYX", {}),
    "unet fp32": (zstack, "ZYX", {"segment": {"precision": "fp32"}}),
    "unet shrunk": (zstack, "ZYX", {"segment": {"diameter": 60}}),
    "unet enlarged": (zstack, "ZYX", {"segment": {"diameter": 14}}),
    "unet not mirrored": (zstack, "ZYX", {"segment": {"mirror": "never"}}),
    "unet plane by plane": (zstack, "ZYX", {"segment": {"scope": "plane"}}),
    "unet colour": (tissue, "YXS", {}),
    "unet stain": (
        tissue,
        "YXS",
        {"steps": [{"kind": "colour", "channel": "haematoxylin"}]},
    ),
    "unet resized": (zstack, "ZYX", {"steps": [{"kind": "resize", "factor": 0.5}]}),
    "unet all objects": (zstack, "ZYX", {"segment": {"min_confidence": 0}}),
    "unet blocks": (wide, "YX", {"objects": {"drop_border": True}}),
    "unet linked over Z": (zstack, "ZYX", {"link": {"method": "iou"}}),
    "unet linked over T": (timelapse, "TYX", {"link": {"method": "iou"}}),
    "unet tracked": (timelapse, "TYX", {"link": {"method": "laptrack"}}),
    "otsu blocks": (wide, "YX", {"segment": {"method": "otsu"}}),
    "otsu linked over Z": (
        zstack,
        "ZYX",
        {"segment": {"method": "otsu"}, "link": {"method": "iou", "gap": 2}},
    ),
    "otsu tracked": (
        timelapse,
        "TYX",
        {"segment": {"method": "otsu"}, "link": {"method": "laptrack"}},
    ),
    "otsu prepared": (
        zstack,
        "ZYX",
        {
            "steps": [
                {"kind": "background"},
                {"kind": "normalise"},
                {"kind": "denoise", "method": "median"},
                {"kind": "contrast"},
            ],
            "segment": {"method": "otsu"},
        },
    ),
    "otsu three classes": (
        zstack,
        "ZYX",
        {"segment": {"method": "otsu", "classes": 3}},
    ),
    "otsu dark": (tissue, "YXS", {"segment": {"method": "otsu", "foreground": "dark"}}),
    "otsu mean of channels": (
        lambda: np.stack([zstack(), zstack()[::-1]], 1),
        "ZCYX",
        {"channel": "mean", "segment": {"method": "otsu"}},
    ),
    "otsu by hand": (zstack, "ZYX", {"segment": {"method": "otsu", "values": [300]}}),
} | {
    f"{method} by {scope}": (
        zstack,
        "ZYX",
        {"segment": {"method": method, "scope": scope}},
    )
    for method in (
        "otsu",
        "triangle",
        "li",
        "yen",
        "isodata",
        "mean",
        "adaptive",
    )
    for scope in ("stack", "plane")
}


def labels_of(name: str) -> Any:
    """Return the labels of a case."""
    image, axes, settings = CASES[name]
    segment = {"method": "unet"} | settings.get("segment", {})
    recipe = nmu.Recipe.model_validate(settings | {"segment": segment})
    return nmu.segment(image(), recipe, axes=axes)


def described(labels: Any) -> dict[str, Any]:
    """Return a digest of labels, and what is alike where processors differ."""
    digest = hashlib.sha256(f"{labels.dtype.str}{labels.shape}".encode())
    digest.update(np.ascontiguousarray(labels).tobytes())
    return {
        "sha256": digest.hexdigest(),
        "objects": int(len(np.unique(labels)) - 1),
        "area": int((labels > 0).sum()),
    }


def network_digest() -> str:
    """Return a digest of the network's maps; processors differ in the last digit."""
    plane = np.linspace(0, 1, 544 * 544, dtype=np.float32).reshape(544, 544)
    maps = nmu.UNet(diameter=24, limits=(0, 1), mirror="never")
    from napari_mobile_unet.unet.model import model_of

    digest = hashlib.sha256()
    for precision in ("int8", "fp32"):
        seen = maps.replace(precision=precision).maps(
            np.sin(50 * plane), model_of("nuclei")
        )
        digest.update(seen.tobytes())
    return digest.hexdigest()


@pytest.fixture(scope="module")
def known() -> dict[str, Any]:
    """Return what the cases gave when they were recorded."""
    return dict(json.loads(KNOWN.read_text("utf-8")))


@pytest.mark.parametrize("name", CASES)
def test_labels_are_what_they_were(name: str, known: dict[str, Any]) -> None:
    now, before = described(labels_of(name)), known[name]
    if now == before:
        return
    # Another processor's kernels round the network's maps another way.
    assert name.startswith("unet"), f"{before} became {now}"
    assert network_digest() != known["network"], f"{before} became {now}"
    assert now["objects"] == pytest.approx(before["objects"], rel=0.01, abs=1)
    assert now["area"] == pytest.approx(before["area"], rel=0.01)


if __name__ == "__main__":
    print(
        json.dumps(
            {"network": network_digest()}
            | {name: described(labels_of(name)) for name in CASES},
            indent=1,
        )
    )
