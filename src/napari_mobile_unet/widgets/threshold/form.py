"""The form of a threshold's settings; only what its method has can be changed."""

from __future__ import annotations

from napari_mobile_unet.thresholding.threshold import Threshold
from napari_mobile_unet.widgets.shared.form import Form


class ThresholdForm(Form[Threshold]):
    """Edits how a threshold is found; where it counts and its values lie elsewhere."""

    def __init__(self) -> None:
        super().__init__(Threshold(), leave_out=("scope", "values"))
        self._show_what_counts()

    def _on_changed(self) -> None:
        several = self.fields["method"].value == "otsu"
        if not several and self.fields["classes"].value != 2:
            self.fields["classes"].value = 2  # which comes back here
            return
        self._show_what_counts()
        super()._on_changed()

    def _show_what_counts(self) -> None:
        method = self.fields["method"].value
        self.fields["classes"].enabled = method == "otsu"
        for name in ("window", "offset"):
            self.show_field(name, method == "adaptive")
