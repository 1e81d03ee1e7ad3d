"""Ids along time or depth: join, cut and swap tracks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_mobile_unet.corrections.operations.checks import (
    check_object,
    check_objects,
    named,
    new_ids,
)
from napari_mobile_unet.corrections.operations.numbers import renamed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_mobile_unet.corrections.change import Change, LabelArray, PlaneIndex
    from napari_mobile_unet.corrections.index import ObjectIndex


def join_tracks(
    labels: LabelArray,
    index: ObjectIndex,
    kept: int,
    other: int,
    planes: Sequence[PlaneIndex],
) -> list[Change]:
    """Return the changes that make one track of two which share no plane.

    Parameters
    ----------
    labels : array of int
        (..., Y, X), NumPy or Zarr.
    index : ObjectIndex
        Of these labels.
    kept, other : int
        Two objects; both have the first one's id afterwards.
    planes : sequence of tuple of int
        Where the other one gets that id.

    Raises
    ------
    ValueError
        If they are one object, the other is not on any of the planes, or both are on
        one of them.
    """
    check_object(index, kept, index.planes_of(kept))
    check_object(index, other, planes)
    if kept == other:
        raise ValueError(
            f"two tracks are joined; received {kept} twice; select another object"
        )
    shared = [
        plane
        for plane in planes
        if index.count(kept, plane) and index.count(other, plane)
    ]
    if shared:
        raise ValueError(
            f"joined tracks share no plane; received {kept} and {other}, both on "
            f"{named(shared[:1])}; merge them, or cut one before"
        )
    return renamed(labels, index, {other: kept}, planes)


def cut_track(
    labels: LabelArray,
    index: ObjectIndex,
    own: int,
    planes: Sequence[PlaneIndex],
) -> list[Change]:
    """Return the changes that make another track of an object from a plane on.

    Parameters
    ----------
    labels : array of int
        (..., Y, X), NumPy or Zarr.
    index : ObjectIndex
        Of these labels.
    own : int
        The object; it keeps its id on the planes that are not given.
    planes : sequence of tuple of int
        Where it gets the next free id: the plane of the cut and those after it.

    Raises
    ------
    ValueError
        If the object is not on any of the planes, or on these alone, or the labels'
        type has no id left.
    """
    check_object(index, own, planes)
    if set(index.planes_of(own)) <= set(planes):
        raise ValueError(
            f"a track is cut between two of its planes; received {own}, which is on no "
            "plane before; go to a later one"
        )
    (new,) = new_ids(labels, index, 1)
    return renamed(labels, index, {own: new}, planes)


def swap_tracks(
    labels: LabelArray,
    index: ObjectIndex,
    first: int,
    second: int,
    planes: Sequence[PlaneIndex],
) -> list[Change]:
    """Return the changes that swap the ids of two objects in some planes.

    Parameters
    ----------
    labels : array of int
        (..., Y, X), NumPy or Zarr.
    index : ObjectIndex
        Of these labels.
    first, second : int
        The two objects.
    planes : sequence of tuple of int
        Where they are swapped: the plane where they were mixed up, and those after it.

    Raises
    ------
    ValueError
        If they are one object, or one is not on any of the planes.
    """
    one, other = check_objects(index, (first, second), planes, least=2)
    return renamed(labels, index, {one: other, other: one}, planes)
