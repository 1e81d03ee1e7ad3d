"""Set up before anything is imported: napari must not see a person's settings."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

# napari's own fixtures wipe the settings file that they find.
os.environ["NAPARI_CONFIG"] = str(Path(tempfile.mkdtemp()) / "settings.yaml")
os.environ["NAPARI_STRICT_QT"] = "1"
