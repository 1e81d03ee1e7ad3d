"""Settings that can be written to a file."""

from __future__ import annotations

from pathlib import Path

from napari_mobile_unet.io.atomic import atomic_path
from napari_mobile_unet.settings import Params


class Record(Params):
    """Settings that can be written to a file."""

    def save(self, path: str | Path) -> None:
        """Write the values as JSON, whole or not at all.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        with atomic_path(Path(path)) as beside:
            beside.write_text(self.to_json(indent=2) + "\n", "utf-8")
