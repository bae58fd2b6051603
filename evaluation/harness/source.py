"""Where a clip to be measured comes from: a video file, a corpus, another clip's sound.

Sources are small and can be pickled: a worker process is told the source and reads the clip itself.
"""

from __future__ import annotations

import functools
import hashlib
import json
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import av
import numpy as np
from numpy.typing import NDArray
from styletalker.core.clip import Clip, Phoneme
from styletalker.core.errors import InputError, compose
from styletalker.core.files import digest_of
from styletalker.core.interfaces.corpus import Corpus
from styletalker.core.media.movie import MovieFile
from styletalker.evaluation.harness.frames import digest_of_frames, read_frames
from styletalker.evaluation.harness.remarks import about_rate, about_sound
from styletalker.evaluation.harness.tool import code_digest

if TYPE_CHECKING:
    from styletalker.core.training.frames import FrameCache

__all__ = [
    "FPS",
    "SAMPLE_RATE",
    "CachedSource",
    "ClipSource",
    "CorpusSource",
    "DubbedSource",
    "MissingSource",
    "Source",
    "VideoSource",
    "cut",
    "digest_of_clip",
    "has_sound",
    "remarks_of",
]

FPS = 25
"""Frames per second at which videos are measured."""
SAMPLE_RATE = 16000
"""Samples per second, in Hz, at which their sound is measured."""
_SOUND, _REMARKS = "sound", "remarks"


class Source(ABC):
    """Something a clip can be read from."""

    @abstractmethod
    def load(self) -> Clip:
        """The clip.

        Raises:
            StyletalkerError: it cannot be read.
        """

    def fingerprint(self) -> str | None:
        """What tells this clip from all others without reading it; None if nothing does."""
        return None


@attrs.frozen(eq=False)
class ClipSource(Source):
    """A clip that is in memory."""

    clip: Clip

    def load(self) -> Clip:
        """The clip itself."""
        return self.clip


@attrs.frozen
class MissingSource(Source):
    """A clip that should be there and is not: it is counted, not left out."""

    reason: str
    """Why there is none."""

    def load(self) -> Clip:
        """Raises InputError with the reason."""
        raise InputError(self.reason)


@attrs.frozen
class VideoSource(Source):
    """A video file, read at 25 frames per second with its sound at 16 kHz mono."""

    path: Path
    """The file."""
    name: str = ""
    """What to call the clip; the file's stem if empty."""
    identity: str = ""
    """Who is seen, if known."""
    phonemes: tuple[Phoneme, ...] = ()
    """What sounds when, if known."""

    def load(self) -> Clip:
        """Frames and sound; without a sound track, silence, and :func:`has_sound` says so.

        The frames of a long video are decoded whenever they are looked at, see
        :class:`~styletalker.evaluation.harness.frames.LongFrames`.
        """
        movie = MovieFile.open(self.path)
        frames = read_frames(lambda: movie.frames(fps=FPS))
        samples = len(frames) * SAMPLE_RATE // FPS
        waveform = np.zeros(samples, np.float32)
        audio, heard = movie.audio(), None
        if audio is not None:
            sound = audio.read(sample_rate=SAMPLE_RATE)[:samples]
            heard = len(sound)
            waveform[:heard] = sound
        remarks = about_rate(self.path, movie.fps, FPS) + about_sound(heard, samples, SAMPLE_RATE)
        name = self.name or self.path.stem
        return Clip(
            name=name,
            identity=self.identity or name,
            frames=frames,
            waveform=waveform,
            fps=FPS,
            sample_rate=SAMPLE_RATE,
            phonemes=self.phonemes,
            facts={_SOUND: audio is not None, _REMARKS: remarks},
        )

    def fingerprint(self) -> str | None:
        """By the file's content, what is said in it, and how it is read."""
        try:
            state = self.path.stat()
        except OSError:
            return None
        content = _content(self.path, state.st_mtime_ns, state.st_size)
        said = [attrs.astuple(one) for one in self.phonemes]
        return json.dumps([content, said, FPS, SAMPLE_RATE, av.__version__, code_digest(Source)])


@functools.lru_cache(maxsize=4096)
def _content(path: Path, changed_ns: int, size: int) -> str:  # noqa: ARG001
    """SHA-256 of a file, computed again when it changes."""
    return digest_of(path)


@attrs.frozen
class CorpusSource(Source):
    """A clip of a corpus."""

    corpus: Corpus
    split: str
    index: int

    def load(self) -> Clip:
        """The clip, as the corpus gives it."""
        return self.corpus.clip(self.split, self.index)


@attrs.frozen
class CachedSource(Source):
    """A clip of a corpus whose frames an earlier stage has cached in a folder."""

    folder: Path
    """Of a :class:`~styletalker.core.training.frames.FrameCache`: that of one split."""
    index: int

    def load(self) -> Clip:
        """The clip; animation parameters are left out, since no metric reads them."""
        from styletalker.core.training.frames import FrameCache

        cache: FrameCache = FrameCache.open(self.folder)
        marks = cache.landmarks(self.index)
        return Clip(
            name=cache.names[self.index],
            identity=cache.identities[self.index],
            frames=np.array(cache.frames(self.index)),
            waveform=np.array(cache.waveform(self.index)),
            fps=cache.fps,
            sample_rate=cache.sample_rate,
            phonemes=cache.phonemes(self.index),
            landmarks=None if marks is None else np.array(marks),
        )


@attrs.frozen
class DubbedSource(Source):
    """The frames of one clip with the sound, and what is said, of another."""

    picture: Source
    sound: Source

    def load(self) -> Clip:
        """Both, cut to the shorter one."""
        seen, heard = self.picture.load(), self.sound.load()
        if (seen.fps, seen.sample_rate) != (heard.fps, heard.sample_rate):
            problem = f"clip {seen.name} cannot have the sound of {heard.name}"
            expected = f"{seen.fps} frames/s and {seen.sample_rate} Hz"
            given = f"{heard.fps} frames/s and {heard.sample_rate} Hz"
            raise InputError(compose(problem, expected=expected, given=given))
        frames = min(len(seen.frames), len(heard.frames))
        seen, heard = cut(seen, frames), cut(heard, frames)
        name = f"{seen.name} with the sound of {heard.name}"
        return attrs.evolve(
            seen,
            name=name,
            waveform=heard.waveform,
            phonemes=heard.phonemes,
            text=heard.text,
            facts={_SOUND: has_sound(heard)},
        )

    def fingerprint(self) -> str | None:
        """Of both."""
        parts = [self.picture.fingerprint(), self.sound.fingerprint()]
        return None if None in parts else json.dumps(["dubbed", *parts])


def has_sound(clip: Clip) -> bool:
    """Whether *clip* has a sound track: a video file may have none."""
    return bool(clip.facts.get(_SOUND, True))


def remarks_of(clip: Clip) -> list[str]:
    """What a reader must know about how *clip* was read."""
    return list(clip.facts.get(_REMARKS, ()))


def cut(clip: Clip, frames: int) -> Clip:
    """The first *frames* frames of *clip*, and exactly their sound; *clip* itself if it is as long.

    Raises:
        InputError: it is shorter.
    """
    if len(clip.frames) == frames:
        return clip
    if not 0 < frames < len(clip.frames):
        problem = f"clip {clip.name} cannot be cut"
        expected = f"1 to {len(clip.frames)} frames"
        raise InputError(compose(problem, expected=expected, given=frames))
    samples = frames * clip.sample_rate // clip.fps
    end_s = frames / clip.fps
    heard = (one for one in clip.phonemes if one.start_s < end_s)
    phonemes = tuple(attrs.evolve(one, end_s=min(one.end_s, end_s)) for one in heard)
    parts: dict[str, NDArray[np.generic] | None] = {
        name: None if (value := getattr(clip, name)) is None else value[:frames]
        for name in ("frames", "landmarks", "visible", "parameters")
    }
    return attrs.evolve(clip, waveform=clip.waveform[:samples], phonemes=phonemes, **parts)  # type: ignore[arg-type]


def digest_of_clip(clip: Clip) -> str:
    """SHA-256 of everything a metric may read of *clip*: pixels, sound, rates and phonemes."""
    facts = [
        clip.fps,
        clip.sample_rate,
        clip.frames.shape,
        has_sound(clip),
        [attrs.astuple(one) for one in clip.phonemes],
    ]
    total = hashlib.sha256(json.dumps(facts).encode())
    total.update(digest_of_frames(clip.frames).encode())
    total.update(clip.waveform.tobytes())
    return total.hexdigest()
