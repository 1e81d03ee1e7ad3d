"""A run over the open image, and what of it is shown in a labels layer."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from napari_mobile_unet.images.windows import is_large
from napari_mobile_unet.later import pandas as pd
from napari_mobile_unet.linking.ids import check_link
from napari_mobile_unet.objects.classes import classes_there, of_classes
from napari_mobile_unet.recipes.provenance import Provenance
from napari_mobile_unet.runs.disk_store import DiskStore
from napari_mobile_unet.runs.estimate import Estimate, estimate
from napari_mobile_unet.runs.fit import fit, tile_cache
from napari_mobile_unet.runs.identity import Identity
from napari_mobile_unet.runs.numbered import iter_numbered
from napari_mobile_unet.runs.result import PlaneResult, placed
from napari_mobile_unet.runs.runner import RunOptions, iter_run
from napari_mobile_unet.runs.store import MemoryStore
from napari_mobile_unet.widgets.shared.run_folder import new_store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari.layers import Image

    from napari_mobile_unet.images.stack import Stack
    from napari_mobile_unet.recipes.recipe import Recipe
    from napari_mobile_unet.runs.fit import Fitted
    from napari_mobile_unet.runs.numbered import Numbered
    from napari_mobile_unet.runs.store import Store
    from napari_mobile_unet.types import AnyLabels, Labels
    from napari_mobile_unet.unet.engine import TileCache
    from napari_mobile_unet.widgets.layers.result import Result
    from napari_mobile_unet.widgets.layers.written import Written


class Started(NamedTuple):
    """A run that has begun."""

    estimate: Estimate | None
    """What it will take; None for a single small plane."""


class Named(NamedTuple):
    """All objects with the ids that they keep."""

    planes: list[Numbered]


class Renumbered(NamedTuple):
    """A plane whose objects are shown under other ids than they keep."""

    number: int
    labels: Labels
    """With its own labels 1 to n."""


@dataclass(eq=False)
class ShownRun:
    """What a run was started with, how far it has come, and what of it is shown.

    While planes come, in any order, each object has an id that no other one has; when
    the run ends, ``iter_named`` gives all the ids that they would have had in order.

    Parameters
    ----------
    layer : Image
        The image layer.
    result : Result
        Where labels of this image and channel go.
    whole : Stack
        It, with all its channels.
    recipe : Recipe
        What is done.
    prepared : Provenance, optional
        How the image was made, if by steps of ours.
    store : Store, optional
        Of an earlier run that is continued.
    """

    layer: Image
    result: Result
    whole: Stack
    recipe: Recipe
    prepared: Provenance | None = None
    store: Store | None = None
    provenance: Provenance | None = None
    fitted: Fitted | None = None
    written: Written | None = None
    ids: dict[int, Labels] = field(default_factory=dict)
    """By plane, the ids under which its labels 0 to n are shown."""
    tables: dict[int, pd.DataFrame] = field(default_factory=dict)
    """By plane, its objects with these ids."""
    left_out: dict[int, int] = field(default_factory=dict)
    next_id: int = 1
    finished: bool = False

    def __post_init__(self) -> None:
        """Take the channel, so that a lazy image stays lazy in the thread."""
        self.stack: Stack = self.whole.channel(self.recipe.channel or 0)

    @property
    def shown(self) -> bool:
        """Whether the layer with its labels is among the viewer's."""
        return self.result.shown and self.is_in_layer

    @property
    def is_in_layer(self) -> bool:
        """Whether its labels are the data of the result's layer."""
        data = getattr(self.result.layer, "data", None)
        return self.written is not None and data is self.written.data

    @property
    def upright(self) -> bool:
        """Whether rows come before columns in the image."""
        return self.whole.axes.index("Y") < self.whole.axes.index("X")

    def iter_planes(self, options: RunOptions) -> Iterator[Started | PlaneResult]:
        """Work on the planes that are not done, in a thread; yield all not shown yet.

        Raises
        ------
        OSError, ValueError, MemoryError
            If the image cannot be segmented so.
        Cancelled
            If the work was cancelled.
        """
        check_link(self.stack, self.recipe.link)
        many = self.stack.n_planes > 1 or is_large(self.stack.plane_shape)
        if self.store is None:
            self.store = new_store() if many else MemoryStore(self.stack.plane_shape)
        if isinstance(self.store, DiskStore):
            with self.store.held():
                yield from self._iter_planes(self.store, options, many)
        else:
            yield from self._iter_planes(self.store, options, many)

    def _iter_planes(
        self, store: Store, options: RunOptions, many: bool
    ) -> Iterator[Started | PlaneResult]:
        cache = tile_cache(self.stack)
        if self.fitted is None:
            self.fitted = self._begin(store, cache)
        ahead = None
        if many:
            folder = store.folder if isinstance(store, DiskStore) else None
            ahead = estimate(self.stack, self.fitted, options, folder)
            options = replace(
                options, batch_size=ahead.batch_size, workers=ahead.workers
            )
        if self.written is not None:
            self.next_id = max(self.next_id, 1 + self._largest_shown())
        yield Started(ahead)
        for number in sorted(store.done - self.ids.keys()):  # those of an earlier run
            index = self.stack.index(number)
            earlier = PlaneResult(number, index, self.fitted, store.read(number))
            yield _read(earlier)
        for result in iter_run(self.stack, self.fitted, store, options, cache=cache):
            yield _read(result)

    def _begin(self, store: Store, cache: TileCache | None) -> Fitted:
        """Fit the recipe to the image, or see that an earlier run did."""
        self.provenance = Provenance.of(self.recipe, self.whole, self.prepared)
        if not isinstance(store, DiskStore):
            return fit(self.stack, self.recipe.replace(channel=None), cache)
        identity = Identity.of(self.provenance, self.whole)
        if not store.empty:
            store.check(self.stack, identity)
        else:
            fitted = fit(self.stack, self.recipe.replace(channel=None), cache)
            store.begin(self.stack, identity, fitted)
        return store.start[1]

    def _largest_shown(self) -> int:
        """Return the largest id in the layer, whoever gave it."""
        written = self.written
        assert written is not None
        return max(
            int(written.read(number).max(initial=0))
            for number in range(self.stack.n_planes)
        )

    def show(self, result: PlaneResult, labels: Written) -> None:
        """Write a plane to the layer's data, under ids that nobody else has."""
        number, count = result.number, len(result.objects)
        if of_classes(result.objects):
            ids = np.arange(count + 1, dtype=np.int32)
            table = classes_there(result.objects)
        else:
            ids = np.zeros(count + 1, np.int32)
            ids[1:] = np.arange(self.next_id, self.next_id + count)
            self.next_id += count
            table = result.objects.assign(label=ids[result.objects["label"].to_numpy()])
        self.tables[number] = placed(table, result.index, self.whole.batch_axes)
        self.left_out[number] = result.left_out
        labels.put(number, self._laid(ids.take(result.labels)))
        self.ids[number] = ids

    def _laid(self, plane: AnyLabels) -> AnyLabels:
        return plane if self.upright else plane.T

    def iter_named(self) -> Iterator[Named | Renumbered]:
        """Find the ids that objects keep, in a thread; yield planes that differ.

        Ids that somebody else brought into the layer are not given to any object.

        Raises
        ------
        OSError, ValueError
            If a plane cannot be read again.
        Cancelled
            If the work was cancelled.
        """
        store, link = self.store, self.recipe.link
        assert store is not None
        reserved = self._ids_of_others(store)
        planes = []
        # A plane that was kept while the run was cancelled is not shown yet.
        shown = frozenset(self.ids)
        for plane in iter_numbered(self.stack, store, link, reserved, shown):
            kept = store.read(plane.number)  # read again: labels take memory
            planes.append(replace(plane, found=kept))
        yield Named(planes)
        for plane in planes:
            if not np.array_equal(plane.ids, self.ids[plane.number]):
                yield Renumbered(plane.number, store.read(plane.number).labels)
        if len(self.tables) == self.whole.n_planes and isinstance(store, DiskStore):
            store.remove()

    def _ids_of_others(self, store: Store) -> set[int]:
        written = self.written
        assert written is not None
        found: set[int] = set()
        for number in range(self.stack.n_planes):
            if number not in self.ids:
                found.update(np.unique(written.read(number)).tolist())
            elif written.is_changed(number):
                now = written.read(number)
                shown = self._laid(self.ids[number].take(store.read(number).labels))
                found.update(np.unique(now[now != shown]).tolist())
        ours = np.concatenate([np.zeros(1, np.int32), *self.ids.values()])
        return found - set(ours.tolist())

    def name(self, named: Named) -> None:
        """Take up the ids that objects keep; ``rename`` shows them, plane by plane."""
        size = 1 + max((int(ids.max()) for ids in self.ids.values()), default=0)
        self._new_ids = np.arange(size, dtype=np.int32)
        self._kept_ids = {plane.number: plane.ids for plane in named.planes}
        for plane in named.planes:
            self._new_ids[self.ids[plane.number]] = plane.ids
            index = self.stack.index(plane.number)
            axes = self.whole.batch_axes
            self.tables[plane.number] = placed(plane.objects, index, axes)

    def rename(self, plane: Renumbered) -> None:
        """Show a plane under the ids that its objects keep.

        What somebody changed stays; where that has the id of an object, as when it was
        made larger, it follows the object.
        """
        assert self.written is not None
        before, after = self.ids[plane.number], self._kept_ids[plane.number]
        new_ids = self._new_ids.copy()
        new_ids[before] = after

        def follow(drawn: AnyLabels) -> AnyLabels:
            ours = drawn < len(new_ids)
            return np.where(ours, new_ids[np.where(ours, drawn, 0)], drawn)

        self.written.put(
            plane.number,
            self._laid(after.take(plane.labels)),
            shown=self._laid(before.take(plane.labels)),
            follow=follow,
        )
        self.ids[plane.number] = after

    @property
    def objects(self) -> pd.DataFrame:
        """One row for each object and plane, in the order of the planes."""
        tables = [self.tables[number] for number in sorted(self.tables)]
        filled = [table for table in tables if len(table)] or tables[:1]
        return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame()


def _read(result: PlaneResult) -> PlaneResult:
    """Read a plane from the disk here, in the thread, not where it is drawn."""
    _ = result.labels, result.objects, result.left_out
    return result
