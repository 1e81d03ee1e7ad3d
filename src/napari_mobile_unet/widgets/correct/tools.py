"""The tools of the page *Correct*: one row each, with key, gesture and what it does.

A new tool is one more row of ``TOOLS`` and a function in ``uses``; the page makes its
button and binds its key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from napari_mobile_unet.corrections.operations.shape import (
    convex_hull,
    fill_holes,
    grow,
    shrink,
    smooth,
)
from napari_mobile_unet.widgets.correct import choices, uses

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_mobile_unet.widgets.correct.situation import Choice, Edit, Situation

Gesture = Literal["now", "click", "line", "outline", "box", "seeds"]
"""now: on the chosen objects, or on the one under the pointer; click: on a place; line
and outline: drawn with the button held; box: from corner to corner; seeds: clicks, then
Enter."""
Group = Literal[
    "Objects", "Split and merge", "Draw", "Shape", "Planes and tracks", "All"
]
"""Heading under which a tool's button stands."""


@dataclass(frozen=True)
class Tool:
    """A tool of the page."""

    name: str
    """Also the kind of its steps."""
    title: str
    """On the button."""
    key: str
    """As napari names it; empty for none."""
    gesture: Gesture
    group: Group
    tip: str
    """What it does, for the tooltip."""
    use: Callable[[Situation], Edit | Choice]
    """Returns what is to be done; it writes nothing."""
    by_maps: bool = False
    """Whether it follows what the model sees, where that is wanted."""


TOOLS = (
    Tool(
        "delete",
        "Delete",
        "D",
        "now",
        "Objects",
        "Delete the chosen objects, or the one under the pointer",
        uses.delete,
    ),
    Tool(
        "merge",
        "Merge",
        "G",
        "now",
        "Split and merge",
        "Give the chosen objects one id: click one, Shift+click others",
        uses.merge_objects,
    ),
    Tool(
        "merge along",
        "Merge along a line",
        "Shift-G",
        "line",
        "Split and merge",
        "Draw a line across objects that are one",
        uses.merge_objects,
    ),
    Tool(
        "split",
        "Split in two",
        "S",
        "now",
        "Split and merge",
        "Split the chosen object where it is narrow",
        uses.split_object,
        by_maps=True,
    ),
    Tool(
        "split along",
        "Split along a line",
        "Q",
        "line",
        "Split and merge",
        "Draw a line across an object; the larger part keeps its id",
        uses.split_along,
    ),
    Tool(
        "split by seeds",
        "Split by seeds",
        "Shift-S",
        "seeds",
        "Split and merge",
        "Click once in each part of the object, then press Enter",
        uses.split_by_seeds,
        by_maps=True,
    ),
    Tool(
        "cut off",
        "Cut off",
        "C",
        "line",
        "Split and merge",
        "Draw a line across an object; the smaller side is removed",
        uses.cut_off,
    ),
    Tool(
        "draw",
        "Draw",
        "J",
        "outline",
        "Draw",
        "Draw around a new object; it gets the next free id",
        uses.draw_object,
    ),
    Tool(
        "redraw",
        "Redraw outline",
        "Y",
        "line",
        "Draw",
        "Draw a new piece of an outline, from the object back to it",
        uses.redraw_outline,
    ),
    Tool(
        "one click",
        "One click",
        "O",
        "click",
        "Draw",
        "Click on an object in the image that has no label",
        uses.find_object,
        by_maps=True,
    ),
    Tool(
        "take over",
        "Take over",
        "Shift-O",
        "click",
        "Draw",
        "Click on an object of another visible labels layer, such as another result",
        uses.take_over,
    ),
    Tool(
        "box",
        "Segment a box",
        "R",
        "box",
        "Draw",
        "Drag a box: what is in it is segmented anew, locked objects stay",
        uses.segment_box,
    ),
    Tool(
        "grow",
        "Grow",
        "W",
        "now",
        "Shape",
        "Grow the chosen objects by one pixel, onto background alone",
        uses.in_shape(grow, "grow", 1),
    ),
    Tool(
        "shrink",
        "Shrink",
        "Shift-W",
        "now",
        "Shape",
        "Take one pixel off the rim of the chosen objects",
        uses.in_shape(shrink, "shrink", 1),
    ),
    Tool(
        "smooth",
        "Smooth",
        "U",
        "now",
        "Shape",
        "Smooth the outlines of the chosen objects",
        uses.in_shape(smooth, "smooth", 2),
    ),
    Tool(
        "fill holes",
        "Fill holes",
        "H",
        "now",
        "Shape",
        "Fill what the chosen objects enclose",
        uses.in_shape(fill_holes, "fill holes of"),
    ),
    Tool(
        "hull",
        "Convex hull",
        "Shift-H",
        "now",
        "Shape",
        "Grow the chosen objects to their convex hull, onto background alone",
        uses.in_shape(convex_hull, "convex hull of"),
    ),
    Tool(
        "pieces",
        "Separate pieces",
        "",
        "now",
        "Shape",
        "Give each separate piece of the chosen objects an id of its own",
        uses.separate_pieces,
    ),
    Tool(
        "copy on",
        "Copy to next plane",
        "T",
        "now",
        "Planes and tracks",
        "Copy the chosen objects to the next plane, where it is free",
        uses.copy_on,
    ),
    Tool(
        "interpolate",
        "Interpolate",
        "I",
        "now",
        "Planes and tracks",
        "Fill the planes between those that the object is on",
        uses.interpolate,
    ),
    Tool(
        "new id",
        "New id",
        "",
        "now",
        "Planes and tracks",
        "Give the object an id that nobody has, in the planes of the scope",
        uses.give_new_id,
    ),
    Tool(
        "join",
        "Join tracks",
        "",
        "now",
        "Planes and tracks",
        "Make one track of two chosen objects that share no plane",
        uses.join_tracks,
    ),
    Tool(
        "cut track",
        "Cut track",
        "",
        "now",
        "Planes and tracks",
        "Make another track of the object from this plane on",
        uses.cut_track,
    ),
    Tool(
        "swap",
        "Swap tracks",
        "",
        "now",
        "Planes and tracks",
        "Swap the ids of two chosen objects from this plane on",
        uses.swap_tracks,
    ),
    Tool(
        "choose border",
        "At border",
        "",
        "now",
        "All",
        "Choose objects that touch the edge of the plane, to look at and delete (D); "
        "locked ones are left out",
        choices.choose_at_border,
    ),
    Tool(
        "choose small",
        "Smaller than",
        "",
        "now",
        "All",
        "Choose objects smaller than this many pixels, to look at and delete (D); "
        "locked ones are left out",
        choices.choose_small,
    ),
    Tool(
        "choose doubtful",
        "Less sure than",
        "",
        "now",
        "All",
        "Choose objects of the table whose confidence is lower, to look at and delete "
        "(D); locked ones are left out",
        choices.choose_doubtful,
    ),
)
"""All tools, in the order of their buttons."""
