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
    """Where the encoded frames are, or the frames themselves."""
    raw_shape: tuple[int, ...] | None
    """[T, R, R, 3] of frames that are not encoded yet, because some may have to go."""
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
    """Put a candidate's frames away: encoded, or as they are if some may have to go.

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
    content = np.ascontiguousarray(frames).data if at_edge else _encoded(frames, quality)
    landmarks = np.ascontiguousarray(candidate.landmarks, np.float32)
    return Draft(
        start=start,
        frames=len(frames),
        track=track,
        identity=identity,
        embedding=np.asarray(candidate.embedding, np.float64),
        facts={**candidate.facts, **_window(candidate)},
        curve=curve,
        video=scratch.add(content),
        raw_shape=frames.shape if at_edge else None,
        landmarks=scratch.add(landmarks.tobytes()),
        picture_print=pack_prints(picture_print(frames)),
        picture=_small(frames[len(frames) // 2]),
    )


def pictures_between(
    draft: Draft, first: int, last: int, scratch: Scratch, quality: Quality
) -> Pictures:
    """The picture files of the frames from *first* to *last* (exclusive) in the input."""
    points = np.frombuffer(scratch.read(draft.landmarks), np.float32).reshape(draft.frames, -1, 2)
    begin, end = first - draft.start, last - draft.start
    arrays = arrays_of(points[begin:end])
    content = scratch.read(draft.video)
    whole = (begin, end) == (0, draft.frames)
    if whole and draft.raw_shape is None:
        return Pictures(video=content, arrays=arrays, picture_print=draft.picture_print)
    frames = _frames(content, draft)[begin:end]
    words = draft.picture_print if whole else pack_prints(picture_print(frames))
    return Pictures(video=_encoded(frames, quality), arrays=arrays, picture_print=words)


def _frames(content: bytes, draft: Draft) -> NDArray[np.uint8]:
    if draft.raw_shape is not None:
        return np.frombuffer(content, np.uint8).reshape(draft.raw_shape)
    return read_frames(io.BytesIO(content))


def _window(candidate: Any) -> dict[str, Any]:
    """Where the crop is in the input."""
    window = getattr(candidate, "window", None)
    if window is None:
        return {}
    return {"window": {name: round(value, 3) for name, value in attrs.asdict(window).items()}}


def _encoded(frames: NDArray[np.uint8], quality: Quality) -> bytes:
    stream = io.BytesIO()
    encode_video(stream, frames, fps=FPS, quality=quality)
    return stream.getvalue()


def _small(frame: NDArray[np.uint8]) -> str:
    stream = io.BytesIO()
    Image.fromarray(resize(frame, _PICTURE_SIDE)).save(stream, "JPEG", quality=_PICTURE_QUALITY)
    return base64.b64encode(stream.getvalue()).decode("ascii")
