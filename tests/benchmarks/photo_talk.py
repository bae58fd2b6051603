"""How well photos talk: photo_talk.py [--model M] [--clips N] [--size N] [PHOTO ...]

Every photo (scikit-image's astronaut and two puppets in other light if none is named) says N
sentences of the corpus's test split by espeak voices that were not learnt from, and prints, as
dlib measures with five boxes,

* p, b and m: "strict", the share of all their frames in which the gap between the lips is below a
  quarter of its mean on open vowels; "best", the share of sounds with such a frame;
* the gap in pauses of 0.2 s and more, relative to the same mean;
* frames in which the face is found, distance of dlib's identity vector to the photo's over all
  frames (mean, largest, share above 0.4; dlib calls two pictures the same person below 0.6);
* blinks a minute by dlib's lids, and by the contrast of the eyes, as ``toolkit evaluate`` counts;
* frames per second of generation alone, and the time until the first frame.

Puppets have a second line: their own rendering of the same sentences with the true parameters,
turned as in the photo, by the same measure. Its lips meet by construction: what it lacks is
dlib's.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import skimage.data
from numpy.typing import NDArray
from styletalker.core.media.portrait import read_image
from styletalker.core.talker import Talker
from styletalker.evaluation.blinks import blinks, eye_openness
from styletalker.evaluation.eye_contrast import eye_contrast
from styletalker.plugins.dlib_face.analyser import Dlib
from styletalker.plugins.dlib_face.config import DlibConfig
from styletalker.plugins.puppet.espeak import Phoneme
from styletalker.plugins.puppet.head import Head
from styletalker.plugins.puppet.identity import Identity
from styletalker.plugins.puppet.parameters import INDEX, PARAMETERS, parameters_from
from styletalker.plugins.puppet.performance import Performance, perform

FPS = 25
Said = Callable[[Performance, int], Iterator[NDArray[np.uint8]]]
"""Frames of a performance, of which only the sound may be used, by a seed."""
OPEN_VOWELS = tuple("aA0oOE")


def symbol(phoneme: Phoneme) -> str:
    """The sound without stress marks."""
    return phoneme.symbol.lstrip("',%=|;")


def gaps(landmarks: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean distance of three pairs of inner-lip points over the distance between the eyes [T]."""
    inner = np.linalg.norm(landmarks[:, [61, 62, 63]] - landmarks[:, [67, 66, 65]], axis=-1)
    eyes = landmarks[:, 36:42].mean(1) - landmarks[:, 42:48].mean(1)
    return np.asarray(inner.mean(1) / np.linalg.norm(eyes, axis=-1))


def spans(phonemes: Sequence[Phoneme], frames: int) -> tuple[list[NDArray[np.int64]], ...]:
    """Frames of each p, b, m; of each open vowel; of each long pause."""
    middle = (np.arange(frames) + 0.5) / FPS
    closed, opened, still = [], [], []
    for one in phonemes:
        name, start, end = symbol(one), one.start_s, one.end_s
        if name[:1] in ("p", "b", "m") and name:
            early, late = (0.05, 0.03) if name[0] == "p" else (0.0, 0.0)
            closed.append(np.flatnonzero((middle >= start - early) & (middle < end - late)))
        elif name[:1] in OPEN_VOWELS and name and end - start > 0.05:
            opened.append(np.flatnonzero((middle >= start) & (middle < end)))
        elif one.is_pause and end - start >= 0.2:
            still.append(np.flatnonzero((middle >= start + 0.1) & (middle < end - 0.1)))
    return closed, opened, still


def measure(photo: NDArray[np.uint8], clips: int, said: Said) -> str:
    """The figures of one photo whose frames *said* makes."""
    analyser = Dlib(DlibConfig(boxes=5))
    own = analyser.analyse(photo, embed=True)[0].embedding
    assert own is not None
    closed, opened, still, best, distances = [], [], [], [], []
    found = total = by_lids = by_contrast = 0
    spent = first = 0.0
    for index in range(clips):
        talk = perform(np.random.default_rng([7, index]), frames=150, split="test")
        start = time.perf_counter()
        frames: list[NDArray[np.uint8]] = []
        for frame in said(talk, index):
            if not frames:
                first += time.perf_counter() - start
            frames.append(frame)
        spent += time.perf_counter() - start
        points = np.full((len(frames), 68, 2), np.nan)
        for t, frame in enumerate(frames):
            faces = analyser.analyse(frame, embed=True)
            if faces:
                points[t] = faces[0].landmarks
                assert faces[0].embedding is not None
                distances.append(float(np.linalg.norm(faces[0].embedding - own)))
        seen = np.isfinite(points).all((1, 2))
        found, total = found + int(seen.sum()), total + len(frames)
        by_lids += len(blinks(np.nanmean(eye_openness(points), 1), FPS))
        by_contrast += len(blinks(eye_contrast(np.stack(frames), points).mean(1), FPS))
        gap = gaps(points)
        bilabials, vowels, pauses = spans(talk.phonemes, len(frames))
        closed += [gap[one] for one in bilabials]
        opened += [gap[one] for one in vowels]
        still += [gap[one] for one in pauses]
        best += [np.nanmin(gap[one]) for one in bilabials if len(one)]
    wide = float(np.nanmean(np.concatenate(opened)))
    strict = float((np.concatenate(closed) < 0.25 * wide).mean())
    rest = float(np.nanmean(np.concatenate(still))) / wide
    near = np.array(distances)
    minutes = total / FPS / 60
    return (
        f"p/b/m strict {strict:.0%} of {sum(map(len, closed))} frames, best "
        f"{(np.array(best) < 0.25 * wide).mean():.0%} of {len(best)}; open vowels {wide:.3f} eye "
        f"distances; pauses {rest:.0%} of that; face found {found / total:.1%}; identity "
        f"{near.mean():.2f} mean, {near.max():.2f} largest, {(near > 0.4).mean():.1%} above 0.4; "
        f"blinks a minute {by_lids / minutes:.0f} by lids, {by_contrast / minutes:.0f} by "
        f"contrast; {total / spent:.1f} frames/s, first frame after {first / clips:.2f} s"
    )


def generated(talker: Talker, photo: NDArray[np.uint8], size: int | None) -> Said:
    """The frames that *talker* makes."""
    return lambda talk, seed: talker.stream(photo, [talk.waveform], seed=seed, size=size)


def rendered(head: Head, yaw: float) -> Said:
    """The frames of the puppet itself."""
    low, high = np.array([[one.low, one.high] for one in PARAMETERS], np.float32).T

    def frames(talk: Performance, seed: int) -> Iterator[NDArray[np.uint8]]:
        del seed
        parameters = talk.parameters.copy()
        parameters[:, INDEX["yaw"]] += yaw - np.median(parameters[:, INDEX["yaw"]])
        return (head.render(one, 512).image for one in np.clip(parameters, low, high))

    return frames


def puppets() -> dict[str, tuple[Head, float]]:
    """Two people the talker never saw, turned by 15 degrees."""
    return {
        f"puppet {seed}, yaw {yaw:.0f}": (Head(Identity.sample(np.random.default_rng(seed))), yaw)
        for seed, yaw in ((101, 15.0), (202, -15.0))
    }


def main() -> None:
    """Print a line per photo."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="builtin:portrait")
    parser.add_argument("--clips", type=int, default=4)
    parser.add_argument("--size", type=int, default=None)
    parser.add_argument("photos", nargs="*", type=Path)
    options = parser.parse_args()
    talker = Talker.from_pretrained(options.model)
    photos = {str(path): read_image(path) for path in options.photos}
    samples: Any = skimage.data
    if not options.photos:
        photos["astronaut"] = samples.astronaut()
    for name, photo in photos.items():
        said = generated(talker, photo, options.size)
        print(f"{name}: {measure(photo, options.clips, said)}", flush=True)
    turned = {} if options.photos else puppets()
    for name, (head, yaw) in turned.items():
        photo = head.render(parameters_from(yaw=yaw), 512).image
        said = generated(talker, photo, options.size)
        print(f"{name}: {measure(photo, options.clips, said)}", flush=True)
        itself = measure(photo, options.clips, rendered(head, yaw))
        print(f"{name}, its own rendering: {itself}", flush=True)


if __name__ == "__main__":
    main()
