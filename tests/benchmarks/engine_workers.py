"""How much faster two workers are than one, with an engine.

``python tests/benchmarks/engine_workers.py [local|ray] [ITEMS] [ROUNDS]``. An item is a video of
10 s at 512 px, of which all frames are decoded and transformed (about 2 s on one core). Rounds with
one worker and with two take turns, because the machine may be busy with other things: the load is
printed beside each.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from styletalker.core.engine import open_engine
from styletalker.core.engine.ray_session import session
from styletalker.core.media.movie import MovieFile
from styletalker.core.media.video import write_video

_SIDE, _FRAMES = 512, 250


def make(path: Path) -> None:
    """A video of a moving pattern."""
    ramp = np.add.outer(np.arange(_SIDE), np.arange(_SIDE))
    frames = [np.stack([np.roll(ramp, 3 * t, 0) % 256] * 3, -1) for t in range(_FRAMES)]
    write_video(path, np.array(frames, np.uint8), fps=25)


def work(path: str) -> float:
    """Decode a video, and look at each frame's spectrum."""
    energy = 0.0
    for frame in MovieFile.open(path).frames(fps=25):
        spectrum = np.fft.rfft2(frame[..., 1].astype(np.float32))
        energy += float(np.abs(spectrum[1:, 1:]).mean())
    return energy


def items_per_s(name: str, workers: int, path: Path, items: int) -> float:
    """Items per second while all workers are busy: from their first results to the last handed out.

    So neither their start counts nor the end, where one of them has nothing left to do.
    """
    ready = []
    for _ in open_engine(name, workers=workers).map(work, [str(path)] * items):
        ready.append(time.perf_counter())  # noqa: PERF401 - the time when it comes
    first, last = workers - 1, items - workers
    return (last - first) / (ready[last] - ready[first])


def main(name: str, items: int, rounds: int) -> None:
    """Print the rate of each round and the median of the rounds' ratios."""
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "video.mp4"
        make(path)
        for _ in range(rounds):
            rates = {}
            for workers in (1, 2):
                held = session(None, workers) if name == "ray" else contextlib.nullcontext()
                with held:
                    rates[workers] = items_per_s(name, workers, path, items)
                load = os.getloadavg()[0]
                print(f"{name}, {workers} workers: {rates[workers]:.3f} items/s, load {load:.1f}")
            ratios.append(rates[2] / rates[1])
    print(f"{name}: 2 workers are {statistics.median(ratios):.2f} times as fast as 1", ratios)


if __name__ == "__main__":
    given = sys.argv[1:]
    main(
        given[0] if given else "ray",
        int(given[1]) if len(given) > 1 else 12,
        int(given[2]) if len(given) > 2 else 3,
    )
