"""What a recipe takes from a whole stack, found once before the first plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mobile_unet.images.sampling import (
    sampled,
    spaced,
    windows_of,
)
from napari_mobile_unet.images.windows import (
    BLOCK,
    MARGIN,
    is_large,
    middle_window,
)
from napari_mobile_unet.parallel.cancel import checkpoint
from napari_mobile_unet.preprocessing.chain import apply_steps, fit_steps
from napari_mobile_unet.preprocessing.steps import AnyStep, Resize
from napari_mobile_unet.recipes.recipe import Recipe
from napari_mobile_unet.recipes.record import Record
from napari_mobile_unet.thresholding.foreground import Foreground
from napari_mobile_unet.thresholding.histogram import count_planes
from napari_mobile_unet.thresholding.otsu import Split, otsu
from napari_mobile_unet.thresholding.threshold import Threshold
from napari_mobile_unet.unet.colour import CHANNELS
from napari_mobile_unet.unet.diameter import trial_planes
from napari_mobile_unet.unet.engine import STEP, TileCache
from napari_mobile_unet.unet.model import model_of
from napari_mobile_unet.unet.segment import UNet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.types import Plane

    Steps = tuple[AnyStep, ...]


class Fitted(Record):
    """A recipe with all that is taken from the whole stack found already.

    With it each plane can be segmented on its own, anywhere, with one outcome.
    """

    recipe: Recipe
    """Its steps and its U-Net carry the grey ranges of the stack."""
    split: Split | None = None
    """The threshold that all planes share, if they share one."""

    def choices(self, asked: Recipe) -> str:
        """Return what was found in the image, where the recipe left it open.

        Parameters
        ----------
        asked : Recipe
            That was fitted.

        Returns
        -------
        str
            In a few words; empty where nothing was left open.
        """
        before, found = asked.segment, self.recipe.segment
        said = []
        if self.recipe.of_classes:
            return ""
        if isinstance(before, UNet) and isinstance(found, UNet):
            if before.colour == "auto" and found.colour in CHANNELS:
                said.append(
                    f"{found.colour} channel of the RGB image, where the model finds "
                    "most"
                )
            if not before.diameter:
                across = f"{found.diameter:.0f} pixels across"
                said.append(f"objects taken to be about {across}")
        elif isinstance(found, Threshold) and self.split is not None:
            said.append(f"foreground {found.foreground_of(self.split)}")
        return "; ".join(said)


def tile_cache(stack: Stack) -> TileCache | None:
    """Return a cache for `fit` and the run after it, if they meet on one plane.

    Of several planes the search for the diameter sees a few, and the time that a
    cache would save is lost in that of the others.
    """
    return TileCache() if stack.n_planes == 1 else None


def fit(stack: Stack, recipe: Recipe, cache: TileCache | None = None) -> Fitted:
    """Return the recipe fitted to a stack.

    Grey ranges come from at most ``SAMPLE`` evenly spaced planes, and of large
    planes from ``WINDOWS``² windows; a threshold over the stack counts every pixel.

    Parameters
    ----------
    stack : Stack
        The image.
    recipe : Recipe
        What is done.
    cache : TileCache, optional
        Of ``tile_cache``; keeps what the segmentation need not compute again.

    Raises
    ------
    ValueError
        If a step or the model does not fit the image, there is no finite value to
        split, or something is done to classes that only objects can be.
    """
    recipe.check_classes()
    check_channels(stack, recipe)
    steps = fit_to_stack(stack, recipe.steps)
    method = recipe.segment
    if isinstance(method, UNet):
        method = _fit_unet(method, stack, steps, spaced(stack), cache)
        channel = "all" if "C" in stack.axes else recipe.channel
        fitted = recipe.replace(channel=channel, steps=steps, segment=method)
        return Fitted(recipe=fitted)
    split = None
    if method.scope == "plane" and method.foreground == "auto":
        # One side for all: noise in an empty plane would decide for itself.
        found = stack_foreground(stack, steps)
        method = method.replace(foreground=found.side)
    if method.scope == "stack":
        numbers = range(stack.n_planes)
        counts = count_planes(lambda: _prepared(stack, steps, numbers))
        split = method.split(counts).shared
    return Fitted(recipe=recipe.replace(steps=steps, segment=method), split=split)


def check_channels(stack: Stack, recipe: Recipe) -> None:
    """Refuse a model that sees other channels than those of a stack.

    Raises
    ------
    ValueError
        If the stack has several side by side, and the model sees one, or others.
    """
    method = recipe.segment
    seen = model_of(method.model).card.channel_names if isinstance(method, UNet) else ()
    name = method.model if isinstance(method, UNet) else method.method
    there = stack.sizes.get("C", 0)
    if there == len(seen) and not (there and recipe.steps):
        return
    if not seen or recipe.steps:
        raise ValueError(
            "channels side by side are for a network that was taught so, and are not "
            f"prepared; received {there} for {name!r}; choose one of them, mean or max"
        )
    raise ValueError(
        f"the model {name!r} sees {len(seen)} channels side by side "
        f"({', '.join(seen)}); received {there or 'one'}; choose all channels (the "
        'channel "all") of an image that has them'
    )


def stack_foreground(stack: Stack, steps: Steps = ()) -> Foreground:
    """Return which end of the grey values of a stack is the objects, and why.

    Seen in at most ``SAMPLE`` evenly spaced planes, split by Otsu's threshold; where
    there is no finite value, the bright end.
    """
    try:
        seen = count_planes(
            lambda: (apply_steps(steps, sampled(stack, n)) for n in spaced(stack))
        )
    except ValueError:
        return Foreground(side="bright", reason="fewer pixels")
    return otsu(seen).foreground


def fit_to_stack(stack: Stack, steps: Steps) -> Steps:
    """Return pre-processing steps with the grey ranges of the stack.

    Raises
    ------
    ValueError
        If a step does not fit the image.
    """
    if not steps:
        return steps
    return fit_steps(steps, (sampled(stack, number) for number in spaced(stack)))


def fit_to_plane(stack: Stack, number: int, fitted: Fitted) -> Fitted | None:
    """Return a fitted recipe for the blocks of one large plane.

    What it takes from each plane must not differ from block to block. None for a
    plane without a finite value, of which there is nothing to take.

    Raises
    ------
    ValueError
        If a step wants the plane in a size of its own.
    """
    recipe = fitted.recipe
    for step in recipe.steps:
        if isinstance(step, Resize) and step.by == "size":
            raise ValueError(
                f"a plane of {stack.plane_shape} is worked on in blocks, which cannot "
                f"be resized to {step.height} × {step.width}; resize by a factor"
            )
    plane = sampled(stack, number)
    if not np.isfinite(plane).any() and not any(
        np.isfinite(stack.plane(number, window)).any() for window in windows_of(stack)
    ):
        return None
    steps = fit_steps_to(recipe.steps, plane)
    objects = recipe.objects.replace(drop_border=False)
    recipe = recipe.replace(objects=objects)
    method = recipe.segment
    if isinstance(method, UNet):
        method = in_parts(_fit_unet(_shared(method), stack, steps, [number]))
        return Fitted(recipe=recipe.replace(steps=steps, segment=method))
    split = fitted.split
    if split is None:
        counts = count_planes(lambda: _prepared(stack, steps, [number]))
        split = method.split(counts).shared
    return Fitted(recipe=recipe.replace(steps=steps), split=split)


def _fit_unet(
    method: UNet,
    stack: Stack,
    steps: Steps,
    numbers: list[int],
    cache: TileCache | None = None,
) -> UNet:
    """Return the settings with the grey range and object size of some planes.

    The size is found in one piece of a large plane: windows of it that are put side
    by side cut objects, and show others where none are.
    """
    planes = (apply_steps(steps, sampled(stack, number)) for number in numbers)
    if not is_large(stack.plane_shape):
        return method.fit(planes, cache=cache)
    window = middle_window(stack.plane_shape, BLOCK + 2 * MARGIN, STEP)
    seen = (stack.plane(number, window) for number in trial_planes(numbers))
    return method.fit(planes, (apply_steps(steps, plane) for plane in seen))


def in_parts(method: UNet) -> UNet:
    """Return settings under which parts of a plane are what they are in the whole."""
    return method.replace(mirror="never") if method.mirror == "auto" else method


def _prepared(stack: Stack, steps: Steps, numbers: Iterable[int]) -> Iterator[Plane]:
    """Yield planes after the steps, large ones block by block."""
    large = bool(steps) and is_large(stack.plane_shape)
    for number in numbers:
        own = fit_steps_to(steps, sampled(stack, number)) if large else steps
        for window in windows_of(stack):
            checkpoint()
            yield apply_steps(own, stack.plane(number, window))


def fit_steps_to(steps: Steps, plane: Plane) -> Steps:
    """Return steps under which parts of a plane become what they do in the whole."""
    fitted = []
    for step in steps:
        own = _shared(step).fit([plane]).fit_to_plane(plane)
        fitted.append(own)
        plane = own.apply(plane)
    return tuple(fitted)


def _shared(settings: Any) -> Any:
    """Return settings that look at all they are fitted to together."""
    if getattr(settings, "scope", "stack") == "stack":
        return settings
    return settings.replace(scope="stack")
