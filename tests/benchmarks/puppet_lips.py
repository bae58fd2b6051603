"""Lips of the puppet corpus as dlib sees them: puppet_lips.py [CLIPS [SIZE]]

Over clips of the split ``test`` (3 s, 256 px) this prints

* at which lag lip aperture and the sound's log energy go together best, averaged over clips,
* how often p, b and m close the lips within one frame,
* how closed and still the lips are in pauses of more than 200 ms.

The measures are those of the evaluation: aperture is the inner-lip gap over the distance of the
outer eye corners. "dlib" measures it on the rendered frames, "truth" by the corpus's landmarks.
dlib's points are uncertain by about a pixel, so closed lips do not measure 0.
"""

from __future__ import annotations

import sys

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.core.clip import Clip
from styletalker.evaluation.mouth import (
    aperture,
    bilabial_closure,
    pause_frames,
    vowel_openness,
)
from styletalker.evaluation.observe import observe
from styletalker.evaluation.signals import pearson
from styletalker.plugins.puppet.config import PuppetConfig
from styletalker.plugins.puppet.corpus import Puppet

LAGS = range(-12, 13)
AT_REST = 0.015
"""Aperture below which resting lips are closed: some 3 % of the mouth's width."""


@attrs.define
class Figures:
    """What one way of measuring gives."""

    curves: list[list[float]] = attrs.field(factory=list)
    closed: int = 0
    sounds: int = 0
    pauses: list[float] = attrs.field(factory=list)
    moves: list[float] = attrs.field(factory=list)

    def add(self, clip: Clip, opened: NDArray[np.float64]) -> None:
        """Take a clip's aperture [T] into account."""
        energy = log_energy(clip)
        self.curves.append([correlation(opened, energy, lag) for lag in LAGS])
        level = vowel_openness(opened, clip.phonemes, clip.fps)
        closure = bilabial_closure(opened, clip.phonemes, clip.fps, level)
        self.closed += closure.closed
        self.sounds += closure.total
        for span in pause_frames(len(opened), clip.phonemes, clip.fps):
            rest = opened[span]
            self.pauses += [float(value) for value in rest if np.isfinite(value)]
            self.moves += [float(v) for v in np.abs(np.diff(rest)) if np.isfinite(v)]

    def show(self, name: str) -> None:
        """Print."""
        mean = np.nanmean(self.curves, axis=0)
        best, rests = int(np.argmax(mean)), np.array(self.pauses)
        print(f"{name}: aperture and log energy: r {mean[best]:.2f} at lag {LAGS[best]} frames")
        rate = self.closed / self.sounds
        print(f"{name}: p/b/m closed within one frame: {rate:.1%} of {self.sounds}")
        print(
            f"{name}: pauses: {np.mean(rests < AT_REST):.1%} of {len(rests)} frames under "
            f"{AT_REST}; median {np.median(rests):.4f}; change per frame mean "
            f"{np.mean(self.moves):.4f}, {np.percentile(self.moves, 95):.4f} at 95 %"
        )


def log_energy(clip: Clip) -> NDArray[np.float64]:
    """Log energy [T] of each frame's samples."""
    power = (clip.waveform.reshape(len(clip.frames), -1).astype(float) ** 2).mean(1)
    result: NDArray[np.float64] = np.log(power + 1e-7)
    return result


def correlation(lips: NDArray[np.float64], energy: NDArray[np.float64], lag: int) -> float:
    """Pearson r of aperture at frame t + lag and energy at t: positive lags mean late lips."""
    if lag >= 0:
        return pearson(lips[lag:], energy[: len(energy) - lag])
    return pearson(lips[:lag], energy[-lag:])


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    size = int(sys.argv[2]) if len(sys.argv) > 2 else 256
    corpus = Puppet(PuppetConfig(resolution=size, test_identities=count))
    figures = {"dlib": Figures(), "truth": Figures()}
    lost = 0
    for index in range(count):
        clip = corpus.clip("test", index)
        assert clip.landmarks is not None
        seen = observe(clip).any_track
        lost += int((~seen.found).sum())
        figures["dlib"].add(clip, aperture(seen.landmarks))
        figures["truth"].add(clip, aperture(clip.landmarks))
        print(f"\r{index + 1}/{count}", end="", file=sys.stderr)
    print(file=sys.stderr)
    print(f"{count} clips; dlib lost the face in {lost} frames")
    for name, one in figures.items():
        one.show(name)


if __name__ == "__main__":
    main()
