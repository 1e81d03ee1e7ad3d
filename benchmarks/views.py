"""Views of its training images for a model that has none, so that it rehearses them.

    python benchmarks/views.py 'DATA/*/images' 'DATA/*/labels' MODEL [--count 36]

A training with the setting `views` does the same at its end. Images of the folds
"validation" and "test" of ``nuclei/training.json`` are left out.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from folds import SETTINGS

from napari_mobile_unet.training.job import TrainingJob
from napari_mobile_unet.training.rehearsal import pick_views, write_views
from napari_mobile_unet.unet.card import write_card
from napari_mobile_unet.unet.model import REHEARSAL, load_model, sha256


def main() -> None:
    """Add the views to the model's folder, in place of those that it has."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images")
    parser.add_argument("labels")
    parser.add_argument("model")
    parser.add_argument("--count", type=int, default=36)
    chosen = parser.parse_args()
    model = load_model(chosen.model)
    job = TrainingJob(
        images=chosen.images,
        labels=chosen.labels,
        output=Path("unused"),
        epochs=0,
        folds=json.loads(SETTINGS.read_text())["folds"],
    )
    path = model.folder / REHEARSAL
    path.unlink(missing_ok=True)
    views = pick_views(job, chosen.count)
    write_views(path, views)
    files = model.card.files | {path.name: sha256(path)}
    write_card(model.folder, model.card.replace(files=files))
    groups = sorted({view.group for view in views})
    counts = {group: sum(v.group == group for v in views) for group in groups}
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB, {counts}")


if __name__ == "__main__":
    main()
