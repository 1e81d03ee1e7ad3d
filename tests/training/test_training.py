"""Training in the child process, on tiny networks and pictures."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import imageio.v3 as iio
import numpy as np
import psutil
import pytest
import tifffile
from typer.testing import CliRunner

from napari_mobile_unet.commands.app import app
from napari_mobile_unet.training.crops import CropSampler
from napari_mobile_unet.training.examples import read_examples
from napari_mobile_unet.training.job import TrainingJob, start_from
from napari_mobile_unet.training.process import JobError, training
from napari_mobile_unet.unet.card import Architecture
from napari_mobile_unet.unet.engine import predict
from napari_mobile_unet.unet.model import load_model

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.model

TINY = Architecture(
    widths=(8, 8, 8, 8, 8), depths=(1, 1, 1, 1), decoder=(8, 8, 8, 8), decoder_depth=1
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with eight pictures of bright squares and their labels."""
    folder = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    for kind in ("images", "labels"):
        (folder / kind).mkdir()
    for number in range(8):
        labels = np.zeros((96, 96), np.uint16)
        for label, (y, x) in enumerate(np.ndindex(3, 3), start=1):
            top, left = 4 + 30 * y + rng.integers(8), 4 + 30 * x + rng.integers(8)
            labels[top : top + 18, left : left + 18] = label
        image = rng.normal(40, 10, labels.shape) + 140 * (labels > 0)
        iio.imwrite(folder / "images" / f"{number}.png", image.astype(np.uint8))
        iio.imwrite(folder / "labels" / f"{number}.png", labels)
    return folder


def job_of(data: Path, output: Path, **settings: object) -> TrainingJob:
    fields = {
        "images": str(data / "images"),
        "labels": str(data / "labels"),
        "output": output,
        "architecture": TINY,
        "steps": 10,
        "batch": 4,
        "crop": 64,
        "epochs": 2,
        "validate_every": 2,
    }
    return TrainingJob.model_validate(fields | settings)


def iter_messages(job: TrainingJob) -> Iterator[dict[str, Any]]:
    """Yield the messages of a training; closing the generator stops it."""
    with training(job) as running:
        yield from running.messages


@pytest.fixture(scope="module")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[list, Path]:
    output = tmp_path_factory.mktemp("models") / "squares"
    return list(iter_messages(job_of(data, output, epochs=8))), output


def test_messages_come_in_order_and_the_loss_falls(trained: tuple[list, Path]) -> None:
    messages, _ = trained
    kinds = [message["kind"] for message in messages]
    assert kinds == ["ready", *["epoch"] * 8, "done"]
    assert messages[0]["images"] == 7
    assert messages[0]["validation"] == 1
    losses = [message["loss"] for message in messages[1:-1]]
    assert losses[-1] < 0.9 * losses[0]
    assert messages[-2]["share"] == 1


def test_the_model_is_whole_and_knows_its_training(trained: tuple[list, Path]) -> None:
    messages, output = trained
    card = load_model(output).card
    assert card.training.epochs == 8
    assert card.training.objects == 63
    assert card.training.validation_ap == messages[-1]["ap"]
    assert [path.name for path in output.parent.iterdir()] == ["squares"]


def test_ids_may_be_any_numbers_and_channels_as_many(tmp_path: Path) -> None:
    image = np.zeros((64, 64, 2), np.uint8)
    labels = np.zeros((64, 64), np.uint32)
    labels[8:24, 8:24], labels[8:24, 24:40] = 2**31 + 5, 2**25 + 1
    for kind, pixels in {"images": image, "labels": labels}.items():
        (tmp_path / kind).mkdir()
        settings = {"planarconfig": "contig"} if kind == "images" else {}
        tifffile.imwrite(
            tmp_path / kind / "a.tif", pixels, photometric="minisblack", **settings
        )
    job = job_of(tmp_path, tmp_path / "new", epochs=1)
    (example,), _ = read_examples(job)
    assert np.unique(example.labels).tolist() == [0, 1, 2]
    assert example.image.shape == (64, 64, 2)
    sampler, rng = (
        CropSampler([example], 64, job.augmentation),
        np.random.default_rng(0),
    )
    for _ in range(5):
        assert sampler.draw(rng).image.shape[-1] == 1


def test_one_seed_gives_one_training(
    data: Path, trained: tuple[list, Path], tmp_path: Path
) -> None:
    messages, _ = trained
    again = iter_messages(job_of(data, tmp_path / "again", epochs=8))
    first, second = (
        [m["loss"] for m in told if m["kind"] == "epoch"] for told in (messages, again)
    )
    assert first == pytest.approx(second, rel=1e-5)


def test_training_goes_on_from_a_model(
    data: Path, trained: tuple[list, Path], tmp_path: Path
) -> None:
    messages, output = trained
    job = job_of(data, tmp_path / "more", epochs=1, **start_from(load_model(output)))
    first = next(m for m in iter_messages(job) if m["kind"] == "epoch")
    assert first["loss"] < messages[1]["loss"]
    assert load_model(tmp_path / "more").card.training.start.startswith("squares ")


def test_no_epochs_tune_and_export_a_larger_network_in_integers(
    data: Path, tmp_path: Path
) -> None:
    small = TINY.replace(maps=("foreground", "distance"), stem_depth=0, head_depth=0)
    list(iter_messages(job_of(data, tmp_path / "small", epochs=1, architecture=small)))
    model = load_model(tmp_path / "small")
    larger = {"channels": 3, "maps": TINY.maps, "stem_depth": 1, "head_depth": 1}
    settings = {**start_from(model, larger), "epochs": 0, "quantise": True}
    messages = list(iter_messages(job_of(data, tmp_path / "colour", **settings)))
    assert [message["kind"] for message in messages] == ["ready", "done"]
    colour = load_model(tmp_path / "colour")
    assert colour.card.architecture.channels == 3
    assert "RGB" in colour.card.inputs
    rng = np.random.default_rng(0)
    plane = rng.random((96, 96), dtype=np.float32)
    plane[30:50, 30:50] += 2
    whole, integers = (
        predict(plane, colour, precision) for precision in ("fp32", "int8")
    )
    # Of a grey image the network for colour sees what the one for grey did.
    assert whole.shape == (96, 96, 3)
    assert np.abs(predict(plane, model) - whole[..., :2]).max() < 1e-4
    assert 0 < np.abs(whole - integers).mean() < 0.05
    assert np.array_equal(predict(plane, colour), integers)
    with pytest.raises(ValueError, match="no network of precision 'int8'"):
        predict(plane, model, "int8")


def test_a_network_learns_from_another_what_labels_do_not_say(
    data: Path, trained: tuple[list, Path], tmp_path: Path
) -> None:
    shutil.copytree(data / "images", tmp_path / "images")
    (tmp_path / "labels").mkdir()
    for image in (tmp_path / "images").iterdir():
        iio.imwrite(tmp_path / "labels" / image.name, np.zeros((96, 96), np.uint16))
    image = iio.imread(data / "images" / "0.png")
    inside = iio.imread(data / "labels" / "0.png") > 0
    teacher = load_model(trained[1])
    normal = teacher.card.normalisation
    plane = normal.apply(image, normal.limits(image))
    seen = []
    for name, settings in {"alone": {}, "taught": {"teacher": trained[1]}}.items():
        job = job_of(tmp_path, tmp_path / name, epochs=8, **settings)
        list(iter_messages(job))
        seen.append(predict(plane, load_model(job.output))[inside, 0].mean())
    assert seen[1] > seen[0] + 0.1
    record = load_model(tmp_path / "taught").card.training
    assert record.teacher == f"squares {teacher.checksum}"


def test_a_teacher_of_other_maps_is_refused(
    data: Path, trained: tuple[list, Path], tmp_path: Path
) -> None:
    fewer = TINY.replace(maps=("foreground", "distance"))
    job = job_of(data, tmp_path / "new", architecture=fewer, teacher=trained[1])
    with pytest.raises(ValueError, match=r"a teacher must have .* 'squares' has 1 ch"):
        list(iter_messages(job))


def test_a_network_of_other_sizes_is_no_start(
    data: Path, trained: tuple[list, Path], tmp_path: Path
) -> None:
    wider = start_from(load_model(trained[1]), {"widths": (16, 8, 8, 8, 8)})
    with pytest.raises(JobError, match=r"same sizes; stem_conv/kernel is \(3, 3, 1, 8"):
        list(iter_messages(job_of(data, tmp_path / "wider", epochs=1, **wider)))


def test_a_stop_keeps_what_was_learnt(data: Path, tmp_path: Path) -> None:
    messages = iter_messages(job_of(data, tmp_path / "stopped", epochs=10_000))
    while next(messages)["kind"] != "epoch":
        pass
    messages.close()
    assert load_model(tmp_path / "stopped").card.training.epochs >= 1


def train_command(data: Path, output: Path) -> list[str]:
    settings = output.with_suffix(".json")
    small = {"architecture": TINY.model_dump(), "steps": 10, "batch": 4, "crop": 64}
    settings.write_text(json.dumps(small), encoding="utf-8")
    command = ["train", str(data / "images"), str(data / "labels"), "--json"]
    command += ["-o", str(output), "--epochs", "10000", "--settings", str(settings)]
    return command


def interrupt_at(monkeypatch: pytest.MonkeyPatch, *kinds: str) -> list[str]:
    """Press Ctrl-C while the command line prints the first message of each kind."""
    printed: list[str] = []

    def echo(line: str) -> None:
        printed.append(json.loads(line)["kind"])
        if printed[-1] in kinds and printed.count(printed[-1]) == 1:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("typer.echo", echo)
    return printed


def test_ctrl_c_keeps_what_was_learnt(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = interrupt_at(monkeypatch, "epoch")
    ended = CliRunner().invoke(app, train_command(data, tmp_path / "stopped"))
    assert ended.exit_code == 0
    assert printed[:2] == ["ready", "epoch"]
    assert "stopping" in printed and printed[-1] == "done"
    assert load_model(tmp_path / "stopped").card.training.epochs >= 1


def test_a_second_ctrl_c_gives_the_model_up(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = interrupt_at(monkeypatch, "epoch", "stopping")
    ended = CliRunner().invoke(app, train_command(data, tmp_path / "given_up"))
    assert ended.exit_code == 130
    assert "done" not in printed
    children = [child.cmdline() for child in psutil.Process().children()]
    assert not any(
        "napari_mobile_unet.training.child.trainer" in line for line in children
    )
    assert [path.name for path in tmp_path.iterdir()] == ["given_up.json"]


def test_a_stop_before_the_first_batch_saves_nothing(
    data: Path, tmp_path: Path
) -> None:
    job = job_of(data, tmp_path / "early", epochs=10_000)
    with (
        pytest.raises(JobError, match="the training was stopped before that"),
        training(job) as running,
    ):
        running.stop()
        list(running.messages)
    assert not list(tmp_path.iterdir())


def test_a_parent_that_dies_leaves_a_child_that_saves(
    data: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "napari_mobile_unet"]
    command += train_command(data, tmp_path / "orphan")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        while json.loads(parent.stdout.readline())["kind"] != "epoch":
            pass
        (child,) = psutil.Process(parent.pid).children()
        parent.kill()
    child.wait(300)
    assert load_model(tmp_path / "orphan").card.training.epochs >= 1


def test_what_was_cut_off_leaves_its_model_so_far(data: Path, tmp_path: Path) -> None:
    job = job_of(data, tmp_path / "long", epochs=3, keep_every=1e-6)
    messages = iter_messages(job)
    next(messages)
    for epoch in (1, 2):
        assert next(messages)["epoch"] == epoch
        so_far = load_model(tmp_path / "long-unfinished")
        # The child may have gone on meanwhile.
        assert epoch <= so_far.card.training.epochs <= epoch + 1
        assert so_far.card.name == "long"
    shutil.copytree(tmp_path / "long-unfinished", tmp_path / "cut-unfinished")
    list(messages)
    assert {path.name for path in tmp_path.iterdir()} == {"long", "cut-unfinished"}
    cut = job_of(data, tmp_path / "cut", epochs=1)
    with pytest.raises(
        ValueError, match=r"cut-unfinished; continue from it with --from"
    ):
        list(iter_messages(cut))
    so_far = load_model(tmp_path / "cut-unfinished")
    list(iter_messages(cut.replace(**start_from(so_far))))
    assert load_model(tmp_path / "cut").card.training.start.startswith("long ")
    assert not (tmp_path / "cut-unfinished").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="limits another process")
def test_a_child_without_memory_says_so_and_leaves_its_model_so_far(
    data: Path, tmp_path: Path
) -> None:
    job = job_of(data, tmp_path / "large", epochs=10_000, keep_every=1e-6)
    with (
        pytest.raises(JobError, match=r"process ended with .* --from$") as caught,
        training(job) as running,
    ):
        for message in running.messages:
            if message.get("epoch") == 2:
                child = trainer()
                used = child.memory_info().vms
                child.rlimit(psutil.RLIMIT_AS, (used, used))
    assert str(job.unfinished) in str(caught.value)
    assert load_model(job.unfinished).card.training.epochs >= 2
    assert not child.is_running()
    assert [path.name for path in tmp_path.iterdir()] == ["large-unfinished"]


def trainer() -> psutil.Process:
    """Return the process that learns."""
    (child,) = (
        each
        for each in psutil.Process().children(recursive=True)
        if "napari_mobile_unet.training.child.trainer" in each.cmdline()
    )
    return child


def test_a_copy_that_cannot_be_kept_ends_no_training(
    data: Path, tmp_path: Path
) -> None:
    job = job_of(data, tmp_path / "model", keep_every=1e-6)
    kinds = []
    for message in iter_messages(job):
        if not job.unfinished.exists():  # put a file where the copy would be
            job.unfinished.touch()
        kinds.append(message["kind"])
    assert kinds[-1] == "done"
    assert job.unfinished.is_file()  # no copy took its place
    assert load_model(tmp_path / "model").card.training.epochs == 2


def test_bad_folders_are_refused_in_one_line(data: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").touch()
    cases = {
        "found none under": {"images": str(tmp_path / "nowhere")},
        "none of 8 images .* among 8 files": {"labels": str(data / "renamed")},
        "Output already exists": {"output": tmp_path / "taken"},
        "only a model": {"output": tmp_path / "taken", "overwrite": True},
        "must be writable": {"output": tmp_path / "taken" / "file" / "new"},
    }
    renamed = data / "renamed"
    renamed.mkdir(exist_ok=True)
    for path in (data / "labels").iterdir():
        (renamed / f"mask_{path.name}").write_bytes(path.read_bytes())
    for message, change in cases.items():
        with pytest.raises((ValueError, OSError), match=message) as caught:
            list(iter_messages(job_of(data, **({"output": tmp_path / "new"} | change))))
        assert "\n" not in str(caught.value)
    assert not (tmp_path / "new").exists()


def test_a_model_is_replaced_if_asked_once_the_new_one_is_complete(
    data: Path, trained: tuple[list, Path], tmp_path: Path
) -> None:
    output = shutil.copytree(trained[1], tmp_path / "squares")
    before = load_model(output).checksum
    settings = {"epochs": 0, "overwrite": True, **start_from(load_model(output))}
    messages = iter_messages(job_of(data, output, **settings))
    next(messages)
    assert load_model(output).checksum == before
    assert [message["kind"] for message in messages] == ["done"]
    assert load_model(output).card.training.start == f"squares {before}"
    assert [path.name for path in tmp_path.iterdir()] == ["squares"]


def test_length_is_named_once() -> None:
    with pytest.raises(ValueError, match=r"minutes=1\.0 and epochs=1; give one"):
        TrainingJob(images="a", labels="b", output=Path("c"), minutes=1, epochs=1)


def test_pairs_that_differ_in_shape_are_refused_by_the_child(
    data: Path, tmp_path: Path
) -> None:
    for kind in ("images", "labels"):
        (tmp_path / kind).mkdir()
    for name, size in {"a": 64, "b": 48}.items():
        iio.imwrite(tmp_path / "images" / f"{name}.png", np.zeros((64, 64), np.uint8))
        iio.imwrite(tmp_path / "labels" / f"{name}.png", np.zeros((64, size), np.uint8))
    with pytest.raises(JobError, match="must have one shape"):
        list(iter_messages(job_of(tmp_path, tmp_path / "new")))
    assert not (tmp_path / "new").exists()
