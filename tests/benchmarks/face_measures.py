"""Head pose and blinks against the puppet's truth: face_measures.py [CLIPS [SPLIT]]

Over clips of a split (4 s, 128 px; ``train`` unless said otherwise, since the constants were chosen
on clips of ``test`` and ``val``) this prints, by the corpus's landmarks ("truth") and by dlib's,

* Pearson's r and the slope of yaw, pitch and roll against the animation parameters, each clip's
  mean subtracted, since the pitch's zero depends on the person,
* blinks found by the contrast and by the aspect ratio of the eyes: hits, false ones, F1.
"""

from __future__ import annotations

import sys

import numpy as np
from numpy.typing import NDArray
from styletalker.core.clip import Clip
from styletalker.evaluation.blinks import Blink, blink_f1, blinks, eye_openness
from styletalker.evaluation.eye_contrast import eye_contrast
from styletalker.evaluation.head_pose import head_pose
from styletalker.evaluation.observe import observe
from styletalker.plugins.puppet.config import PuppetConfig
from styletalker.plugins.puppet.corpus import Puppet

ANGLES = ("yaw", "pitch", "roll")


def parameters(clip: Clip, *names: str) -> NDArray[np.float64]:
    """True animation parameters [T, len(names)]."""
    assert clip.parameters is not None
    columns = [clip.parameter_names.index(name) for name in names]
    return np.asarray(clip.parameters[:, columns], np.float64)


def show_pose(name: str, clips: list[Clip], landmarks: list[NDArray[np.float64]]) -> None:
    """Print r and slope of each angle."""
    true, found = [], []
    for clip, points in zip(clips, landmarks, strict=True):
        angles = head_pose(points).angles
        known = np.isfinite(angles).all(1)
        mine, its = angles[known], parameters(clip, *ANGLES)[known]
        true.append(its - its.mean(0))
        found.append(mine - mine.mean(0))
    one, other = np.concatenate(true), np.concatenate(found)
    parts = [
        f"{angle} r {np.corrcoef(one[:, k], other[:, k])[0, 1]:.3f} slope "
        f"{np.polyfit(one[:, k], other[:, k], 1)[0]:.2f}"
        for k, angle in enumerate(ANGLES)
    ]
    print(f"{name}: " + "; ".join(parts))


def show_blinks(name: str, true: list[list[Blink]], found: list[list[Blink]]) -> None:
    """Print hits and F1 over all clips."""
    sizes = [len(a) + len(b) for a, b in zip(true, found, strict=True)]
    scores = [blink_f1(a, b) for a, b in zip(true, found, strict=True)]
    hits = sum(round(f * n / 2) for f, n in zip(scores, sizes, strict=True) if n)
    total, there = sum(map(len, found)), sum(map(len, true))
    print(f"{name}: {hits} of {there} blinks, {total - hits} false, F1 {2 * hits / sum(sizes):.2f}")


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    split = sys.argv[2] if len(sys.argv) > 2 else "train"
    corpus = Puppet(PuppetConfig(frames=100))
    clips = [corpus.clip(split, index) for index in range(count)]
    seen = [observe(clip).track.landmarks for clip in clips]
    exact = [np.asarray(clip.landmarks, np.float64) for clip in clips]
    lids = [blinks(1 - parameters(clip, "blink_l")[:, 0], clip.fps) for clip in clips]
    for name, landmarks in (("truth", exact), ("dlib", seen)):
        show_pose(name, clips, landmarks)
        pairs = list(zip(clips, landmarks, strict=True))
        if name == "dlib":
            contrast = [observe(clip).blinks for clip in clips]
        else:
            contrast = [blinks(eye_contrast(c.frames, p).mean(1), c.fps) for c, p in pairs]
        show_blinks(f"{name}, contrast", lids, contrast)
        ratio = [blinks(eye_openness(p).mean(1), c.fps) for c, p in pairs]
        show_blinks(f"{name}, aspect ratio", lids, ratio)


if __name__ == "__main__":
    main()
