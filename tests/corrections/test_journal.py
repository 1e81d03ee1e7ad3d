from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
import zlib

import numpy as np
import pytest

from napari_mobile_unet.corrections.change import Change
from napari_mobile_unet.corrections.journal import SYNC, NotRecorded, is_begun
from napari_mobile_unet.corrections.replay import fold, replay
from napari_mobile_unet.corrections.resume import resume
from napari_mobile_unet.corrections.session import Corrections


@pytest.fixture
def path(tmp_path):
    return tmp_path / "cells_labels_corrections.jsonl"


def square(value: int, row: int, column: int, size: int = 4) -> Change:
    return Change((), (row, column), np.full((size, size), value))


def corrected(base: np.ndarray, path) -> Corrections:
    """Return a session with some steps, undone and redone ones among them."""
    corrections = Corrections(base.copy(), journal=path, image="abc")
    corrections.do("draw", [square(12, 20, 20)], on=[12])
    corrections.lock([1])
    corrections.do("delete", [square(0, 4, 4, 11)], on=[3])
    corrections.undo()
    corrections.undo()
    corrections.redo()
    corrections.do("draw", [square(13, 25, 4)], on=[13])
    corrections.finish(())
    corrections.undo()
    corrections.close()
    return corrections


def states(corrections: Corrections) -> list[np.ndarray]:
    """Return the labels at every entry of the history, which is at its end after."""
    while corrections.redo():
        pass
    found = [corrections.labels.copy()]
    while corrections.undo():
        found.append(corrections.labels.copy())
    while corrections.redo():
        pass
    return found


def test_a_journal_replays_to_the_bit(path, squares):
    corrections = corrected(squares, path)
    again = replay(squares, path)
    assert np.array_equal(again, corrections.labels)
    assert again.dtype == squares.dtype
    assert not np.array_equal(again, squares)
    assert np.array_equal(replay(squares.astype(np.int32), path), again)
    # Labels that were saved with their corrections are as good.
    assert np.array_equal(replay(corrections.labels, path), again)


def test_a_session_goes_on_as_if_it_had_never_ended(path, squares):
    first = corrected(squares, path)
    for labels in (squares.copy(), first.labels.copy()):
        resumed = resume(labels, path, images=["abc"])
        assert resumed.notes == []
        assert np.array_equal(labels, first.labels)
        second = resumed.corrections
        assert second.locks.state == first.locks.state
        assert second.index.ids == first.index.ids
        assert second.index.next_id == first.index.next_id
        assert second.history.next_undo == first.history.next_undo
        assert second.history.next_redo == first.history.next_redo
        assert len(second.history) == len(first.history)
    second.do("draw", [square(14, 35, 20, 3)], on=[14])
    second.close()
    assert np.array_equal(replay(squares, path), second.labels)
    third = resume(squares.copy(), path).corrections
    mine = states(third)
    third.close()
    second = resume(squares.copy(), path).corrections
    theirs = states(second)
    assert len(mine) == len(theirs)
    for one, other in zip(mine, theirs, strict=True):
        assert np.array_equal(one, other)
    second.close()


@pytest.mark.parametrize("set_to", [-1e8, -1e12, 1e12])
def test_a_clock_that_is_wrong_takes_no_step_away(path, squares, monkeypatch, set_to):
    monkeypatch.setattr(time, "time", lambda: set_to)
    corrections = corrected(squares.copy(), path)
    corrections.close()
    monkeypatch.undo()
    again = resume(squares.copy(), path).corrections
    assert np.array_equal(again.labels, corrections.labels)
    assert len(again.history) == len(corrections.history)
    assert again.do("draw", [square(77, 36, 36, 3)])
    again.close()
    assert np.array_equal(replay(squares, path), again.labels)


def test_labels_with_a_part_of_the_steps_are_brought_up(path, squares):
    """As Zarr labels are where the program was killed between journal and labels."""
    corrections = corrected(squares, path)
    part = squares.copy()
    part[20:24, 20:24] = 12
    resume(part, path)
    assert np.array_equal(part, corrections.labels)


def test_a_line_that_was_cut_off_is_dropped_and_said(path, squares):
    before = corrected(squares, path)
    state = before.labels.copy()
    sound = path.read_bytes()
    corrections = resume(squares.copy(), path).corrections
    corrections.do("draw", [square(15, 30, 20)], on=[15])
    corrections.close()
    whole = path.read_bytes()
    for end in (len(sound) + 1, len(whole) - 30, len(whole) - 1):
        path.write_bytes(whole[:end])
        resumed = resume(squares.copy(), path)
        assert "last line of" in resumed.notes[0]
        assert np.array_equal(resumed.corrections.labels, state)
        resumed.corrections.do("draw", [square(16, 30, 20)], on=[16])
        resumed.corrections.close()
        assert path.read_bytes().startswith(sound)
        assert np.array_equal(replay(squares, path), resumed.corrections.labels)
    path.write_bytes(whole[:-5] + b"\0\0\0\0\n")  # as after a power cut
    assert np.array_equal(replay(squares, path), state)


def test_a_journal_whose_first_line_was_cut_off_is_begun_again(path, squares):
    corrected(squares, path)
    whole = path.read_bytes()
    for length in (0, 5, 60):
        path.write_bytes(whole[:length])
        assert not is_begun(path)
        corrections = Corrections(squares.copy(), journal=path)
        corrections.do("draw", [square(15, 30, 20)], on=[15])
        corrections.close()
        assert is_begun(path)
        assert np.array_equal(replay(squares, path), corrections.labels)


@pytest.mark.parametrize("number", [0, 1, 3])
def test_a_line_that_was_edited_is_refused(path, squares, number):
    corrected(squares, path)
    lines = path.read_bytes().splitlines(keepends=True)
    edited = [*lines]
    edited[number] = lines[number].replace(b"draw", b"drew").replace(b"abc", b"xyz")
    edited[number] = edited[number].replace(b"delete", b"forget")
    assert edited != lines
    path.write_bytes(b"".join(edited))
    with pytest.raises(ValueError, match=f"line {number + 1} of .* was edited"):
        replay(squares, path)


def test_lines_that_were_taken_out_or_moved_are_noticed(path, squares):
    corrected(squares, path)
    lines = path.read_bytes().splitlines(keepends=True)
    for wrong in (
        [*lines[:2], *lines[3:]],
        [*lines[:2], lines[3], lines[2], *lines[4:]],
    ):
        path.write_bytes(b"".join(wrong))
        with pytest.raises(ValueError, match="line 3 of"):
            replay(squares, path)


def test_a_journal_of_other_labels_or_another_image_is_refused(path, squares):
    corrected(squares, path)
    other = squares.copy()
    other[0, 0] = 1
    before = other.copy()
    for read in (replay, resume):
        with pytest.raises(ValueError, match="belongs to the labels that it begins"):
            read(other, path)
        with pytest.raises(ValueError, match="labels of one shape"):
            read(squares[:20], path)
    assert np.array_equal(other, before)
    with pytest.raises(ValueError, match="belongs to one image"):
        resume(squares, path, images=["xyz", "uvw"])


@pytest.mark.parametrize("content", [b"", b"[1]\n", b"cells\n", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_journal_is_refused(path, squares, content):
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"a journal|edited"):
        replay(squares, path)


def test_a_journal_is_never_written_over(path, squares):
    corrected(squares, path)
    for content in (path.read_bytes(), b"a diary without a line break"):
        path.write_bytes(content)
        with pytest.raises(FileExistsError, match="continue it, or move it"):
            Corrections(squares, journal=path)
        assert path.read_bytes() == content


def test_two_windows_do_not_write_one_journal(path, squares):
    first = Corrections(squares.copy(), journal=path)
    first.do("draw", [square(12, 20, 20)])
    second = resume(squares.copy(), path).corrections
    with pytest.raises(NotRecorded, match="another window or program"):
        second.do("draw", [square(13, 30, 20)])
    first.close()
    first.do("draw", [square(14, 30, 4)])
    first.close()
    with pytest.raises(
        NotRecorded, match=r"gone on with it since.*open the labels again"
    ):
        second.do("draw", [square(13, 30, 20)])
    third = resume(squares.copy(), path).corrections
    assert third.do("draw", [square(13, 30, 20)])
    third.close()


def sealed(lines: list[dict]) -> bytes:
    """Return lines with checksums as a forger would make them."""
    chain, found = 0, b""
    for line in lines:
        body = json.dumps(line).encode()[1:] + b"\n"
        chain = zlib.crc32(body, chain)
        found += f'{{"crc":"{chain:08x}",'.encode() + body
    return found


def forged(path, change) -> None:
    """Change a journal's step, and make its checksums right."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    lines = [{k: v for k, v in line.items() if k != "crc"} for line in lines[:2]]
    change(lines[1]["step"]["deltas"][0])
    path.write_bytes(sealed(lines))


def packed(content: bytes) -> str:
    return base64.urlsafe_b64encode(zlib.compress(content)).decode()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"packed": packed(b"\0" * 10**8)}, "must fill their box"),
        ({"packed": packed(b"\xff")}, "must fill their box"),
        ({"packed": "AAAA"}, "damaged"),
        ({"shape": [4000, 4000]}, "not within labels"),
        ({"shape": [2**39, 2**39]}, r"fewer than 2\^40"),
        ({"plane": [1]}, "not within labels"),
        ({"start": [-1, 0]}, "greater than or equal to 0"),
        ({"start": [39, 0]}, "not within labels"),
        ({"ids": "O"}, "'<u1'"),
        ({"code": "import os"}, "[Ee]xtra"),
    ],
)
def test_a_forged_step_is_refused(path, squares, values, message):
    corrected(squares, path)
    forged(path, lambda delta: delta.update(values))
    with pytest.raises(ValueError, match=message):
        replay(squares, path)


def test_a_journal_that_contradicts_itself_is_refused(path, squares):
    corrected(squares, path)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    lines = [{k: v for k, v in line.items() if k != "crc"} for line in lines]
    for wrong, message in (
        ([*lines, {"undo": {"seq": 77}}], "cannot be the next undo"),
        ([*lines, lines[1]], "numbered in order"),
        ([lines[0], {"redo": {"seq": 1}}], "cannot be the next redo"),
        ([*lines[1:]], "begins with one line about its labels"),
        ([*lines, {}], "says 0"),
        ([*lines, {"undo": {"seq": 4}, "redo": {"seq": 4}}], "says 2"),
        ([{"labels": {**lines[0]["labels"], "version": 2}}], "version that wrote it"),
    ):
        path.write_bytes(sealed(wrong))
        with pytest.raises(ValueError, match=message):
            fold(path)


def test_lines_can_be_read_by_people(path, squares):
    corrected(squares, path)
    header, first, *_ = [json.loads(line) for line in path.read_text().splitlines()]
    assert header["labels"]["shape"] == [40, 40]
    assert header["labels"]["version"] == 1
    assert first["step"]["text"] == "draw 12"
    assert len(first["crc"]) == 8


FULL = """
import resource, sys, numpy as np
from napari_mobile_unet.corrections.change import Change
from napari_mobile_unet.corrections.session import Corrections
from napari_mobile_unet.corrections.journal import SYNC, NotRecorded, is_begun

resource.setrlimit(resource.RLIMIT_FSIZE, (6000, resource.RLIM_INFINITY))
random = np.random.default_rng(0)
labels = np.zeros((64, 64), np.uint16)
corrections = Corrections(labels, journal=sys.argv[1])
refused = None
for number in range(1, 50):
    before = labels.copy(), corrections.index.ids, corrections.locks.state
    values = random.integers(0, 2, (20, 20)) * number
    try:
        corrections.do("draw", [Change((), (0, 0), values)], on=range(1, 50))
    except NotRecorded as error:
        refused = error
        break
assert "cannot be written (File too large), so nothing was changed" in str(refused)
assert np.array_equal(labels, before[0]) and corrections.index.ids == before[1]
assert corrections.locks.state == before[2]
# A stroke that a brush made already is taken back.
old = labels[:20, :20].copy()
labels[:20, :20] = values
try:
    corrections.stroke([Change((), (0, 0), old)], on=range(1, 50))
except NotRecorded:
    assert np.array_equal(labels, before[0])
else:
    raise SystemExit("the stroke was taken")
# With room again it goes on.
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
corrections.do("draw", [Change((), (0, 0), values)], on=range(1, 50))
corrections.close()
np.save(sys.argv[2], labels)
print(number)
"""


@pytest.mark.skipif(os.name == "nt", reason="limits of file sizes are those of POSIX")
def test_where_the_disk_is_full_nothing_changes_and_nothing_is_lost(path, tmp_path):
    program = [sys.executable, "-c", FULL, path, tmp_path / "end.npy"]
    done = subprocess.run(program, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 3
    again = replay(np.zeros((64, 64), np.uint16), path)
    assert np.array_equal(again, np.load(tmp_path / "end.npy"))


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux has it")
def test_a_disk_that_is_full_from_the_beginning(path, squares):
    before = squares.copy()
    corrections = Corrections(squares, journal=path)
    path.symlink_to("/dev/full")
    with pytest.raises(NotRecorded, match="No space left on device"):
        corrections.do("draw", [square(12, 20, 20)])
    assert np.array_equal(squares, before)
    corrections.close()


def test_where_no_journal_can_be_nothing_is_done(tmp_path, squares):
    before = squares.copy()
    (tmp_path / "file").touch()
    corrections = Corrections(squares, journal=tmp_path / "file" / "a.jsonl")
    with pytest.raises(NotRecorded, match="cannot be written"):
        corrections.do("draw", [square(12, 20, 20)])
    assert np.array_equal(squares, before)


@pytest.mark.skipif(os.name == "nt", reason="Windows deletes no file that is open")
def test_a_journal_that_is_deleted_under_ones_hands_is_noticed(path, squares):
    corrections = Corrections(squares, journal=path)
    corrections.do("draw", [square(12, 20, 20)])
    path.unlink()
    with pytest.raises(OSError, match="moved or deleted"):
        corrections.journal.sync()
    time.sleep(1.5 * SYNC)  # the thread notices it, too
    before = squares.copy()
    with pytest.raises(NotRecorded, match="put it back, or save the labels now"):
        corrections.do("draw", [square(13, 30, 20)])
    assert np.array_equal(squares, before)
    with pytest.raises(OSError, match="moved or deleted"):
        corrections.close()


class Failing:
    """Labels that cannot be written to once."""

    def __init__(self, array: np.ndarray) -> None:
        self.array, self.shape, self.dtype = array, array.shape, array.dtype
        self.fails = False

    def __getitem__(self, where):
        return self.array[where]

    def __setitem__(self, where, values):
        if self.fails:
            self.fails = False
            raise OSError("no room")
        self.array[where] = values


def test_a_step_that_labels_do_not_take_is_not_in_the_journal(path, squares):
    labels = Failing(squares.copy())
    corrections = Corrections(labels, journal=path)
    for row in (20, 25):
        labels.fails = True
        with pytest.raises(OSError, match="no room"):
            corrections.do("draw", [square(12, row, 20)], on=[12])
        corrections.do("draw", [square(12, row, 20)], on=[12])
    labels.fails = True
    with pytest.raises(OSError, match="no room"):
        corrections.undo()
    corrections.undo()
    corrections.close()
    assert np.array_equal(replay(squares, path), labels.array)
    assert len(path.read_bytes().splitlines()) == 4
