from __future__ import annotations

import subprocess
import sys
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_mobile_unet.images.units import canonical, common_unit, factor, kind_of

SPELLINGS = {
    "micrometer": [
        *("um", "\u00b5m", "\u03bcm", "\\u00B5m", "\\u00b5m", "micron", "microns"),
        *("micrometre", "micrometres", "micrometer", "micrometers", "Micron", " um "),
        *("UM", "MICROMETERS", "\u00b5"),
    ],
    "angstrom": ["\u00c5", "\u212b", "A\u030a", "angstrom", "Angstroms", "Ångström"],
    "picometer": ["pm", "picometre"],
    "nanometer": ["nm", "nanometers", "NM"],
    "millimeter": ["mm", "millimetres", "MM"],
    "megameter": ["Mm"],
    "centimeter": ["cm"],
    "meter": ["m", "metre", "M"],
    "kilometer": ["km"],
    "inch": ["in", "inch", "Inches"],
    "foot": ["ft", "feet"],
    "second": ["s", "sec", "second", "seconds", "Sec"],
    "millisecond": ["ms", "msec"],
    "microsecond": ["us", "\u00b5s", "\u03bcs", "microseconds"],
    "minute": ["min", "minute", "minutes", "Min"],
    "hour": ["h", "hour", "hrs"],
    "day": ["d", "days"],
    "pixel": ["pixel", "Pixels", "px"],
}
LENGTHS = {
    "angstrom": 1e-4,
    "nanometer": 1e-3,
    "micrometer": 1.0,
    "millimeter": 1e3,
    "centimeter": 1e4,
    "inch": 25_400.0,
    "foot": 304_800.0,
    "meter": 1e6,
}
TIMES = {"millisecond": 1e-3, "second": 1.0, "minute": 60.0, "hour": 3600.0}
KNOWN = {"length": LENGTHS, "time": TIMES, "pixel": {"pixel": 1.0}}


@pytest.mark.parametrize(
    ("text", "name"),
    [(text, name) for name, texts in SPELLINGS.items() for text in texts],
)
def test_every_spelling_has_one_name(text: str, name: str) -> None:
    assert canonical(text) == name
    assert canonical(name) == name


@pytest.mark.parametrize(
    "text",
    ["", "none", "A", "kg", "um/s", "um^2", "2 um", "5", "reference frame", "nin"],
)
def test_what_is_no_unit_of_an_axis_is_named(text: str) -> None:
    with pytest.raises(ValueError) as caught:
        canonical(text)
    assert f"received {text!r};" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", KNOWN)
def test_factors_are_exact(kind: str) -> None:
    for (one, size), (other, length) in product(KNOWN[kind].items(), repeat=2):
        assert factor(one, other) == pytest.approx(size / length, rel=1e-14)
        assert kind_of(one) == kind
    assert factor("µm", "nm") == 1000.0  # pint gives 999.9999999999999


@pytest.mark.parametrize(
    ("one", "other"), [("um", "s"), ("pixel", "um"), ("hour", "pixel")]
)
def test_units_of_two_kinds_are_not_converted(one: str, other: str) -> None:
    with pytest.raises(ValueError, match="one kind"):
        factor(one, other)
    with pytest.raises(ValueError, match="one kind"):
        common_unit([one, other])


@given(
    st.sampled_from(sorted(KNOWN)).flatmap(
        lambda kind: st.lists(st.sampled_from(sorted(KNOWN[kind])), min_size=1)
    )
)
def test_one_unit_serves_all_axes_of_a_kind(units: list[str]) -> None:
    unit, factors = common_unit(units)
    sizes = KNOWN[kind_of(units[0])]
    assert len(factors) == len(units)
    for own, times in zip(units, factors, strict=True):
        assert times * sizes[unit] == pytest.approx(sizes[own], rel=1e-14)
    if len(set(units)) == 1:
        assert (unit, set(factors)) == (units[0], {1.0})


def test_usual_units_cost_no_import_of_pint() -> None:
    program = (
        "import sys\n"
        "from napari_mobile_unet.images.units import canonical, common_unit\n"
        "canonical('Micron' if len(sys.argv) > 1 else 'um')\n"
        "common_unit(['sec', 's'])\n"
        "print('pint' in sys.modules)"
    )
    for arguments, imported in (([], "False"), (["rare"], "True")):
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments],
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == imported


@pytest.mark.parametrize("unit", ["volt", "", "pixel/second", "m m"])
def test_what_is_no_unit_of_length_or_time_is_refused(unit: str) -> None:
    with pytest.raises(ValueError, match=f"received {unit!r}; write for example"):
        canonical(unit)
