"""The face crop of the public SyncNet pipeline, from landmarks.

The pipeline's boxes come from a detector (S3FD) whose weights are another public file. Here the box
is estimated from dlib's 68 landmarks: the jaw's width, and from the chin up to 0.4 of the height
from brows to chin above the brows, where foreheads end in that detector's training data. Everything
after the box is as published.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.signal import medfilt
from styletalker.core.errors import InputError, compose
from styletalker.evaluation.tracking import Track

__all__ = ["SIDE", "FaceCrops", "WholeFrames", "face_boxes"]

SIDE = 224
"""Height and width of a crop, in pixels."""
CROP_SCALE = 0.4
"""By which part of the half side the crop goes beyond the box: left and right once, below twice."""
_MEDIAN_FRAMES = 13
_GREY = 110
"""What stands beyond the frame's edge."""
_FOREHEAD = 0.4
_BROWS = slice(17, 27)
_LEAST_FOUND = 0.5
"""Clips with a face in fewer of the frames are not scored."""

FloatArray = NDArray[np.float64]


def face_boxes(track: Track) -> FloatArray:
    """Centre x, centre y and half side [T, 3] of the face in each frame, in pixels.

    Where no face was found between two frames with one, interpolated; each of the three numbers is
    median-filtered over 13 frames, as published (with zeros beyond the ends).

    Raises:
        InputError: there is a face in fewer than half of the frames.
    """
    if track.found_rate < _LEAST_FOUND:
        problem = "too few frames have a face"
        expected = f"at least {_LEAST_FOUND:.0%}"
        raise InputError(compose(problem, expected=expected, given=f"{track.found_rate:.0%}"))
    points = track.landmarks
    low, high = points.min(1), points.max(1)
    brow = points[:, _BROWS, 1].min(1)
    top = brow - _FOREHEAD * (high[:, 1] - brow)
    width, height = high[:, 0] - low[:, 0], high[:, 1] - top
    boxes = np.stack(
        [(low[:, 0] + high[:, 0]) / 2, (top + high[:, 1]) / 2, np.maximum(width, height) / 2], 1
    )
    times = np.arange(len(boxes))
    seen = track.found
    filled = [np.interp(times, times[seen], column[seen]) for column in boxes.T]
    return np.stack([medfilt(column, _MEDIAN_FRAMES) for column in filled], 1)


class FaceCrops:
    """Faces [T, 224, 224, 3] BGR of frames [T, H, W, 3] RGB, cut out when they are asked for."""

    def __init__(self, frames: NDArray[np.uint8], boxes: FloatArray) -> None:
        """Crops of *frames* at *boxes* [T, 3]: see :func:`face_boxes`."""
        self.frames, self.boxes = frames, boxes

    def __len__(self) -> int:
        """T."""
        return len(self.frames)

    def __getitem__(self, where: slice) -> NDArray[np.uint8]:
        """The faces of some frames."""
        pairs = zip(self.frames[where], self.boxes[where], strict=True)
        return np.stack([_cropped(frame, box) for frame, box in pairs])


class WholeFrames:
    """Frames [T, H, W, 3] RGB squashed to [T, 224, 224, 3] BGR, when they are asked for."""

    def __init__(self, frames: NDArray[np.uint8]) -> None:
        """All of *frames*."""
        self.frames = frames

    def __len__(self) -> int:
        """T."""
        return len(self.frames)

    def __getitem__(self, where: slice) -> NDArray[np.uint8]:
        """Some of the frames."""
        return np.stack([_resized(frame) for frame in self.frames[where]])


def _cropped(frame: NDArray[np.uint8], box: FloatArray) -> NDArray[np.uint8]:
    half = max(float(box[2]), 1.0)
    margin = int(half * (1 + 2 * CROP_SCALE))
    padded = np.pad(frame, ((margin, margin), (margin, margin), (0, 0)), constant_values=_GREY)
    x, y = box[0] + margin, box[1] + margin
    rows = slice(max(int(y - half), 0), int(y + half * (1 + 2 * CROP_SCALE)))
    reach = half * (1 + CROP_SCALE)
    columns = slice(max(int(x - reach), 0), int(x + reach))
    crop = padded[rows, columns]
    if not crop.size:
        raise InputError(compose("the face's box lies outside of the frame"))
    return _resized(crop)


def _resized(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """BGR at 224 x 224, by OpenCV's bilinear resize as published: without antialiasing."""
    swapped = np.ascontiguousarray(image[..., ::-1])
    found = cv2.resize(swapped, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
    return np.asarray(found, np.uint8)
