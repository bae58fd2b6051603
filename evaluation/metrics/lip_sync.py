"""LSE-D, LSE-C and the audio-visual offset, by SyncNet v2 with its public weights.

See :mod:`styletalker.plugins.syncnet.scoring` for the protocol. A clip is scored once for all of
these metrics.
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from styletalker.core.clip import Clip
from styletalker.core.errors import CheckpointError, InputError, compose
from styletalker.core.files import digest_of
from styletalker.core.interfaces.metric import Metric
from styletalker.core.public_files import find_public_file
from styletalker.evaluation.harness.source import has_sound
from styletalker.evaluation.harness.tool import code_digest
from styletalker.evaluation.metrics.public_config import LseConfig
from styletalker.plugins.syncnet.config import SYNCNET_FILE, SyncNetConfig

if TYPE_CHECKING:
    from styletalker.plugins.syncnet.scoring import Faces, LipSyncError, Streams

__all__ = ["AvOffset", "AvOffsetSize", "LseC", "LseD"]

_RATES = (25, 16000)


class _SyncNetMetric(Metric, abstract=True):
    """A mean over clips of something that SyncNet says."""

    config: LseConfig
    name = ""
    uses_reference, hears = False, True

    @property
    def title(self) -> str:
        """The field's name for face crops; with the crop where it is another."""
        return self.name if self.config.crop == "face" else f"{self.name} (whole frame)"

    def unavailable(self) -> str:
        """Which file is missing, if it is."""
        try:
            find_public_file(SYNCNET_FILE, self.config.weights)
        except CheckpointError as error:
            return str(error)
        return ""

    def weights(self) -> Mapping[str, str]:
        """The checksum of the file."""
        return {SYNCNET_FILE.name: digest_of(find_public_file(SYNCNET_FILE, self.config.weights))}

    def measure(self, generated: Clip, reference: Clip | None) -> dict[str, Any]:  # noqa: ARG002
        """``distance``, ``confidence``, ``offset_frames``, ``windows``; ``mean_distances`` [31]."""
        path = find_public_file(SYNCNET_FILE, self.config.weights)
        score = _score(generated, path, self.config.crop)
        return {
            "distance": score.distance,
            "confidence": score.confidence,
            "offset_frames": score.offset_frames,
            "windows": len(score.distances),
            "mean_distances": score.mean_distances,
        }

    def summarise(self, measurements: Sequence[dict[str, Any]]) -> float:
        """The mean over clips: each counts the same, however long."""
        return float(np.mean([self.of(one) for one in measurements]))

    def of(self, measurement: dict[str, Any]) -> float:
        """What counts of a clip."""
        raise NotImplementedError


class LseD(_SyncNetMetric):
    """LSE-D: least mean distance of SyncNet's features over the offsets -15 to 15 frames.

    **Pitfalls.** It is taken at the best offset: a constant lag costs nothing, read it with the
    offset. Beyond the clip's ends features are zero, which lowers or raises it in short clips; the
    public pipeline scores none of less than 100 frames. Of whole frames it is another number.
    """

    name, unit, direction = "LSE-D", "1", "lower"

    def of(self, measurement: dict[str, Any]) -> float:
        """The clip's distance."""
        return float(measurement["distance"])


class LseC(_SyncNetMetric):
    """LSE-C: median less least mean distance over the offsets, SyncNet's confidence.

    **Pitfalls.** As of LSE-D. Models trained against a SyncNet score higher than real recordings:
    it is no measure of realism.
    """

    name, unit, direction = "LSE-C", "1", "higher"

    def of(self, measurement: dict[str, Any]) -> float:
        """The clip's confidence."""
        return float(measurement["confidence"])


class AvOffset(_SyncNetMetric):
    """AV offset: frames of 40 ms by which the sound comes early, mean over clips.

    Negative if the sound lags behind the lips. **Pitfall.** Offsets of both signs cancel, and a
    clip of low confidence has a random one: read it with the size.
    """

    name, unit, direction = "AV offset", "frames", "none"

    def of(self, measurement: dict[str, Any]) -> float:
        """The clip's offset, with its sign."""
        return float(measurement["offset_frames"])


class AvOffsetSize(_SyncNetMetric):
    """AV offset size: the mean of the offsets without their signs; chance is about 7.7."""

    name, unit, direction = "AV offset size", "frames", "lower"

    def of(self, measurement: dict[str, Any]) -> float:
        """The clip's offset, without its sign."""
        return abs(float(measurement["offset_frames"]))


_SCORES: weakref.WeakKeyDictionary[Clip, dict[tuple[Path, str], LipSyncError]]
_SCORES = weakref.WeakKeyDictionary()
"""Scores live as long as their clips."""


def _score(clip: Clip, path: Path, crop: str) -> LipSyncError:
    """How lips and sound of *clip* go together.

    What the video's network sees is kept with the frames: another sound asks only the sound's.

    Raises:
        InputError: it has no sound, another rate, too few faces, or is too short.
        CheckpointError: the file is not SyncNet's.
    """
    from styletalker.evaluation.observe import observe
    from styletalker.plugins.syncnet.front_end import as_int16
    from styletalker.plugins.syncnet.scoring import (
        audio_features,
        compare,
        video_features,
        window_count,
    )

    if not has_sound(clip):
        raise InputError(compose(f"clip {clip.name}: the video has no sound track"))
    if (clip.fps, clip.sample_rate) != _RATES:
        problem = f"clip {clip.name}: SyncNet knows other rates"
        given = (clip.fps, clip.sample_rate)
        raise InputError(compose(problem, expected=f"{_RATES}", given=given))
    known = _SCORES.setdefault(clip, {})
    if (path, crop) not in known:
        streams, samples = _streams(path), as_int16(clip.waveform)
        count = window_count(len(clip.frames), len(samples))
        seen = observe(clip).remembered(
            f"syncnet {_digest(path)} {crop} {_code()}",
            lambda: {"features": video_features(streams, _faces(clip, crop), count)},
        )
        known[path, crop] = compare(seen["features"], audio_features(streams, samples, count))
    return known[path, crop]


def _faces(clip: Clip, crop: str) -> Faces:
    from styletalker.evaluation.face_crop import FaceCrops, WholeFrames, face_boxes
    from styletalker.evaluation.observe import observe

    if crop == "frame":
        return WholeFrames(clip.frames)
    return FaceCrops(clip.frames, face_boxes(observe(clip).track))


def _code() -> str:
    """What video features depend on besides weights and frames."""
    from styletalker.evaluation.face_crop import FaceCrops
    from styletalker.plugins.syncnet.discriminator import SyncNet

    return code_digest(SyncNet) + code_digest(FaceCrops)


_digest = functools.cache(digest_of)


@functools.cache
def _streams(path: Path) -> Streams:
    """The networks in a file, once in a process."""
    from styletalker.plugins.syncnet.discriminator import SyncNet
    from styletalker.plugins.syncnet.fast import fast_streams

    return fast_streams(SyncNet(SyncNetConfig(public_file=str(path))).eval().network)
