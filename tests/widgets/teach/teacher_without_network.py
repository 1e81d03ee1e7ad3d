"""Speaks as a teaching process does, and learns nothing: for tests of the window.

Arguments: the folder of a model that it "makes", and the record of a gate as JSON.
"""

from __future__ import annotations

import json
import shutil
import sys
import threading
import time
from pathlib import Path


def say(kind: str, **content: object) -> None:
    """Send a message."""
    print(json.dumps({"kind": kind, **content}), flush=True)


def main() -> None:
    """Be a teaching process."""
    job = json.loads(sys.stdin.readline())
    output = Path(job["output"])
    say("warm")
    if not sys.stdin.readline():
        return
    say("ready", planes=1, objects=16, apart=8, classes=[])
    if job["learnt"] is None:
        output.with_name(f"{output.name}-best.weights.h5").write_bytes(b"learnt")
        stopped = threading.Event()
        threading.Thread(
            target=lambda: (sys.stdin.readline(), stopped.set()), daemon=True
        ).start()
        step = 0
        while not stopped.is_set():
            step += 1
            say("step", step=step, loss=1 / step, ap=0.5, share=0.1, seconds=0.1)
            time.sleep(0.05)
    say("measuring")
    shutil.copytree(sys.argv[1], output)
    say(
        "done",
        steps=3,
        seconds=1.0,
        output=str(output),
        gate=json.loads(sys.argv[2]),
    )


if __name__ == "__main__":
    main()
