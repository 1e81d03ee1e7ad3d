"""The button that goes on with a run that was stopped, or that ended with a crash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QPushButton, QWidget

from napari_mobile_unet.widgets.shared.job import Job
from napari_mobile_unet.widgets.shared.result_labels import seen_in
from napari_mobile_unet.widgets.shared.run_folder import find_unfinished
from napari_mobile_unet.widgets.shared.shown_run import ShownRun
from napari_mobile_unet.words import counted

if TYPE_CHECKING:
    from napari.layers import Layer

    from napari_mobile_unet.runs.disk_store import DiskStore
    from napari_mobile_unet.widgets.layers.result import Results
    from napari_mobile_unet.widgets.shared.source_panel import SourcePanel


class ContinueButton(QPushButton):
    """Goes on with the last run over the chosen image; hidden where nothing is left.

    Parameters
    ----------
    source : SourcePanel
        Which image is chosen.
    results : Results
        Where results go.
    parent : QWidget, optional
        Where it stands.
    """

    chosen = Signal(object)
    """The `ShownRun` to go on with."""

    def __init__(
        self, source: SourcePanel, results: Results, parent: QWidget | None = None
    ) -> None:
        super().__init__("Continue", parent)
        self.setToolTip(
            "Work on the other planes of the run that was stopped, with its settings"
        )
        self._source, self._results = source, results
        self._runs: dict[Layer, ShownRun] = {}
        self._finding = Job(self)
        self._finding.yielded.connect(self._on_found)
        self.clicked.connect(lambda _: self._on_clicked())
        self.hide()

    @property
    def looking(self) -> bool:
        """Whether files are searched for a run over the chosen image."""
        return self._finding.running

    def keep(self, run: ShownRun) -> None:
        """Keep a run as the last one over its image."""
        self._runs[run.layer] = run

    def forget(self, layer: Layer) -> None:
        """Let go of an image that has gone."""
        self._runs.pop(layer, None)

    def offer(self) -> None:
        """Offer to go on with the chosen image, if a run over it is not finished."""
        self.take_away()
        layer, whole = self._source.layer, self._source.whole
        if layer is None or whole is None:
            return
        run = self._runs.get(layer)
        if run is None:
            self._finding.start(lambda: find_unfinished(whole))
        elif not (run.shown and run.finished):
            self._show(run, len(run.tables))

    def take_away(self) -> None:
        """Offer nothing."""
        self._finding.cancel()
        self.hide()

    def _on_found(self, store: DiskStore) -> None:
        """Offer to go on with a run that ended with a crash."""
        layer, whole = self._source.layer, self._source.whole
        if layer is None or whole is None or layer in self._runs:
            return
        recipe = store.identity.provenance.recipe
        result = self._results.of(layer, seen_in(recipe))
        run = ShownRun(layer, result, whole, recipe, self._source.prepared, store)
        self.keep(run)
        self._show(run, len(store.done))

    def _show(self, run: ShownRun, done: int) -> None:
        self.setText(
            f"Continue ({done} of {counted(run.whole.n_planes, 'plane')} done)"
        )
        self.show()

    def _on_clicked(self) -> None:
        layer = self._source.layer
        if layer in self._runs:
            self.chosen.emit(self._runs[layer])
