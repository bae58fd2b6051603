"""Landmarks of one face over a clip."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from styletalker.core.errors import InputError, compose
from styletalker.core.interfaces.face_analyser import Face, FaceAnalyser

__all__ = ["Follower", "Track", "track"]

FloatArray = NDArray[np.float64]

_STABLE = slice(27, 48)
"""Nose and eyes: the points by which a box is moved along; speech and jaw do not move them."""
_LANDMARKS = 68
_LEAST_SCALE, _MOST_SCALE = 0.6, 1.6
"""Landmarks whose spread changes by more than this between two frames are of no face."""
_FARTHEST = 0.5
"""A face moves by less than this part of its box's side from a frame to the next."""


@runtime_checkable
class Follower(Protocol):
    """A face analyser that can find landmarks in a box without looking for faces first."""

    def follow(self, image: NDArray[np.uint8], box: NDArray[np.float32]) -> Face:
        """The face that must be in *box* [4] of *image* [H, W, 3]."""


@attrs.frozen(kw_only=True, eq=False)
class Track:
    """One face over the T frames of a clip."""

    landmarks: FloatArray
    """[T, 68, 2] pixels, x then y; NaN where no face was found."""
    found: NDArray[np.bool_]
    """[T]: whether there was a face."""
    boxes: FloatArray
    """[T, 4]: left, top, right, bottom; NaN where no face was found."""
    counts: NDArray[np.int_] | None = None
    """[T]: how many faces the detector saw; 1 between detections."""

    @property
    def found_rate(self) -> float:
        """Part of the frames with a face, 0 to 1."""
        return float(self.found.mean())

    def smoothed(self, frames: float) -> Track:
        """The same with landmarks averaged over time.

        The weights are a Gaussian of standard deviation *frames*; only frames with a face count,
        and the others stay unknown. It hides what is fast: at 1, a blink of four frames loses a
        third of its depth.
        """
        values = np.where(self.found[:, None, None], self.landmarks, 0.0)
        total = gaussian_filter1d(values, frames, axis=0, mode="constant")
        weight = gaussian_filter1d(self.found.astype(float), frames, mode="constant")
        landmarks: FloatArray = np.full(self.landmarks.shape, np.nan, np.float64)
        landmarks[self.found] = (total / np.maximum(weight, 1e-12)[:, None, None])[self.found]
        return attrs.evolve(self, landmarks=landmarks)


def track(
    analyser: FaceAnalyser,
    frames: NDArray[np.uint8],
    *,
    every: int = 5,
    smooth_frames: float = 0.0,
) -> Track:
    """Follow the largest face of the first frame that has one.

    A detector is slow, and its box jumps by some pixels from frame to frame, and the landmarks
    with it. So an analyser that is a :class:`Follower` detects in every *every*-th frame only;
    between, the last box moves along with the eyes and the nose. If landmarks jump or change
    their size at once, the detector is asked; if it says no, the frame has no face. Other
    analysers analyse every frame. Of several faces the one nearest to the last box counts.

    **Pitfall.** A face that vanishes slowly is noticed at the next detection only: for the exact
    rate of frames in which a face is found, say ``every=1``.

    Args:
        analyser: gives boxes and 68 landmarks.
        frames: [T, H, W, 3] RGB.
        every: frames from one detection to the next, at least 1.
        smooth_frames: see :meth:`Track.smoothed`; 0 for none.

    Raises:
        InputError: *every* is less than 1 or *smooth_frames* negative.
    """
    _check("every", every, 1)
    _check("smooth_frames", smooth_frames, 0)
    follower = analyser if isinstance(analyser, Follower) else None
    landmarks = np.full((len(frames), _LANDMARKS, 2), np.nan)
    boxes = np.full((len(frames), 4), np.nan)
    counts = np.zeros(len(frames), np.int_)
    last: Face | None = None
    for t, frame in enumerate(frames):
        face = None
        if follower is not None and last is not None and t % every:
            face = _followed(follower, frame, last)
        if face is None:
            faces = analyser.analyse(frame)
            face, counts[t] = _nearest(faces, last), len(faces)
        last = face
        if face is not None:
            landmarks[t], boxes[t], counts[t] = face.landmarks, face.box, max(counts[t], 1)
    seen = Track(landmarks=landmarks, found=np.isfinite(boxes[:, 0]), boxes=boxes, counts=counts)
    return seen.smoothed(smooth_frames) if smooth_frames > 0 else seen


def _check(name: str, value: float, least: int) -> None:
    if not value >= least:
        raise InputError(compose(f"{name} is too small", expected=f"at least {least}", given=value))


def _followed(follower: Follower, frame: NDArray[np.uint8], last: Face) -> Face | None:
    """The face near *last* in the next frame, its box moved along; None if it looks lost."""
    face = follower.follow(frame, last.box)
    before, after = last.landmarks[_STABLE], face.landmarks[_STABLE]
    shift = after.mean(0) - before.mean(0)
    side = float(last.box[2] - last.box[0])
    scale = float(after.std(0).sum() / max(float(before.std(0).sum()), 1e-6))
    if not _LEAST_SCALE < scale < _MOST_SCALE or float(np.abs(shift).max()) > _FARTHEST * side:
        return None
    return attrs.evolve(face, box=(last.box + np.tile(shift, 2)).astype(np.float32))


def _nearest(faces: tuple[Face, ...], last: Face | None) -> Face | None:
    """The face whose centre is nearest to that of *last*; the first if there is no last."""
    if not faces or last is None:
        return faces[0] if faces else None
    middle = _middle(last)
    return min(faces, key=lambda face: float(np.linalg.norm(_middle(face) - middle)))


def _middle(face: Face) -> FloatArray:
    box = np.asarray(face.box, np.float64)
    middle: FloatArray = (box[:2] + box[2:]) / 2
    return middle
