"""Clips whose pictures are settled and whose sound is not: the offset shows at the file's end."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import Any, Literal

import attrs
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from styletalker.core.media.crop import resize
from styletalker.core.media.video import encode_video, read_frames
from styletalker.plugins.preparation.excerpts import FPS
from styletalker.plugins.preparation.fingerprint import pack_prints, picture_print
from styletalker.plugins.preparation.part import arrays_of
from styletalker.plugins.preparation.scratch import Scratch

__all__ = ["Draft", "Pictures", "Quality", "draft_of", "pictures_between"]

Quality = Literal["lossless", "high"]
_PICTURE_SIDE = 112
_PICTURE_QUALITY = 80


@attrs.frozen(kw_only=True, eq=False)
class Draft:
    """A candidate without its frames, which wait in the scratch."""

    start: int
    """First frame in the input, at 25 fps."""
    frames: int
    track: str
    identity: str | None
    embedding: NDArray[np.float64]
    facts: Mapping[str, Any]
    curve: Any
    """What speaks for which offset."""
    video: tuple[int, int]
    """Where the encoded frames are."""
    lossless: bool
    """Whether they are encoded so, because some may have to go."""
    landmarks: tuple[int, int]
    """Where the landmarks are, float32 [T, 68, 2]."""
    picture_print: str
    picture: str
    """A small JPEG of the middle, base64."""

    @property
    def stop(self) -> int:
        """The frame after its last."""
        return self.start + self.frames


@attrs.frozen(kw_only=True)
class Pictures:
    """The picture files of a clip."""

    video: bytes
    arrays: bytes
    picture_print: str


def draft_of(
    candidate: Any,
    scratch: Scratch,
    *,
    start: int,
    track: str,
    identity: str | None,
    curve: Any,
    at_edge: bool,
    quality: Quality,
) -> Draft:
    """Put a candidate's frames away.

    Args:
        candidate: as the analysis gives it.
        scratch: where to.
        start: its first frame in the input.
        track: which face it is.
        identity: who it is, if a list says so.
        curve: its evidence of the offset.
        at_edge: whether some frames may turn out to have no sound.
        quality: of the video in the end.

    Raises:
        RunError: the disk is full.
    """
    frames = candidate.frames
    lossless = at_edge or quality == "lossless"
    video = scratch.add(_encoded(frames, "lossless" if lossless else quality))
    landmarks = np.ascontiguousarray(candidate.landmarks, np.float32)
    return Draft(
        start=start,
        frames=len(frames),
        track=track,
        identity=identity,
        embedding=np.asarray(candidate.embedding, np.float64),
        facts=dict(candidate.facts),
        curve=curve,
        video=video,
        lossless=lossless,
        landmarks=scratch.add(landmarks.tobytes()),
        picture_print=pack_prints(picture_print(frames)),
        picture=_small(frames[len(frames) // 2]),
    )


def pictures_between(
    draft: Draft, first: int, last: int, scratch: Scratch, quality: Quality
) -> Pictures:
    """The picture files of the frames from *first* to *last* (exclusive) in the input."""
    points = np.frombuffer(scratch.read(draft.landmarks), np.float32).reshape(draft.frames, -1, 2)
    whole = (first, last) == (draft.start, draft.stop)
    arrays = arrays_of(points[first - draft.start : last - draft.start])
    video = scratch.read(draft.video)
    if whole and draft.lossless == (quality == "lossless"):
        return Pictures(video=video, arrays=arrays, picture_print=draft.picture_print)
    frames = read_frames(io.BytesIO(video))[first - draft.start : last - draft.start]
    print_ = draft.picture_print if whole else pack_prints(picture_print(frames))
    return Pictures(video=_encoded(frames, quality), arrays=arrays, picture_print=print_)


def _encoded(frames: NDArray[np.uint8], quality: Quality) -> bytes:
    stream = io.BytesIO()
    encode_video(stream, frames, fps=FPS, quality=quality)
    return stream.getvalue()


def _small(frame: NDArray[np.uint8]) -> str:
    stream = io.BytesIO()
    Image.fromarray(resize(frame, _PICTURE_SIDE)).save(stream, "JPEG", quality=_PICTURE_QUALITY)
    return base64.b64encode(stream.getvalue()).decode("ascii")
