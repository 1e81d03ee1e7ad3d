"""Nuclei that never lived: seeded images with their truth, seen through a microscope.

``python sample_data/make.py OUT`` makes the files of this folder again.

A nucleus is an ellipse or ellipsoid with an uneven outline, filled with chromatin
(noise of two grain sizes), darker nucleoli and a brightness of its own. The
microscope adds blur, haze from out of focus, a background, photon noise and a
camera's offset. A seed always gives the same pixels.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import imageio.v3 as imageio
import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter, map_coordinates

from napari_mobile_unet.images.stack import Stack
from napari_mobile_unet.io.write import write_image
from napari_mobile_unet.samples.files import Sample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from napari_mobile_unet.types import Reals


HEIGHT = WIDTH = 256
"""Size of a plane, in pixels."""


def nuclei_zstack(seed: int = 0, n_planes: int = 12) -> Sample:
    """Return a confocal Z-stack of a layer of nuclei, some of them touching.

    Parameters
    ----------
    seed : int
        Of the random numbers.
    n_planes : int
        Planes, 1 µm apart.

    Returns
    -------
    Sample
        (Z, Y, X) = (n_planes, 256, 256) uint16, 1 × 0.25 × 0.25 µm.
    """
    rng = np.random.default_rng(seed)
    # Two layers a plane, or a nucleus would end in steps where the blur of a
    # microscope makes it fade.
    step = np.array([0.5, 0.25, 0.25])
    shape = (2 * n_planes, HEIGHT, WIDTH)
    grid = np.indices(shape, float) * step[:, None, None, None]

    ripple = 0.08 * _noise(rng, shape, 1.8 / step)
    nearest = np.ones(shape)
    labels = np.zeros(shape, np.uint16)
    brightness = np.zeros(shape)
    centres = _scatter(rng, np.array(shape) * step, 32, 9.0)
    for label, centre in enumerate(centres, start=1):
        first = np.maximum((centre - 8) / step, 0).astype(int)
        last = np.maximum((centre + 8) / step, 0).astype(int)
        box = tuple(map(slice, first, last))
        z, y, x = grid[(slice(None), *box)] - centre[:, None, None, None]
        u, v = _rotate(y, x, rng.uniform(0, np.pi))
        a, b, c = rng.uniform((2.6, 4.7, 3.7), (3.4, 6.0, 4.7))
        # 1 on the surface; where two nuclei meet, the deeper one has the voxel.
        depth = np.sqrt((z / a) ** 2 + (u / b) ** 2 + (v / c) ** 2) + ripple[box]
        inside = depth < nearest[box]
        nearest[box][inside] = depth[inside]
        labels[box][inside] = label
        brightness[box][inside] = rng.lognormal(0, 0.22)

    grains = 0.26 * _noise(rng, shape, 0.3 / step) + 0.22 * _noise(
        rng, shape, 0.8 / step
    )
    nucleoli = 1 - 0.6 * (_noise(rng, shape, 0.75 / step) > 1.35)
    light = brightness * np.exp(grains) * nucleoli
    focus = gaussian_filter(light, np.array([0.8, 0.16, 0.16]) / step)
    haze = gaussian_filter(light, np.array([2.4, 1.8, 1.8]) / step)
    photons = 7 + 170 * (0.86 * focus + 0.14 * haze)[::2]
    image = Stack.from_array(
        _camera(rng, photons, 1.8, 100, 3, np.uint16),
        "ZYX",
        scale=(1.0, 0.25, 0.25),
        units=("micrometer",) * 3,
    )
    return Sample(image, image.on_axes(labels[::2].copy(), "ZYX"))


def nuclei_timelapse(seed: int = 0, n_frames: int = 12) -> Sample:
    """Return a widefield time-lapse of moving nuclei, three of which divide.

    A dividing nucleus condenses, lines up as a bright plate, and in the next
    frame is two daughters with ids of their own; its own id ends. The fluorophore
    bleaches slowly, and the field is darker towards its corners.

    Parameters
    ----------
    seed : int
        Of the random numbers.
    n_frames : int
        Frames, 5 minutes apart; the divisions fall on frames 4, 6 and 9.

    Returns
    -------
    Sample
        (T, Y, X) = (n_frames, 256, 256) uint8, 5 min × 0.5 × 0.5 µm, with its
        lineage.
    """
    rng = np.random.default_rng(seed)
    extent = np.array([HEIGHT, WIDTH], float)
    cells = [
        _Cell(
            label=label,
            centre=centre,
            velocity=rng.normal(0, 0.8, 2),
            angle=rng.uniform(0, np.pi),
            radii=np.array([rng.uniform(12.5, 15.5), rng.uniform(9, 11.5)]),
            brightness=rng.lognormal(0, 0.22),
            texture=_texture(rng),
        )
        for label, centre in enumerate(_scatter(rng, extent, 34, 25), start=1)
    ]
    inner = sorted(cells, key=lambda cell: np.abs(cell.centre - extent / 2).max())
    for cell, frame in zip(inner[2::4], (4, 6, 9), strict=False):
        cell.divides = frame
    parents = {cell.label: 0 for cell in cells}
    y, x = np.indices((HEIGHT, WIDTH)) / extent[:, None, None] - 0.5
    vignette = 1 - 0.6 * (y**2 + x**2)

    image = np.empty((n_frames, HEIGHT, WIDTH), np.uint8)
    labels = np.empty(image.shape, np.uint16)
    for frame in range(n_frames):
        if frame:
            _move(rng, cells)
            for mother in [cell for cell in cells if cell.divides == frame]:
                cells.remove(mother)
                for side in (-1, 1):
                    label = len(parents) + 1
                    parents[label] = mother.label
                    cells.append(_daughter(rng, mother, side, label))
        light, labels[frame] = _render(cells, frame)
        blurred = 0.85 * gaussian_filter(light, 1.0) + 0.15 * gaussian_filter(light, 9)
        photons = (9 + 66 * blurred) * vignette * np.exp(-0.03 * frame)
        image[frame] = _camera(rng, photons, 1.0, 5, 1.2, np.uint8)
    stack = Stack.from_array(
        image,
        "TYX",
        scale=(5.0, 0.5, 0.5),
        units=("minute", "micrometer", "micrometer"),
    )
    lineage = _lineage(labels, parents)
    return Sample(stack, stack.on_axes(labels, "TYX"), lineage)


def tissue(seed: int = 0) -> Stack:
    """Return stained tissue in transmitted light: haematoxylin on eosin.

    Stains absorb, each colour by itself (Ruifrok and Johnston 2001).

    Parameters
    ----------
    seed : int
        Of the random numbers.

    Returns
    -------
    Stack
        (Y, X, S) = (256, 256, 3) uint8, of unknown size.
    """
    rng = np.random.default_rng(seed)
    cells = [
        _Cell(
            label=label,
            centre=centre,
            velocity=np.zeros(2),
            angle=rng.uniform(0, np.pi),
            radii=np.array([rng.uniform(9.5, 12.5), rng.uniform(7.5, 9.5)]),
            brightness=rng.lognormal(0, 0.15),
            texture=_texture(rng),
        )
        for label, centre in enumerate(
            _scatter(rng, np.array([HEIGHT, WIDTH], float), 52, 20), start=1
        )
    ]
    nuclei = gaussian_filter(_render(cells, 0)[0], 0.8)
    fibres = _noise(rng, (HEIGHT, WIDTH), (2, 9)) + _noise(rng, (HEIGHT, WIDTH), 14)
    eosin = np.clip(0.3 + 0.06 * fibres, 0.05, None)
    stains = np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11]])
    density = np.stack([0.9 * nuclei, eosin], axis=-1) @ stains
    photons = 1200 * np.exp(-density)
    return Stack.from_array(_camera(rng, photons, 0.2, 0, 1, np.uint8), "YXS")


@dataclass(eq=False)
class _Cell:
    """A nucleus on its way through the frames; lengths are in pixels."""

    label: int
    centre: Reals
    velocity: Reals
    angle: float
    radii: Reals
    brightness: float
    texture: Reals
    divides: int | None = None
    age: int = 99

    def look(self, frame: int) -> tuple[Reals, float]:
        """Return the radii and the brightness in this frame of the cell's cycle."""
        if self.divides is not None and self.divides - frame == 2:  # condensing
            return 0.9 * self.radii, 1.3 * self.brightness
        if self.divides is not None and self.divides - frame == 1:  # a plate
            return np.array([11.0, 4.2]), 2.1 * self.brightness
        condensed = 0.5**self.age  # 1 just after the division
        slim = np.array([0.2, 0.45]) * condensed
        return self.radii * (1 - slim), (1 + 0.9 * condensed) * self.brightness


def _daughter(rng: np.random.Generator, mother: _Cell, side: int, label: int) -> _Cell:
    """Return a daughter beside the plate that her mother was."""
    across = side * np.array([-np.sin(mother.angle), np.cos(mother.angle)])
    return _Cell(
        label=label,
        centre=mother.centre + 7.5 * across,
        velocity=1.6 * across,
        angle=mother.angle,
        radii=0.82 * mother.radii,
        brightness=mother.brightness,
        texture=_texture(rng),
        age=0,
    )


def _move(rng: np.random.Generator, cells: Sequence[_Cell]) -> None:
    """Let the cells grow older, drift, turn, and push each other apart."""
    for cell in cells:
        cell.age += 1
        cell.velocity = 0.75 * cell.velocity + rng.normal(0, 0.7, 2)
        cell.centre = cell.centre + cell.velocity
        cell.angle += rng.normal(0, 0.06)
    for cell, other in permutations(cells, 2):
        apart = cell.centre - other.centre
        distance = float(np.hypot(*apart))
        room = 0.92 * float(cell.radii.mean() + other.radii.mean())
        if distance < room:
            cell.centre = cell.centre + 0.25 * (room / distance - 1) * apart


def _render(cells: Sequence[_Cell], frame: int) -> tuple[Reals, NDArray[np.uint16]]:
    """Return the light that one frame's nuclei give off, and their labels."""
    light = np.zeros((HEIGHT, WIDTH))
    labels = np.zeros(light.shape, np.uint16)
    nearest = np.ones(light.shape)
    grid = np.indices(light.shape, float)
    for cell in cells:
        radii, brightness = cell.look(frame)
        y, x = grid - cell.centre[:, None, None]
        u, v = _rotate(y, x, cell.angle)
        # Three soft lobes, of a phase that is the cell's own, keep it from being
        # a perfect ellipse.
        lobes = 0.05 * np.cos(3 * np.arctan2(v, u) + cell.label)
        depth = np.hypot(u / radii[0], v / radii[1]) + lobes
        inside = depth < nearest
        middle = (len(cell.texture) - 1) / 2
        place = np.stack([u[inside], v[inside]]) + middle
        grain = map_coordinates(cell.texture, place, order=1, mode="nearest")
        # A widefield image sums over the nucleus' thickness: brighter inside.
        thickness = np.clip(1 - depth[inside] ** 2, 0, 1) ** 0.3
        light[inside] = brightness * thickness * grain
        labels[inside] = cell.label
        nearest[inside] = depth[inside]
    return light, labels


def _lineage(labels: NDArray[np.uint16], parents: dict[int, int]) -> pd.DataFrame:
    """Return when each object is first and last seen, and what it came from."""
    rows = []
    for label, parent in parents.items():
        frames = np.flatnonzero((labels == label).any(axis=(1, 2)))
        if len(frames):
            rows.append((label, frames[0], frames[-1], parent))
    return pd.DataFrame(rows, columns=["label", "begin", "end", "parent"], dtype=int)


def _scatter(
    rng: np.random.Generator, extent: Reals, n_most: int, spacing: float
) -> list[Reals]:
    """Return centres at least `spacing` apart, every second one beside another.

    The last two axes are filled to a little beyond the border; along the first of
    three, centres gather around the middle.
    """
    centres: list[Reals] = []
    for attempt in range(60 * n_most):
        centre = rng.uniform(-0.02, 1.02, len(extent)) * extent
        if centres and attempt % 2:
            angle = rng.uniform(0, 2 * np.pi)
            step = spacing * rng.uniform(1, 1.06)
            other = centres[rng.integers(len(centres))]
            centre[-2:] = other[-2:] + step * np.array([np.sin(angle), np.cos(angle)])
        if len(extent) == 3:
            centre[0] = extent[0] * np.clip(rng.normal(0.5, 0.11), 0.25, 0.75)
        within = (centre > -0.02 * extent).all() and (centre < 1.02 * extent).all()
        apart = [np.hypot(*(centre - other)[-2:]) for other in centres]
        if within and min(apart, default=np.inf) >= spacing:
            centres.append(centre)
        if len(centres) == n_most:
            break
    return centres


def _rotate(y: Reals, x: Reals, angle: float) -> tuple[Reals, Reals]:
    """Return coordinates along and across an axis at an angle to Y."""
    along, across = np.cos(angle), np.sin(angle)
    return along * y + across * x, along * x - across * y


def _noise(rng: np.random.Generator, shape: tuple[int, ...], grain: ArrayLike) -> Reals:
    """Return smooth noise of mean 0 and variance 1, with grains of a size in pixels."""
    smooth = gaussian_filter(rng.standard_normal(shape), grain, mode="wrap")
    return np.asarray((smooth - smooth.mean()) / smooth.std())


def _texture(rng: np.random.Generator) -> Reals:
    """Return (41, 41) the chromatin of one nucleus: grains and dark nucleoli."""
    shape = (41, 41)
    fine, coarse = _noise(rng, shape, 1.1), _noise(rng, shape, 3)
    nucleoli = 1 - 0.4 * (_noise(rng, shape, 2) > 1.5)
    return np.asarray(np.exp(0.22 * fine + 0.15 * coarse) * nucleoli)


def _camera(
    rng: np.random.Generator,
    photons: Reals,
    gain: float,
    offset: float,
    read_noise: float,
    dtype: type[np.unsignedinteger[Any]],
) -> NDArray[Any]:
    """Return what a camera reads for these expected numbers of photons."""
    # The last digits of a blurred image differ between processors; without them
    # the random numbers, and so the pixels, are the same everywhere.
    expected = np.round(photons * 64) / 64
    counts = offset + gain * rng.poisson(expected)
    counts += np.round(rng.normal(0, read_noise, photons.shape) * 64) / 64
    return np.asarray(np.rint(counts).clip(0, np.iinfo(dtype).max), dtype)


def write_sample(sample: Sample, folder: Path, name: str) -> None:
    """Write ``<name>.tif``, ``<name>_labels.tif`` and a lineage, if there is one."""
    write_image(folder / f"{name}.tif", replace(sample.image, name=name))
    labels = f"{name}_labels"
    write_image(folder / f"{labels}.tif", replace(sample.labels, name=labels))
    if sample.lineage is not None:
        path = folder / f"{name}_lineage.csv"
        sample.lineage.to_csv(path, index=False, lineterminator="\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description="Make the sample images again; the same pixels every time."
    )
    parser.add_argument("out", type=Path, help="folder to write to")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    for make in (nuclei_zstack, nuclei_timelapse):
        write_sample(make(), out, make.__name__)
    imageio.imwrite(out / "tissue.png", np.asarray(tissue().data))
