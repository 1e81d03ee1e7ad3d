"""The dock *Evaluate*: two labels layers compared, object by object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
from napari.layers import Labels
from napari.utils import DirectLabelColormap
from qtpy.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
)

from napari_mobile_unet.evaluation.classes import ClassScores, evaluate_classes
from napari_mobile_unet.evaluation.errors import COLOURS, MEANINGS, Errors, find_errors
from napari_mobile_unet.evaluation.metrics import Scores, evaluate, pool
from napari_mobile_unet.images.parts import reordered
from napari_mobile_unet.messages import one_line
from napari_mobile_unet.objects.align import match_axes
from napari_mobile_unet.parallel.cancel import checkpoint
from napari_mobile_unet.widgets.evaluate.curve import ApCurve
from napari_mobile_unet.widgets.layers.convert import PREVIEW, classes_of, stack_of
from napari_mobile_unet.widgets.layers.result import add_beside
from napari_mobile_unet.widgets.layers.space import space_of
from napari_mobile_unet.widgets.shared.bottom_dock import BottomDock
from napari_mobile_unet.widgets.shared.job import Job
from napari_mobile_unet.widgets.shared.layer_box import LayerBox

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import napari.viewer
    from numpy.typing import NDArray

    from napari_mobile_unet.images.stack import Stack

LAYER = "errors"
"""Name of the layer that shows what is wrong."""


class Judged(NamedTuple):
    """What came of a comparison."""

    truth: Labels
    scores: Scores
    counts: dict[str, int]
    verdicts: NDArray[np.uint8]


class EvaluateDock(BottomDock):
    """Compares labels with true ones: AP curve, counts, and a layer of errors.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The window that it stands in.
    """

    title: ClassVar[str] = "Evaluate labels (Mobile U-Net)"

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__(viewer)
        self.predicted, self.truth = (
            LayerBox(self.viewer, kind=Labels) for _ in range(2)
        )
        for box, tip in (
            (self.predicted, "Labels to be judged"),
            (self.truth, "Labels that are right, such as corrected ones"),
        ):
            box.following = False
            box.setToolTip(tip)
        self.by_plane = QCheckBox("plane by plane")
        self.by_plane.setToolTip(
            "Compare each plane by itself, for stacks whose ids are not linked; "
            "otherwise an id is one object in all planes"
        )
        self.button = QPushButton("Evaluate")
        self.button.setToolTip("Compare the two, and show what is wrong as a layer")
        self.status = QLabel()
        self.status.setWordWrap(True)
        self.curve = ApCurve(self.viewer.theme)
        self.counts = {verdict: QLabel("–") for verdict in MEANINGS}
        self.layer: Labels | None = None
        self._compared: tuple[Labels, ...] = ()
        self._job = Job(self)
        self._lay_out()
        self._job.yielded.connect(self._on_judged)
        self._job.failed.connect(self.status.setText)
        self._job.ended.connect(lambda _: self._offer())
        self.button.clicked.connect(lambda _: self._on_clicked())
        for box in (self.predicted, self.truth):
            box.chosen.connect(lambda _: self._offer())
        self.viewer.events.theme.connect(self._on_theme)
        self._offer()

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.addRow("predicted", self.predicted)
        form.addRow("true", self.truth)
        left = QVBoxLayout()
        left.addLayout(form)
        left.addWidget(self.by_plane)
        left.addWidget(self.button)
        left.addWidget(self.status)
        left.addStretch()
        legend = QGridLayout()
        for row, (verdict, word) in enumerate(MEANINGS.items()):
            swatch = QLabel()
            swatch.setFixedSize(14, 14)
            red, green, blue = COLOURS[verdict]
            swatch.setStyleSheet(f"background: rgb({red}, {green}, {blue})")
            legend.addWidget(swatch, row, 0)
            legend.addWidget(QLabel(word), row, 1)
            legend.addWidget(self.counts[verdict], row, 2)
        legend.setRowStretch(len(MEANINGS), 1)
        columns = QHBoxLayout(self)
        columns.addLayout(left, 2)
        columns.addWidget(self.curve, 3)
        columns.addLayout(legend, 1)

    def disconnect_viewer(self) -> None:
        """Stop what runs, and let go of the viewer's events."""
        self._job.cancel()
        self._forget()
        self.viewer.events.theme.disconnect(self._on_theme)
        self.predicted.disconnect_viewer()
        self.truth.disconnect_viewer()

    def _on_theme(self) -> None:
        self.curve.follow_theme(self.viewer.theme)

    def _offer(self) -> None:
        """Offer what can be done with the layers that are chosen."""
        predicted, truth = self.predicted.layer, self.truth.layer
        two = predicted is not None and truth is not None and predicted is not truth
        self.button.setEnabled(two and not self._job.running)
        self.button.setText("Evaluating …" if self._job.running else "Evaluate")
        self.by_plane.setVisible(truth is not None and truth.ndim > 2)
        if not two:
            self.status.setText("Choose two labels layers to compare.")

    def _on_clicked(self) -> None:
        predicted, truth = self.predicted.layer, self.truth.layer
        try:
            found, true = match_axes(stack_of(predicted), stack_of(truth))
            found = reordered(found, true.axes)
        except ValueError as error:
            self.status.setText(one_line(error))
            return
        self._forget()
        self._compared = predicted, truth
        for layer in self._compared:
            layer.events.paint.connect(self._on_changed)
            layer.events.data.connect(self._on_changed)
        self.status.clear()
        by_plane = self.by_plane.isVisibleTo(self) and self.by_plane.isChecked()
        if names := classes_of(predicted) or classes_of(truth):
            self._job.start(lambda: iter_classes_judged(names, found, true))
        else:
            self._job.start(lambda: iter_judged(truth, found, true, by_plane=by_plane))
        self._offer()

    def _on_changed(self) -> None:
        self.status.setText("The labels have changed since; evaluate them again.")

    def _forget(self) -> None:
        """Follow the labels that were compared no longer."""
        for layer in self._compared:
            layer.events.paint.disconnect(self._on_changed)
            layer.events.data.disconnect(self._on_changed)
        self._compared = ()

    def _on_judged(self, judged: Judged | ClassScores) -> None:
        if isinstance(judged, ClassScores):
            self._on_classes_judged(judged)
            return
        scores = judged.scores
        self.curve.show_ap(scores.ap)
        for verdict, word in MEANINGS.items():
            self.counts[verdict].setText(str(judged.counts[word]))
        self.status.setText(
            f"{scores.n_predicted} predicted and {scores.n_true} true objects; AP at "
            f"IoU 0.5 {scores.ap[0.5]:.3f}, Dice {scores.dice:.3f}, panoptic quality "
            f"{scores.panoptic_quality:.3f}"
        )
        if judged.truth in self.viewer.layers:
            self._show(judged)

    def _on_classes_judged(self, scores: ClassScores) -> None:
        """Say how far classes agree: they have no objects to match or miss."""
        self.curve.show_ap({})
        for count in self.counts.values():
            count.setText("–")
        self._take_away()
        each = ", ".join(
            f"{number} {name} {'nowhere' if np.isnan(iou) else f'{iou:.3f}'}"
            for number, (name, iou) in enumerate(scores.iou.items(), start=1)
        )
        self.status.setText(f"IoU of classes: {each}; mean {scores.mean_iou:.3f}")

    def _take_away(self) -> None:
        """Remove the layer that shows what was wrong before."""
        if self.layer is not None and self.layer in self.viewer.layers:
            self.viewer.layers.remove(self.layer)

    def _show(self, judged: Judged) -> None:
        """Show the verdicts over the true labels, in place of earlier ones."""
        truth = judged.truth
        self._take_away()
        clear = (0.0, 0.0, 0.0, 0.0)
        colours: dict[Any, Any] = {None: clear, 0: clear}
        for verdict in MEANINGS:
            colours[int(verdict)] = (*(part / 255 for part in COLOURS[verdict]), 1.0)
        shape = (truth.data[0] if truth.multiscale else truth.data).shape
        self.layer = Labels(
            judged.verdicts.reshape(shape),
            name=LAYER,
            metadata={PREVIEW: True},
            colormap=DirectLabelColormap(color_dict=colours),
            **space_of(truth),
        )
        add_beside(self.viewer, self.layer)


def iter_classes_judged(
    names: Sequence[str], found: Stack, true: Stack
) -> Iterator[ClassScores]:
    """Yield how far classes of pixels agree with the true ones, on the same axes."""
    yield evaluate_classes(np.asarray(found.data), np.asarray(true.data), names)


def iter_judged(
    truth: Labels, found: Stack, true: Stack, *, by_plane: bool
) -> Iterator[Judged]:
    """Yield what comes of comparing labels with the true ones.

    Parameters
    ----------
    truth : Labels
        The layer of the true labels.
    found, true : Stack
        On the same axes.
    by_plane : bool
        Whether each plane is compared by itself.
    """
    first, second = np.asarray(found.data), np.asarray(true.data)
    pairs = [(first, second)]
    if by_plane:
        planes = (each.reshape(-1, *each.shape[-2:]) for each in (first, second))
        pairs = list(zip(*planes, strict=True))
    scores: list[Scores] = []
    errors: list[Errors] = []
    for pair in pairs:
        checkpoint()
        scores.append(evaluate(*pair))
        errors.append(find_errors(*pair))
    summaries = [each.summary() for each in errors]
    counts = {word: sum(one[word] for one in summaries) for word in MEANINGS.values()}
    verdicts = np.stack([each.labels for each in errors]).reshape(second.shape)
    yield Judged(truth, pool(scores), counts, verdicts)
