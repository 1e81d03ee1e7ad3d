"""What each tool of the page *Correct* wants to be done where it is used."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from napari_mobile_unet.corrections.change import read_box
from napari_mobile_unet.corrections.locks import listed
from napari_mobile_unet.corrections.operations import (
    draw,
    fit,
    merge,
    numbers,
    one_click,
    outline,
    planes,
    remove,
    split,
    tracks,
)
from napari_mobile_unet.corrections.operations.parts import drawn_line
from napari_mobile_unet.corrections.operations.window import box_of, box_of_points
from napari_mobile_unet.widgets.correct.situation import Edit, Situation

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_mobile_unet.corrections.change import Change
    from napari_mobile_unet.types import AnyLabels
    from napari_mobile_unet.widgets.correct.plane_maps import Maps


def delete(s: Situation) -> Edit:
    """Delete the chosen objects in the planes of the scope."""
    changes = remove.delete(s.session.labels, s.session.index, s.ids, s.planes)
    return Edit(changes, f"delete {listed(s.ids)}", frozenset(s.ids))


def merge_objects(s: Situation) -> Edit:
    """Merge the chosen objects, or those under a line; the first keeps its id."""
    ids = _under_line(s) if s.points else list(s.ids)
    changes = merge.merge(s.session.labels, s.session.index, ids, s.planes)
    return Edit(changes, f"merge {listed(ids)}", frozenset(ids))


def split_object(s: Situation) -> Edit:
    """Split the chosen object in two: along the model's seam, or where it is narrow."""
    seams = _seams(s, s.own)
    changes = split.split_in_two(
        s.session.labels, s.session.index, s.own, s.plane, s.planes, landscape=seams
    )
    how = "where it is narrow" if seams is None else "along the model's seam"
    return Edit(changes, f"split {s.own} {how}", frozenset(s.ids[:1]))


def split_along(s: Situation) -> Edit:
    """Split the object that most of a line lies on."""
    own = _mostly_under_line(s)
    changes = split.split_by_line(
        s.session.labels, s.session.index, own, s.points, s.plane, s.planes
    )
    return Edit(changes, f"split {own} along a line", frozenset({own}))


def split_by_seeds(s: Situation) -> Edit:
    """Split the object under the first seed, one part for each seed."""
    own = _under_first(s) or s.own
    seams = _seams(s, own)
    changes = split.split_by_seeds(
        s.session.labels,
        s.session.index,
        own,
        s.points,
        s.plane,
        s.planes,
        landscape=seams,
    )
    how = "" if seams is None else " along the model's seams"
    return Edit(changes, f"split {own} by seeds{how}", frozenset({own}))


def cut_off(s: Situation) -> Edit:
    """Remove what lies on the smaller side of a line."""
    own = _mostly_under_line(s)
    changes = split.cut_off(
        s.session.labels, s.session.index, own, s.points, s.plane, s.planes
    )
    return Edit(changes, f"cut a part off {own}", frozenset({own}))


def draw_object(s: Situation) -> Edit:
    """Make an object of an outline, on background alone."""
    changes = draw.draw_object(s.session.labels, s.session.index, s.points, s.plane)
    return Edit(changes, f"draw {s.session.index.next_id}")


def redraw_outline(s: Situation) -> Edit:
    """Replace a part of an object's outline by a stroke."""
    chosen_is_met = s.own in _ids_under_line(s)
    own = s.own if chosen_is_met else _mostly_under_line(s) or s.own
    changes = outline.redraw_outline(
        s.session.labels, s.session.index, own, s.points, s.plane
    )
    return Edit(changes, f"redraw the outline of {own}", frozenset({own}))


def find_object(s: Situation) -> Edit:
    """Make an object of what a click hits: by the model, else by a local Otsu."""
    labels, index, place = s.session.labels, s.session.index, s.points[0]
    text = f"object {index.next_id} by a click"
    maps, spot = s.maps(), box_of_points(s.points, s.session.labels.shape)
    if maps is not None and maps.covers(spot):
        with suppress(ValueError):  # of an object that the model does not see
            changes = one_click.object_at(labels, index, place, s.plane, maps=maps)
            return Edit(changes, f"{text}, as the model sees it")
    image = s.image()
    if image is None:
        raise ValueError(
            "an object is found in the image under the click; there is no visible "
            "image of the labels' size; show one, or draw the object (J)"
        )
    changes = one_click.object_at(labels, index, place, s.plane, image=image)
    return Edit(changes, f"{text}, by a local Otsu threshold")


def take_over(s: Situation) -> Edit:
    """Copy the object under a click from other labels, onto background alone."""
    row, column = (int(np.round(each)) for each in s.points[0])
    height, width = s.session.labels.shape[-2:]
    inside = 0 <= row < height and 0 <= column < width
    for source in s.others() if inside else ():
        there = np.asarray(source[(*s.plane, slice(None), slice(None))])
        own = int(there[row, column])
        if own:
            box = box_of(there == own)
            assert box is not None
            changes = draw.adopt(
                s.session.labels, s.session.index, source, box, own, s.plane
            )
            return Edit(changes, f"take over {s.session.index.next_id}")
    raise ValueError(
        "an object is taken over from another labels layer of this size; none that is "
        "visible has one here; show the layer, and click on an object of it"
    )


def segment_box(s: Situation) -> Edit:
    """Replace what lies in a box by what was found there; locked objects stay."""
    assert s.found is not None
    changes = fit.resegment(
        s.session.labels,
        s.session.index,
        s.points,
        s.plane,
        s.found,
        keep=s.session.locks.ids,
    )
    return Edit(changes, "segment a box anew")


def in_shape(
    operation: Callable[..., list[Change]], text: str, *sizes: float
) -> Callable[[Situation], Edit]:
    """Return the use of an operation on the shape of the chosen objects."""

    def use(s: Situation) -> Edit:
        changes = operation(s.session.labels, s.session.index, s.ids, *sizes, s.planes)
        return Edit(changes, f"{text} {listed(s.ids)}", frozenset(s.ids))

    return use


def separate_pieces(s: Situation) -> Edit:
    """Give each piece of the chosen objects an id of its own."""
    changes = numbers.separate_pieces(
        s.session.labels, s.session.index, s.ids, s.planes
    )
    return Edit(changes, f"separate the pieces of {listed(s.ids)}", frozenset(s.ids))


def interpolate(s: Situation) -> Edit:
    """Fill the planes between those that an object is on."""
    changes = planes.interpolate(s.session.labels, s.session.index, s.own, s.planes)
    return Edit(changes, f"interpolate {s.own}", frozenset(s.ids[:1]))


def copy_on(s: Situation) -> Edit:
    """Copy the chosen objects to the next plane of the scope."""
    here = s.planes.index(s.plane)
    following = s.planes[here + 1 : here + 2]
    if not following:
        raise ValueError(
            "objects are copied to the next plane; this is the last one of the scope; "
            "choose an earlier plane, and the scope “from here on”"
        )
    changes = planes.copy_to(
        s.session.labels, s.session.index, s.ids, s.plane, following
    )
    return Edit(changes, f"copy {listed(s.ids)} to the next plane", frozenset(s.ids))


def give_new_id(s: Situation) -> Edit:
    """Give an object a new id in the planes of the scope."""
    changes = numbers.relabel(s.session.labels, s.session.index, s.own, None, s.planes)
    new = s.session.index.next_id
    return Edit(changes, f"{s.own} becomes {new}", frozenset(s.ids[:1]))


def join_tracks(s: Situation) -> Edit:
    """Make one track of two objects that share no plane."""
    first, second = _two(s)
    every = sorted(
        {*s.session.index.planes_of(first), *s.session.index.planes_of(second)}
    )
    changes = tracks.join_tracks(
        s.session.labels, s.session.index, first, second, every
    )
    return Edit(changes, f"join {first} and {second}", frozenset((first, second)))


def cut_track(s: Situation) -> Edit:
    """Make another track of an object from the visible plane on."""
    from_here = [p for p in s.session.index.planes_of(s.own) if p >= s.plane]
    changes = tracks.cut_track(s.session.labels, s.session.index, s.own, from_here)
    return Edit(changes, f"cut the track of {s.own}", frozenset(s.ids[:1]))


def swap_tracks(s: Situation) -> Edit:
    """Swap the ids of two objects from the visible plane on."""
    first, second = _two(s)
    of_both = {*s.session.index.planes_of(first), *s.session.index.planes_of(second)}
    from_here = sorted(plane for plane in of_both if plane >= s.plane)
    changes = tracks.swap_tracks(
        s.session.labels, s.session.index, first, second, from_here
    )
    return Edit(changes, f"swap {first} and {second}", frozenset((first, second)))


def _seams(s: Situation, own: int) -> Maps | None:
    """Return the model's map of seams, if it shows one in the object."""
    maps = s.maps()
    if maps is None or not s.session.index.count(own, s.plane):
        return None
    return maps.seams(s.session.index.box(own, s.plane))


def _under_first(s: Situation) -> int:
    """Return the object that the first place is on; 0 if it is on background."""
    row, column = (int(np.round(each)) for each in s.points[0])
    height, width = s.session.labels.shape[-2:]
    if not (0 <= row < height and 0 <= column < width):
        return 0
    return int(np.asarray(s.session.labels[(*s.plane, row, column)]))


def _two(s: Situation) -> tuple[int, int]:
    if len(s.ids) != 2:
        raise ValueError(
            f"this needs two chosen objects; received {len(s.ids)}; click one, then "
            "Shift+click the other"
        )
    return s.ids[0], s.ids[1]


def _ids_under_line(s: Situation) -> AnyLabels:
    """Return the ids of the pixels under a drawn line, background left out."""
    labels = s.session.labels
    box = box_of_points(s.points, labels.shape)
    here = read_box(labels, s.plane, box)
    points = np.asarray(s.points) - (box[0].start, box[1].start)
    ids = np.asarray(here[drawn_line(points, here.shape)])
    return ids[ids > 0]


def _under_line(s: Situation) -> list[int]:
    """Return the objects under a line, in the order of the ids' first pixels."""
    ids, first = np.unique(_ids_under_line(s), return_index=True)
    return [int(own) for own in ids[np.argsort(first)]]


def _mostly_under_line(s: Situation) -> int:
    """Return the object that most of a line lies on; 0 if it is on background."""
    ids, counts = np.unique(_ids_under_line(s), return_counts=True)
    return int(ids[np.argmax(counts)]) if len(ids) else 0
