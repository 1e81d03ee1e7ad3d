"""A model taught with images and their labels, from Python or the command line."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from napari_mobile_unet.images.stack import as_stack
from napari_mobile_unet.io.atomic import atomic_path, check_folder
from napari_mobile_unet.training.class_labels import default_names, read_classes
from napari_mobile_unet.training.job import check_place
from napari_mobile_unet.training.lesson_files import read_lessons_of, write_lessons
from napari_mobile_unet.training.lessons import check_lessons, lessons_of, read_masks
from napari_mobile_unet.training.pupils import TeachingProcess, iter_teaching
from napari_mobile_unet.training.teaching import (
    SECONDS,
    channels_of,
    check_subject,
    sees_colour,
    teaching_job,
)
from napari_mobile_unet.unet.card import read_card, write_card
from napari_mobile_unet.unet.model import Model, load_model

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from napari_mobile_unet.corrections.change import PlaneIndex
    from napari_mobile_unet.training.lessons import Lesson
    from napari_mobile_unet.training.teaching import TeachingJob
    from napari_mobile_unet.types import Channel

Images = Any
"""A ``Stack``, an array, a list of arrays; or the name of a folder of files."""


def teach(
    images: Images,
    labels: Images,
    output: str | Path,
    *,
    model: str | Path | None = "nuclei",
    seconds: float = SECONDS,
    classes: bool | int | str | Sequence[str] = False,
    axes: str | None = None,
    channel: Channel | None = None,
    finished: Collection[PlaneIndex] | None = None,
    keep_worse: bool = False,
    overwrite: bool = False,
    seed: int = 0,
    on_message: Callable[[dict[str, Any]], object] | None = None,
) -> Model:
    """Teach a model with images and labels that are right, and save it.

    It is compared with the model that it was taught from, on a part of the labels that
    it did not see; ``model.card.training.gate`` of the result tells how.

    Parameters
    ----------
    images : array, list of arrays, or folder
        Images of one channel or RGB; a list holds several images.
    labels : array, list of arrays, or folder
        Their labels, on the same axes without colour. A mask of one value is taken
        apart into its pieces, or is one class.
    output : path-like
        Folder of the taught model.
    model : str or path-like, optional
        What is taught: name or folder; None for a new network.
    seconds : float
        How long it learns.
    classes : bool, int or sequence of str
        Whether the values of the labels are classes of pixels, 1 to 4, instead of
        objects; or how many classes there are, or their names. A model that finds
        objects then lends its weights to a new network.
    axes : str, optional
        Of the images, as for `segment`.
    channel : int, "mean", "max" or "all", optional
        What is learnt from of images that have several channels: one of them, the
        first by default, all combined, or all side by side, for a network that sees
        them together. Of files it must be named.
    finished : collection of tuple, optional
        Planes of a stack on which all labels are right; the others are left out. By
        default all are.
    keep_worse : bool
        Whether a model is saved that is worse than it was.
    overwrite : bool
        Whether a model in that folder is replaced.
    seed : int
        Seed of every random choice.
    on_message : callable, optional
        Gets the messages of `iter_teaching` as they come.

    Returns
    -------
    Model
        The taught model.

    Raises
    ------
    ValueError, OSError
        If there is nothing to learn from, the images and labels do not fit, the
        model is worse, or it cannot be written.
    JobError
        If the process that learns died.
    """
    if isinstance(images, str | Path):
        lessons = read_lessons_of(
            str(images), str(labels), channel, classes=bool(classes)
        )
    else:
        pairs = zip(
            *(each if isinstance(each, list) else [each] for each in (images, labels)),
            strict=True,
        )
        lessons = [
            lesson
            for number, (image, own) in enumerate(pairs, start=1)
            for lesson in lessons_of(
                as_stack(image, axes, channel),
                own,
                f"image {number}",
                finished=finished,
                classes=bool(classes),
            )
        ]
    start = None if model is None else load_model(model)
    target = Path(output)
    check_place(target, overwrite)
    check_folder(target.parent)
    read = read_subject(lessons, start, bool(classes), _names(classes))
    tell = on_message or (lambda _: None)
    if read.said:
        tell({"kind": "masks", "message": read.said})
    changes = {"seconds": seconds, "seed": seed, "classes": read.classes}
    with prepared(read.lessons, start, **changes) as job:
        process = TeachingProcess(job)
        process.begin()
        with closing(iter_teaching(process)) as messages:
            for message in messages:
                tell(message)
        gate = read_card(job.output).training.gate
        if gate is not None and gate.verdict == "worse" and not keep_worse:
            raise ValueError(
                f"a worse model is kept only on purpose; {gate.measure} fell from "
                f"{gate.old_tuned_ap:.3f} to {gate.new_ap:.3f}; correct more planes, "
                "or keep it all the same with --keep-worse (in Python keep_worse=True)"
            )
        return keep_model(job.output, target)


def _names(classes: bool | int | str | Sequence[str]) -> tuple[str, ...]:
    """Return the names of classes, as far as they are known."""
    if isinstance(classes, bool):
        return ()
    if isinstance(classes, int):
        return default_names(classes)
    return (classes,) if isinstance(classes, str) else tuple(classes)


class Read(NamedTuple):
    """Lessons as they are taught."""

    lessons: list[Lesson]
    classes: tuple[str, ...]
    """Names of the classes; none of objects."""
    said: str
    """How the labels were read, and what becomes of the model, for the person."""


def read_subject(
    lessons: Sequence[Lesson],
    model: Model | None,
    classes: bool,
    names: Sequence[str] = (),
) -> Read:
    """Return lessons with their labels read as objects, or as classes of pixels.

    Parameters
    ----------
    lessons : sequence of Lesson
        With the values of classes as they are.
    model : Model or None
        What is taught.
    classes : bool
        Whether the values of the labels are classes.
    names : sequence of str
        Of the classes, as many as there are; those of a model stay.

    Raises
    ------
    ValueError
        If the labels have no classes, or the model finds something else.
    """
    own = () if model is None else model.card.architecture.classes
    if not classes:
        if model is not None:
            check_subject(model, ())
        objects, said = read_masks(lessons)
        return Read(objects, (), said)
    read, found, said = read_classes(lessons, own, names)
    if model is not None and not own:
        said += (
            f"; {model.card.name} finds objects, so a new network begins with its "
            "weights where they fit"
        )
    return Read(read, found, said)


@contextmanager
def prepared(
    lessons: Sequence[Lesson], model: Model | None, **changes: Any
) -> Iterator[TeachingJob]:
    """Yield a job whose lessons lie in a folder, and which goes with it.

    Parameters
    ----------
    lessons : sequence of Lesson
        What is taught.
    model : Model or None
        As for ``teaching_job``, and so are ``changes``.

    Raises
    ------
    ValueError
        If nothing can be learnt from the lessons.
    """
    check_lessons(lessons)
    with tempfile.TemporaryDirectory(prefix="mobile-unet-teach-") as name:
        kinds = {
            "colour": sees_colour(lessons),
            "channels": channels_of(lessons, model),
        }
        job = empty_job(Path(name), model, **kinds, **changes)
        write_lessons(job.lessons, lessons)
        yield job


def empty_job(folder: Path, model: Model | None, **changes: Any) -> TeachingJob:
    """Return a job in a folder, without lessons yet; ``teaching_job`` has the rest."""
    (folder / "lessons").mkdir(exist_ok=True)
    return teaching_job(folder / "lessons", folder / "model", model=model, **changes)


def keep_model(candidate: Path, folder: Path) -> Model:
    """Copy a taught model to where it stays, under the name of that folder.

    Raises
    ------
    OSError
        If it cannot be written; what was there is untouched then.
    """
    with atomic_path(folder) as beside:
        shutil.copytree(candidate, beside)
        write_card(beside, read_card(beside).replace(name=folder.name))
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    return Model(folder)
