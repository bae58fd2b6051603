"""LSE-D, LSE-C and the audio-visual offset, by the protocol of the public evaluation.

From features [N, E] of video and sound, the Euclidean distance is averaged over time at each of 31
offsets. LSE-D is the least average, LSE-C the median less the least.

Two conventions are odd and kept, since published numbers have them: beyond its ends the sound's
features are **zero vectors**, which raises or lowers the averages of short clips; and the distance
is taken **at the best offset**, so that a constant lag of up to 15 frames costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import attrs
import numpy as np
import torch
from numpy.typing import NDArray
from scipy.signal import medfilt
from styletalker.core.errors import InputError, compose
from styletalker.plugins.syncnet.front_end import FPS, SAMPLE_RATE, mfcc, mfcc_windows
from styletalker.plugins.syncnet.network import SIDE, WINDOW_FRAMES, SyncNetNetwork
from torch import Tensor

__all__ = [
    "BATCH",
    "MOST_FRAMES",
    "Faces",
    "LipSyncError",
    "Streams",
    "audio_features",
    "compare",
    "features_of",
    "video_features",
    "window_count",
]

MOST_FRAMES = 15
"""Offsets from -15 to 15 frames are tried (``vshift``)."""
BATCH = 20
"""Windows in a pass, as the public evaluation has it."""
_EPSILON = 1e-6
"""Added to every difference, as torch's ``pairwise_distance`` does."""
_MEDIAN_FRAMES = 9
"""Length of the filter over the confidence by frame."""

FloatArray = NDArray[np.float64]


@attrs.frozen(kw_only=True, eq=False)
class LipSyncError:
    """How lips and sound of a clip go together."""

    offset_frames: int
    """15 less the index of the least distance: the sound of a clip comes so many frames early;
    negative if it lags behind the lips."""
    distance: float
    """LSE-D: the least mean distance."""
    confidence: float
    """LSE-C: the median mean distance less the least."""
    mean_distances: FloatArray
    """[31]: the mean over time, at index k with the sound shifted by k - 15 frames."""
    distances: FloatArray
    """[N, 31]: by window."""
    confidence_by_frame: FloatArray
    """[N]: median mean distance less the window's own at the best offset; median-filtered."""


class Faces(Protocol):
    """Faces [T, 224, 224, 3] uint8 BGR of a clip: an array, or something that cuts them out."""

    def __len__(self) -> int:
        """T."""

    def __getitem__(self, where: slice, /) -> NDArray[np.uint8]:
        """Some of them."""


@attrs.frozen(kw_only=True)
class Streams:
    """The two networks as functions: the plain ones, or faster ones with equal numbers."""

    video: Callable[[Tensor], Tensor]
    """Features [N, E] of frames [T, 3, 224, 224] BGR 0 to 255; N = T - 4."""
    audio: Callable[[Tensor], Tensor]
    """Features [N, E] of MFCC windows [N, 1, 13, 20]."""

    @classmethod
    def plain(cls, network: SyncNetNetwork) -> Streams:
        """Window by window, stacked in batches of 20."""

        def video(frames: Tensor) -> Tensor:
            windows = [
                frames[n : n + WINDOW_FRAMES].transpose(0, 1)
                for n in range(len(frames) - WINDOW_FRAMES + 1)
            ]
            batches = (windows[k : k + BATCH] for k in range(0, len(windows), BATCH))
            return torch.cat([network.video(torch.stack(batch))[:, 0] for batch in batches])

        def audio(windows: Tensor) -> Tensor:
            return torch.cat([network.audio(batch) for batch in torch.split(windows, BATCH)])

        return cls(video=video, audio=audio)


def window_count(frames: int, samples: int) -> int:
    """Windows of a clip: min(frames, samples // 640) - 5, one less than would fit.

    Raises:
        InputError: there is none.
    """
    count = min(frames, samples * FPS // SAMPLE_RATE) - WINDOW_FRAMES
    if count < 1:
        problem = "a clip is too short for SyncNet"
        expected = f"at least {WINDOW_FRAMES + 1} frames with sound"
        raise InputError(compose(problem, expected=expected, given=count + WINDOW_FRAMES))
    return count


def features_of(
    streams: Streams, faces: Faces, samples: NDArray[np.int16]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Features of video and sound, both [N, E], N by :func:`window_count`.

    Args:
        streams: the networks, in evaluation mode.
        faces: uint8 [T, 224, 224, 3] BGR, at 25 frames/s; asked for piece by piece.
        samples: [S] int16 at 16 kHz.

    Raises:
        InputError: the faces have another size, or there is no window.
    """
    count = window_count(len(faces), len(samples))
    return video_features(streams, faces, count), audio_features(streams, samples, count)


@torch.no_grad()
def video_features(streams: Streams, faces: Faces, count: int) -> NDArray[np.float32]:
    """Features [count, E] of the first *count* windows of faces; see :func:`features_of`."""
    pieces = []
    for start in range(0, count, BATCH):
        stop = min(start + BATCH, count) + WINDOW_FRAMES - 1
        pieces.append(streams.video(_pixels(faces[start:stop])))
    return torch.cat(pieces).numpy()


@torch.no_grad()
def audio_features(streams: Streams, samples: NDArray[np.int16], count: int) -> NDArray[np.float32]:
    """Features [count, E] of the first *count* windows of sound; see :func:`features_of`."""
    return streams.audio(torch.from_numpy(mfcc_windows(mfcc(samples), count))).numpy()


def _pixels(faces: NDArray[np.uint8]) -> Tensor:
    """Frames [T, 3, 224, 224] as the network sees them: 0 to 255, no normalisation."""
    if faces.shape[1:] != (SIDE, SIDE, 3) or faces.dtype != np.uint8:
        expected, given = f"uint8 [T, {SIDE}, {SIDE}, 3]", f"{faces.dtype} {faces.shape}"
        raise InputError(compose("faces of another kind", expected=expected, given=given))
    return torch.from_numpy(faces).permute(0, 3, 1, 2).float()


def compare(
    video: NDArray[np.floating], audio: NDArray[np.floating], *, most: int = MOST_FRAMES
) -> LipSyncError:
    """Distances and what follows from them, from features [N, E] of the same moments.

    Raises:
        InputError: the shapes differ.
    """
    if video.shape != audio.shape or video.ndim != 2 or not len(video):
        problem = "features of video and sound do not belong together"
        raise InputError(compose(problem, expected=str(video.shape), given=audio.shape))
    padded = np.pad(audio, ((most, most), (0, 0)))
    columns = [
        np.linalg.norm(np.subtract(video, padded[k : k + len(video)], dtype=np.float64) + _EPSILON,
                       axis=1)
        for k in range(2 * most + 1)
    ]  # fmt: skip
    distances = np.stack(columns, 1)
    means = distances.mean(0)
    best = int(means.argmin())
    median = float(np.median(means))
    return LipSyncError(
        offset_frames=most - best,
        distance=float(means[best]),
        confidence=median - float(means[best]),
        mean_distances=means,
        distances=distances,
        confidence_by_frame=np.asarray(medfilt(median - distances[:, best], _MEDIAN_FRAMES)),
    )
