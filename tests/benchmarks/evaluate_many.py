"""Many short clips in one command: time, memory, and what a kill half-way costs.

``python tests/benchmarks/evaluate_many.py FOLDER 200 [WORKERS]``. Makes clips of 1.2 s at 128 px
(pieces of puppet clips, and the same with noise), evaluates them, kills the evaluation when half of
the measurements are there, starts it again, and a third time. Linux only.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from styletalker.core.media.video import write_video
from styletalker.plugins.puppet.config import PuppetConfig
from styletalker.plugins.puppet.corpus import Puppet

_FRAMES, _PIECES = 30, 10
_PER_CLIP = 55
"""Files that the store holds for each clip and its ground truth, about."""


def make(folder: Path, count: int) -> None:
    """Write *count* clips to ``truth`` and ``ours``."""
    corpus = Puppet(PuppetConfig(frames=_FRAMES * _PIECES))
    for k in range(count // _PIECES):
        clip = corpus.clip("train", k)
        rng = np.random.default_rng(k)
        for piece in range(_PIECES):
            frames = clip.frames[piece * _FRAMES : (piece + 1) * _FRAMES]
            sound = clip.waveform[piece * _FRAMES * 640 : (piece + 1) * _FRAMES * 640]
            noisy = (frames + rng.normal(0, 4, frames.shape)).clip(0, 255).astype(np.uint8)
            for name, pictures in (("truth", frames), ("ours", noisy)):
                path = folder / name / f"{k:03d}-{piece}.mp4"
                path.parent.mkdir(parents=True, exist_ok=True)
                write_video(path, pictures, fps=25, waveform=sound)


def run(folder: Path, workers: str, enough: Callable[[], bool] = lambda: False) -> str:
    """Evaluate; killed as soon as there is *enough*. Seconds, and the most memory it took."""
    command = ["toolkit", "evaluate", "--generated", str(folder / "ours"), "--reference"]
    command += [str(folder / "truth"), "-o", str(folder / "report"), "--workers", workers]
    begun, most, end = time.monotonic(), 0.0, "finished"
    with subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            most = max(most, sum(map(_megabytes, _family(process.pid))))
            if enough():
                os.killpg(process.pid, signal.SIGKILL)
                end = "killed"
            time.sleep(0.5)
    return f"{end} after {time.monotonic() - begun:.0f} s, {most:.0f} MiB at most"


def _family(pid: int) -> list[int]:
    found = [pid]
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += _family(int(child))
    except OSError:
        pass  # it has ended
    return found


def _megabytes(pid: int) -> float:
    """Proportional share of memory: pages of several processes count once."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def main(folder: Path, count: int, workers: str) -> None:
    """Print what each of the three runs takes."""
    make(folder, count)

    def kept() -> dict[Path, int]:
        files = (folder / "report" / ".measurements").rglob("[!.]*.npz")
        return {path: path.stat().st_mtime_ns for path in files}

    print("first:", run(folder, workers, lambda: len(kept()) > count * _PER_CLIP // 2))
    before = kept()
    print("again:", run(folder, workers))
    after = kept()
    same = sum(after.get(path) == stamp for path, stamp in before.items())
    print(f"measurements: {len(before)} before, {same} of them kept, {len(after)} in the end")
    print("third:", run(folder, workers))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "2")
