"""Set up before anything is imported: napari must not see a person's settings."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from hypothesis import settings

# napari's own fixtures wipe the settings file that they find.
os.environ["NAPARI_CONFIG"] = str(Path(tempfile.mkdtemp()) / "settings.yaml")
os.environ["NAPARI_STRICT_QT"] = "1"

# On a busy machine an example may take any time; that says nothing of the code.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
