"""How well offsets are measured: python tests/benchmarks/offsets.py FOLDER [VIDEO OFFSET SOUND...]

Eight puppets of the split test talk for 32 s each; they are rendered at 256 px and measured again
by dlib, and kept in FOLDER. Pieces of several lengths are cut, their sound is moved, or exchanged
for another's. With VIDEO, a real talking face at 25 fps whose sound is known to be OFFSET frames
late, the same is done with it; SOUND are recordings of others.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.core.media.audio_file import AudioFile
from styletalker.core.media.movie import MovieFile
from styletalker.evaluation.tracking import track
from styletalker.plugins.dlib_face.analyser import Dlib
from styletalker.plugins.dlib_face.config import DlibConfig
from styletalker.plugins.preparation.offset.curve import offset_curve
from styletalker.plugins.preparation.offset.decision import Offset, decide_offset
from styletalker.plugins.preparation.offset.landmark_scorer import LandmarkScorer, landmark_scorer
from styletalker.plugins.puppet.config import PuppetConfig
from styletalker.plugins.puppet.corpus import Puppet
from styletalker.plugins.puppet.head import Head

PEOPLE, FRAMES, HOP, MOST = 8, 800, 640, 15
SHIFTS = (-13, 0, 6)
LENGTHS = (50, 100, 200, 750)


@attrs.frozen(kw_only=True, eq=False)
class Talk:
    """A face and its sound."""

    landmarks: NDArray[np.float64]
    """[T, 68, 2] by dlib."""
    waveform: NDArray[np.float32]
    """[S] at 16 kHz."""
    late: int = 0
    """By how many frames the sound is late."""


def puppets(folder: Path) -> list[Talk]:
    """Those in *folder*, made if they are not there."""
    options = PuppetConfig(frames=FRAMES, test_identities=12, clips_per_identity=1, seed=5)
    corpus, dlib, found = Puppet(options), Dlib(DlibConfig()), []
    for index in range(PEOPLE):
        file = folder / f"long{index}.npz"
        if not file.is_file():
            who, performance = corpus.performance("test", index)
            head, seen = Head(who.identity), []
            for start in range(0, FRAMES, 100):
                moves = performance.parameters[start : start + 100]
                images = [head.render(one, 256, supersample=False).image for one in moves]
                seen.append(track(dlib, np.stack(images)).landmarks)
            np.savez(file, lm=np.concatenate(seen), wave=performance.waveform)
        with np.load(file) as kept:
            found.append(Talk(landmarks=kept["lm"], waveform=kept["wave"]))
    return found


def video(path: Path, late: int) -> Talk:
    """A video file of one face."""
    movie = MovieFile.open(path)
    frames = np.stack(list(movie.frames(fps=25)))
    landmarks = track(Dlib(DlibConfig(boxes=3)), frames).landmarks
    sound = AudioFile.open(path).read(sample_rate=HOP * 25)
    return Talk(landmarks=landmarks, waveform=sound[: len(frames) * HOP], late=late)


def between(sound: NDArray[np.float32], start: int, stop: int) -> NDArray[np.float32]:
    """Frames *start* to *stop* of *sound*, zeros where there is none."""
    first, last = start * HOP, stop * HOP
    inside = sound[max(first, 0) : max(last, 0)]
    wanted = last - first
    ahead = min(max(-first, 0), wanted)
    return np.pad(inside, (ahead, wanted - ahead - len(inside)))


def measured(
    scorer: LandmarkScorer,
    talk: Talk,
    start: int,
    length: int,
    sound: NDArray[np.float32],
    first: int,
) -> Offset:
    """The offset of a piece whose sound begins at frame *first* of *sound*."""
    heard = between(sound, first - MOST, first + length + MOST)
    points = talk.landmarks[start : start + length]
    return decide_offset([offset_curve(points, None, heard, 25, 16000, scorer=scorer)])


def starts(talk: Talk, length: int) -> Iterator[int]:
    """Where pieces begin: at most eight, as far apart as they can be."""
    room = len(talk.landmarks) - length
    return iter(np.unique(np.linspace(0, room, 8).astype(int)).tolist())


def wrong_sounds(seconds: float) -> dict[str, NDArray[np.float32]]:
    """Noise, and chords with a beat."""
    rng = np.random.default_rng(0)
    times = np.arange(int(seconds * 16000)) / 16000
    notes = 110 * 2 ** (
        rng.integers(0, 25, int(seconds * 2) + 1)[:, None] / 12 + [0, 1 / 3, 7 / 12]
    )
    beat = np.exp(-4 * (times % 0.5))
    now = (times * 2).astype(int)
    chords = sum(np.sin(2 * np.pi * notes[now, k] * times) for k in range(3)) * beat * 0.1
    noise = rng.standard_normal(len(times)) * 0.05
    return {"noise": noise.astype(np.float32), "chords": np.asarray(chords, np.float32)}


def row(
    scorer: LandmarkScorer,
    name: str,
    talks: Sequence[Talk],
    others: Sequence[NDArray[np.float32]],
    length: int,
) -> None:
    """Print the figures of one length."""
    errors, sure, false, wrong = [], [], [], 0
    for number, talk in enumerate(talks):
        for start in starts(talk, length):
            for shift in SHIFTS:
                if abs(shift + talk.late) <= MOST:
                    found = measured(scorer, talk, start, length, talk.waveform, start - shift)
                    errors.append(found.frames - shift - talk.late)
                    sure.append(found.sure)
            for k in (number + 1, number + 4, number + 6):
                sound = others[k % len(others)]
                room = len(sound) // HOP - length
                if room >= 0:
                    first = (start * 7 + k * 31) % (room + 1)
                    found = measured(scorer, talk, start, length, sound, first)
                    wrong += 1
                    false.append(found.sure)
    near = np.abs(errors) <= 1
    known = np.array(sure)
    right = near[known].mean() if known.any() else np.nan
    print(
        f"{name:8s} {length / 25:5.0f} s  pieces {len(errors):4d}  mean error "
        f"{np.mean(np.array(errors)[near]):+.2f}  within 1 {near.mean():6.1%}  exact "
        f"{np.mean(np.array(errors) == 0):6.1%}  sure {known.mean():6.1%}  of them within 1 "
        f"{right:6.1%}  wrong sound {wrong:4d}, sure {np.mean(false):6.2%}",
        flush=True,
    )


def main() -> None:
    """Print a table."""
    folder = Path(sys.argv[1])
    scorer = landmark_scorer()
    people = puppets(folder)
    plain = list(wrong_sounds(40.0).values())
    voices = [talk.waveform for talk in people]
    if len(sys.argv) > 3:
        real = video(Path(sys.argv[2]), int(sys.argv[3]))
        given = [AudioFile.open(Path(one)).read(sample_rate=16000) for one in sys.argv[4:]]
        for length in LENGTHS:
            if length <= len(real.landmarks):
                own = np.zeros(0, np.float32)  # in the place of its own sound
                row(scorer, "video", [real], [own, *voices, *given, *plain], length)
    for length in LENGTHS:
        row(scorer, "puppets", people, [*voices, *plain], length)


if __name__ == "__main__":
    main()
