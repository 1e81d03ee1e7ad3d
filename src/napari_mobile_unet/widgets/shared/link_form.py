"""Whether objects are linked from plane to plane: what fits the image, until chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from napari_mobile_unet.linking.settings import Link
from napari_mobile_unet.widgets.shared.form import Form

if TYPE_CHECKING:
    from napari.layers import Image

    from napari_mobile_unet.widgets.shared.source_panel import SourcePanel


class LinkForm(Form[Link]):
    """Edits how objects are linked.

    Objects of a Z-stack or a time-lapse are linked by overlap, those of a single plane
    not at all, until a person chooses: what they chose for an image stays with it. Of
    other settings, as of an earlier session, what fits the image is taken.

    Parameters
    ----------
    source : SourcePanel
        Which image it is about.
    """

    def __init__(self, source: SourcePanel) -> None:
        super().__init__(Link(), apart=("axis", "iou", "gap", "max_distance"))
        self._source = source
        self._used = Link()
        self._chosen: WeakKeyDictionary[Image, Link] = WeakKeyDictionary()
        self.changed.connect(self._on_chosen)
        source.changed.connect(self._follow)
        self._follow()

    def _show(self, settings: Link) -> None:
        self._used = settings
        if self._source.layer is not None:
            self._chosen.pop(self._source.layer, None)
        self._follow()

    def _on_chosen(self, link: Link) -> None:
        if self._source.layer is not None:
            self._chosen[self._source.layer] = link

    def _follow(self) -> None:
        """Show what was chosen for the image, or what fits it."""
        layer = self._source.layer
        chosen = None if layer is None else self._chosen.get(layer)
        super()._show(self._fitting() if chosen is None else chosen)

    def _fitting(self) -> Link:
        whole, used = self._source.whole, self._used
        if whole is None:
            return used
        along = [axis for axis in "ZT" if whole.sizes.get(axis, 1) > 1]
        if not along:
            return used.replace(method="none")
        by_movement = used.method == "laptrack" and "T" in along
        axis = used.axis if used.axis in along else "auto"
        return used.replace(method="laptrack" if by_movement else "iou", axis=axis)
