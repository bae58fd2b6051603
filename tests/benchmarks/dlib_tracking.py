"""Speed and accuracy of dlib on the puppet corpus: python tests/benchmarks/dlib_tracking.py [CLIPS]

Over clips of the split ``test`` (2 s, 128 px) this prints, for several intervals between
detections, the time per frame, how far landmarks are from the truth and how much they waver (both
in % of the inter-ocular distance 36-45), and Pearson's r of the lips' aperture with the truth's.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from styletalker.core.clip import Clip
from styletalker.evaluation.mouth import aperture
from styletalker.evaluation.signals import pearson
from styletalker.evaluation.tracking import track
from styletalker.plugins.dlib_face.analyser import Dlib
from styletalker.plugins.dlib_face.config import DlibConfig
from styletalker.plugins.puppet.config import PuppetConfig
from styletalker.plugins.puppet.corpus import Puppet

INTERVALS = ((1, 0.0), (5, 0.0), (10, 0.0), (25, 0.0), (5, 1.0))
"""Frames between detections, and smoothing in frames."""


def report(analyser: Dlib, clips: list[Clip], every: int, smooth_frames: float) -> str:
    """One line of figures."""
    errors, wavers, fits, found, seconds = [], [], [], [], 0.0
    for clip in clips:
        assert clip.landmarks is not None
        start = time.process_time()
        seen = track(analyser, clip.frames, every=every, smooth_frames=smooth_frames)
        seconds += time.process_time() - start
        unit = np.linalg.norm(clip.landmarks[:, 36] - clip.landmarks[:, 45], axis=1).mean()
        off = seen.landmarks - clip.landmarks
        errors.append(np.nanmean(np.linalg.norm(off, axis=-1)) / unit)
        wavers.append(np.nanmean(np.linalg.norm(np.diff(off, axis=0), axis=-1)) / unit)
        fits.append(pearson(aperture(seen.landmarks), aperture(clip.landmarks)))
        found.append(seen.found_rate)
    frames = sum(len(clip.frames) for clip in clips)
    return (
        f"every {every:2}, smooth {smooth_frames}: {1000 * seconds / frames:.1f} ms a frame; found "
        f"{np.mean(found):.1%}; off by {np.mean(errors):.1%}, wavers by {np.mean(wavers):.1%}; "
        f"aperture r {np.mean(fits):.2f}"
    )


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    corpus = Puppet(PuppetConfig(frames=50, test_identities=count))
    clips = [corpus.clip("test", index) for index in range(count)]
    analyser = Dlib(DlibConfig())
    first = clips[0].frames[0]
    box = analyser.analyse(first, embed=True)[0].box
    for name, act in (
        ("detection and landmarks", lambda: analyser.analyse(first)),
        ("landmarks in a box", lambda: analyser.follow(first, box)),
        ("with an identity vector", lambda: analyser.analyse(first, embed=True)),
    ):
        start = time.process_time()
        for _ in range(10):
            act()
        print(f"{name}: {100 * (time.process_time() - start):.1f} ms")
    for every, smooth_frames in INTERVALS:
        print(report(analyser, clips, every, smooth_frames))


if __name__ == "__main__":
    main()
