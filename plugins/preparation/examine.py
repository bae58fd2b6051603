"""Looking at one video from its first frame to its last: what is kept of it, and what is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import attrs
import av
from styletalker.core.errors import InputError, MediaError
from styletalker.core.interfaces.face_analyser import FaceAnalyser
from styletalker.core.media.audio_file import is_silent
from styletalker.core.media.movie import MovieFile
from styletalker.plugins.preparation.config import PrepareConfig
from styletalker.plugins.preparation.drafts import Draft, draft_of
from styletalker.plugins.preparation.excerpts import FPS, Piece, pieces_of
from styletalker.plugins.preparation.inputs import Excerpt
from styletalker.plugins.preparation.records import Stretch
from styletalker.plugins.preparation.scratch import Scratch, SoundStore
from styletalker.plugins.preparation.senses import Senses
from styletalker.plugins.preparation.sniff import looks_like_video

__all__ = [
    "MAX_SHIFT",
    "SAMPLES",
    "SAMPLE_RATE",
    "Refused",
    "Video",
    "drafts_of",
    "open_video",
    "sound_of",
]

SAMPLE_RATE = 16000
SAMPLES = SAMPLE_RATE // FPS
"""Samples of sound for each frame."""
MAX_SHIFT = 15
"""Frames by which sound may be early or late."""
_PIXELS = 1_000_000
_SHORT, _SHORT_S = 0.01, 0.5
"""A file that ends earlier than it says, by more than 1 % and half a second, was cut off."""


class Refused(Exception):  # noqa: N818 (no error of the program, and caught within this plug-in)
    """An input of which nothing can be kept."""

    def __init__(
        self, reason: str, detail: str = "", facts: Mapping[str, Any] | None = None
    ) -> None:
        """For the given *reason*, a slug; *detail* says what was found, *facts* what is known."""
        super().__init__(reason, detail)
        self.reason, self.detail, self.facts = reason, detail, dict(facts or {})


@attrs.frozen(kw_only=True)
class Video:
    """A video that can be read to its end, with sound."""

    movie: MovieFile
    frames: int
    """At 25 fps."""
    facts: dict[str, Any]


def open_video(path: Path, config: PrepareConfig) -> Video:
    """The video in a file, if it is one and of a size that is wanted.

    Raises:
        Refused: it is not.
        OSError: it cannot be read.
    """
    if path.stat().st_size == 0:
        raise Refused("empty")
    with path.open("rb"):
        pass  # a file that may not be read is no fault of its content
    movie = _movie(path)
    facts: dict[str, Any] = {
        "fps": round(float(movie.fps), 3),
        "width": movie.width,
        "height": movie.height,
    }
    if movie.height * movie.width > config.largest_megapixels * _PIXELS:
        raise Refused("too-large", f"{movie.width} x {movie.height} pixels", facts)
    try:
        seconds = movie.facts.duration_s
    except MediaError as error:
        raise Refused("damaged", _without(path, error), facts) from error
    facts["seconds"] = round(float(seconds), 3)
    if not movie.has_sound:
        raise Refused("no-sound", "", facts)
    if seconds > config.longest_hours * 3600:
        raise Refused("too-long", f"{float(seconds) / 3600:.2f} hours", facts)
    frames = max(1, int(seconds * FPS + Fraction(1, 2)))
    if frames < config.analysis.min_frames:
        raise Refused("video-too-short", f"{float(seconds):.2f} s", facts)
    return Video(movie=movie, frames=frames, facts=facts)


def sound_of(video: Video) -> SoundStore:
    """The sound of a video, put on disk.

    Raises:
        Refused: it cannot be decoded, or is silence.
        RunError: the disk is full.
    """
    path = video.movie.path
    try:
        audio = video.movie.audio()
        assert audio is not None
        store = SoundStore(audio.blocks(sample_rate=SAMPLE_RATE))
    except MediaError as error:
        raise Refused("damaged-sound", _without(path, error), video.facts) from error
    video.facts["sample_rate"] = audio.sample_rate
    try:
        _check_whole(video, store.samples / SAMPLE_RATE)
        if all(is_silent(block) for block in store.blocks(SAMPLE_RATE)):
            raise Refused("all-silent", "", video.facts)
    except Refused:
        store.__exit__(None, None, None)
        raise
    return store


def _check_whole(video: Video, heard_s: float) -> None:
    """Refuse a Matroska file that ends before its header says; an MP4 was checked before."""
    with av.open(str(video.movie.path)) as container:
        known = "matroska" in container.format.name and container.duration
        declared = container.duration / av.time_base if known and container.duration else 0.0
    reached = max(heard_s, video.facts["seconds"])
    if reached < declared * (1 - _SHORT) - _SHORT_S:
        detail = f"ends after {reached:.2f} s of {declared:.2f} s"
        raise Refused("damaged", detail, video.facts)


def drafts_of(
    video: Video,
    excerpts: Sequence[Excerpt],
    sound: SoundStore,
    scratch: Scratch,
    *,
    config: PrepareConfig,
    analyser: FaceAnalyser,
    senses: Senses,
) -> Iterator[Draft | Stretch]:
    """The candidates and the rejected stretches of a video, as they are found.

    Raises:
        Refused: it cannot be decoded to its end, or no excerpt lies in it.
        RunError: the disk is full.
    """
    found = False
    try:
        for piece in pieces_of(video.movie, excerpts, video.frames):
            found = True
            for one in senses.candidates(piece.movie, config.analysis, analyser):
                if not hasattr(one, "frames"):
                    yield _stretch(piece, one)
                else:
                    yield _draft(piece, one, sound, scratch, config, senses)
    except MediaError as error:
        raise Refused("damaged", _without(video.movie.path, error), video.facts) from error
    if not found:
        raise Refused("no-excerpt", "", video.facts)


def _draft(
    piece: Piece,
    candidate: Any,
    sound: SoundStore,
    scratch: Scratch,
    config: PrepareConfig,
    senses: Senses,
) -> Draft:
    start = piece.start + candidate.start
    stop = start + len(candidate.frames)
    before = min(start, MAX_SHIFT)
    end = min((stop + MAX_SHIFT) * SAMPLES, sound.samples)
    curve = senses.offset_curve(
        candidate.landmarks,
        candidate.frames,
        sound.between((start - before) * SAMPLES, max(end, (start + 1) * SAMPLES)),
        FPS,
        SAMPLE_RATE,
        before=before,
        max_shift=MAX_SHIFT,
    )
    audible = sound.samples // SAMPLES
    return draft_of(
        candidate,
        scratch,
        start=start,
        track=f"{piece.number}-{candidate.shot}-{candidate.track}",
        identity=piece.excerpt.identity,
        curve=curve,
        at_edge=start < MAX_SHIFT or stop + MAX_SHIFT > audible,
        quality=config.quality,
    )


def _stretch(piece: Piece, rejected: Any) -> Stretch:
    return Stretch(
        start_s=(piece.start + rejected.start) / FPS,
        stop_s=(piece.start + rejected.stop) / FPS,
        reason=rejected.reason,
        detail=rejected.detail,
    )


def _movie(path: Path) -> MovieFile:
    try:
        return MovieFile.open(path)
    except (MediaError, InputError) as error:
        reason = "damaged" if looks_like_video(path) and not _no_video(error) else "not-a-video"
        raise Refused(reason, _without(path, error)) from error


def _no_video(error: Exception) -> bool:
    """Whether a file that can be read has no moving pictures."""
    return any(words in str(error) for words in ("has no video", "still picture", "is a text"))


def _without(path: Path, error: Exception) -> str:
    """What *error* says, without the path, which another machine or another day has not."""
    return str(error).replace(f"{path}: ", "").replace(str(path), path.name)
