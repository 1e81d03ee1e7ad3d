"""What keeps a window from answering: every long gap between two turns of its events.

A timer beats in the event loop. Where a beat is late, a thread looks at what the main
thread is at, every few milliseconds, so that each gap has a cause with a name.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QTimer

if TYPE_CHECKING:
    from types import FrameType

LIMIT = 0.1
"""Seconds from which on a gap is felt."""
EVERY = 0.004
"""Seconds between two looks at the main thread."""
OURS = "napari_mobile_unet"


@dataclass(frozen=True)
class Gap:
    """Between two turns of the event loop."""

    seconds: float
    busy: float
    """Seconds for which the main thread had a processor in it."""
    process: float
    """Seconds of all threads together."""
    causes: Counter[str]
    """Where the main thread was, in seconds."""

    def __str__(self) -> str:
        """Return the largest causes, with their shares."""
        total = sum(self.causes.values()) or 1
        largest = self.causes.most_common(2)
        return "; ".join(f"{each} {n / total:.0%}" for each, n in largest)


class Watch:
    """Notes the gaps of the event loop while it is wound."""

    def __init__(self) -> None:
        self.gaps: list[Gap] = []
        self._causes: Counter[str] = Counter()
        self._main = threading.get_ident()
        self._last = self._now()
        self._timer = QTimer()
        self._timer.timeout.connect(self._beat)
        self._timer.start(5)
        threading.Thread(target=self._look, daemon=True).start()

    def begin(self) -> None:
        """Forget what was before."""
        self.gaps.clear()
        self._causes = Counter()
        self._last = self._now()

    @staticmethod
    def _now() -> tuple[float, float, float]:
        return time.perf_counter(), time.thread_time(), time.process_time()

    def _beat(self) -> None:
        now, causes = self._now(), self._causes
        took = [a - b for a, b in zip(now, self._last, strict=True)]
        self._last, self._causes = now, Counter()
        if took[0] > 0.02:
            self.gaps.append(Gap(*took, causes))

    def _look(self) -> None:
        before = time.perf_counter()
        while True:
            time.sleep(EVERY)
            now = time.perf_counter()
            if now - self._last[0] > LIMIT / 4:
                frame = sys._current_frames().get(self._main)
                if frame is not None:
                    self._causes[_cause(frame)] += now - max(before, self._last[0])
            before = now


def _cause(innermost: FrameType) -> str:
    """Return where a thread is, in a few words."""
    frames, frame = [], innermost
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back  # type: ignore[assignment]
    for place in reversed(range(len(frames))):
        if frames[place].f_code.co_name == "_find_and_load":
            name = str(frames[place].f_locals.get("name", "?"))
            if not name.startswith(OURS):
                asked = next(
                    (f for f in frames[place:] if "importlib" not in _file(f)), None
                )
                by = "" if asked is None else f" for {_name(asked)}"
                return f"import of {name.split('.')[0]}{by}"
    if any(f.f_code.co_name == "_find_and_load" for f in frames):
        return f"import of {OURS}"
    own = next((f for f in frames if OURS in _file(f)), None)
    theirs = next((f for f in frames if "/napari/" in _file(f)), None)
    said = [_name(f) for f in (own, theirs) if f is not None]
    inner = _name(innermost)
    return " > ".join(dict.fromkeys([*said, inner]))


def _file(frame: FrameType) -> str:
    return frame.f_code.co_filename


def _name(frame: FrameType) -> str:
    path = Path(_file(frame))
    home = path.parent.name if path.stem == "__init__" else path.stem
    return f"{home}.{getattr(frame.f_code, 'co_qualname', frame.f_code.co_name)}"
