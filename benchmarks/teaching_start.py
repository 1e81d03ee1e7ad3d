"""How soon and how fast a model learns, and what memory it takes."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil
from qtpy.QtCore import QCoreApplication

from napari_mobile_unet.images.stack import as_stack
from napari_mobile_unet.training.lessons import lessons_of
from napari_mobile_unet.widgets.teach.course import Course
from napari_mobile_unet.widgets.teach.subject_form import Wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from teaching_scores import Pair

    from napari_mobile_unet.training.lessons import Lesson

MEGA = 1e6
NUCLEI = Wanted("nuclei", True)
LONGEST = 900
"""Seconds that anything may take."""
CROP = 192
"""Height and width in pixels of the crops that are learnt from."""
BATCHES = 12
"""Of which the first two are not counted."""


def show_start(taught: Sequence[Pair], seconds: float) -> None:
    """Print seconds to the first step, and megabytes, as the page has them."""
    # Without a name it would be gone at once, and no event would ever come.
    app = QCoreApplication.instance() or QCoreApplication([])
    lessons = [
        lesson
        for number, (image, labels) in enumerate(taught)
        for lesson in lessons_of(as_stack(image), labels, str(number))
    ]
    for kind in ("cold", "warm"):
        own = psutil.Process().memory_info().rss
        print(f"{kind}: this process {own / MEGA:.0f} MB before")
        course = Course()
        if kind == "warm":
            _show_warming(course)
        _show_teaching(course, lessons, seconds)
        course.close()
    app.quit()


def _show_warming(course: Course) -> None:
    """Print how long it takes until a process is ready."""
    begin = time.monotonic()
    course.warm(NUCLEI)
    _wait(lambda: course.state == "Ready")
    print(f"  ready after {time.monotonic() - begin:.1f} s, {_memory(course)}")


def _show_teaching(course: Course, lessons: list[Lesson], seconds: float) -> None:
    """Print what happens from the button to the verdict."""
    steps: list[float] = []
    ended: list[object] = []
    course.stepped.connect(
        lambda m: m["loss"] is not None and steps.append(time.monotonic())
    )
    course.ended.connect(ended.append)
    course.said.connect(print)
    begin = time.monotonic()
    course.teach(NUCLEI, lambda: lessons, seconds)
    _wait(lambda: steps or ended)
    print(f"  button to first step {time.monotonic() - begin:.1f} s", flush=True)
    _wait(lambda: time.monotonic() > steps[0] + seconds / 2 or ended)
    print(f"  learning: {_memory(course)}")
    _wait(lambda: ended)
    print(
        f"  {len(steps)} messages, verdict {time.monotonic() - begin:.1f} s after "
        f"the button; after it: {_memory(course)}",
        flush=True,
    )


def _wait(until: Callable[[], object]) -> None:
    end = time.monotonic() + LONGEST
    while not until():
        QCoreApplication.processEvents()
        time.sleep(0.005)
        if time.monotonic() > end:
            raise TimeoutError(f"nothing came in {LONGEST} s")


def _memory(course: Course) -> str:
    own = psutil.Process().memory_info().rss / MEGA
    text = f"this process {own:.0f} MB, child "
    if course.process is None:
        return text + "gone"
    child = psutil.Process(course.process.pid)
    used = child.cpu_times()
    return text + (
        f"{child.memory_info().rss / MEGA:.0f} MB, after "
        f"{used.user + used.system:.1f} processor seconds"
    )


def show_speed() -> None:
    """Print how many pixels a teaching, and a full training, learn from in a second."""
    from napari_mobile_unet.training.child.learning import Trainer
    from napari_mobile_unet.training.child.pupil import Pupil
    from napari_mobile_unet.training.job import TrainingJob, start_from
    from napari_mobile_unet.training.teach import empty_job
    from napari_mobile_unet.unet.model import load_model

    nuclei = load_model("nuclei")
    with tempfile.TemporaryDirectory() as place:
        teaching = empty_job(Path(place), nuclei)
        whole = TrainingJob(
            images="", labels="", output=Path(place), epochs=1, **start_from(nuclei)
        )
        rates = []
        for name, job, learner in (
            ("full training", whole, Trainer(whole)),
            ("teaching", teaching, Pupil(teaching)),
        ):
            rng = np.random.default_rng(0)
            shape = job.batch, CROP, CROP
            images = rng.random((*shape, job.architecture.channels), np.float32)
            targets = rng.random((*shape, 4), np.float32)
            seconds, busy = [], []
            for _ in range(BATCHES):
                begin, used = time.monotonic(), time.process_time()
                learner.step((images, targets), 1e-5)
                seconds.append(time.monotonic() - begin)
                busy.append(time.process_time() - used)
            pixels = job.batch * CROP**2 / MEGA
            rates.append(pixels / float(np.median(seconds[2:])))
            print(
                f"{name}: first batch {seconds[0]:.1f} s, then "
                f"{rates[-1]:.2f} Mpx/s in batches of {job.batch}, "
                f"{np.median(busy[2:]) / pixels:.2f} processor seconds for a Mpx",
                flush=True,
            )
        print(f"share reached: {rates[1] / rates[0]:.2f}")
