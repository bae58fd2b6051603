"""Metrics of the head's motion over time: with the speech, at each frequency, between seeds."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from styletalker.core.clip import Clip
from styletalker.core.errors import InputError, compose
from styletalker.core.interfaces.metric import Metric
from styletalker.evaluation.beats import beat_alignment, motion_beats, onsets
from styletalker.evaluation.diversity import pose_diversity
from styletalker.evaluation.harness.source import has_sound
from styletalker.evaluation.metrics.base import MeanMetric, check_moves, the_reference
from styletalker.evaluation.observe import observe
from styletalker.evaluation.spectrum import WINDOW, pose_spectrum, spectrum_distance

__all__ = ["BeatAlignment", "HeadPoseSpectrum", "PoseDiversity"]


class BeatAlignment(MeanMetric):
    """Whether the head moves when speech sets in: 0 to 1.

    Mean over the peaks of the head's angular speed of exp(-d^2 / (2 sigma^2)), d the time to the
    nearest onset of the sound, sigma 0.12 s; see :mod:`styletalker.evaluation.beats`.

    **Pitfalls.** Speech sets in several times a second, so chance is far above 0: read it beside
    the same pictures with shuffled sound. Real speakers are not much above chance either: more
    than the ground truth is no merit. The landmarks' noise adds peaks at random.
    """

    title, unit, direction, uses_reference = "beat alignment", "1", "higher", False
    hears = True

    def measure(self, generated: Clip, reference: Clip | None) -> dict[str, Any]:  # noqa: ARG002
        """``value``: 0 to 1; ``onsets`` and ``beats``: how many there are."""
        if not has_sound(generated):
            raise InputError(compose(f"clip {generated.name}: the video has no sound track"))
        check_moves(generated)
        sounds = onsets(generated.waveform, generated.sample_rate)
        moves = motion_beats(observe(generated).pose.angles, generated.fps)
        value = beat_alignment(moves, sounds)
        return {"value": value, "onsets": len(sounds), "beats": len(moves)}


class HeadPoseSpectrum(Metric):
    """How far the head's motion is from the ground truth's at each frequency, in dB.

    Power spectra of yaw, pitch and roll (0.8 to 12.5 Hz) are averaged over clips, for both; the
    mean absolute difference of their logarithms is the value: 0 for the ground truth, 3 dB for
    half or twice the power everywhere. Unlike frame-by-frame distances it does not ask the head to
    be at the same place at the same time, so it also suits motion that is sampled. See
    :mod:`styletalker.evaluation.spectrum`.

    **Pitfalls.** Clips of fewer than 32 frames have no spectrum. Above some 5 Hz the landmarks'
    noise is most of the power, on both sides alike only if both pictures are as sharp.
    """

    title, unit, direction, uses_reference = "head-pose spectrum", "dB", "lower", True
    least_frames = WINDOW

    def measure(self, generated: Clip, reference: Clip | None) -> dict[str, Any]:
        """``power`` and ``truth``: [3, 16], in deg^2/Hz."""
        truth = the_reference(self, reference)
        return {
            "power": pose_spectrum(observe(generated).pose.angles, generated.fps),
            "truth": pose_spectrum(observe(truth).pose.angles, truth.fps),
        }

    def summarise(self, measurements: Sequence[dict[str, Any]]) -> float:
        """The distance of the mean spectra, dB."""
        power, truth = (np.mean([m[key] for m in measurements], 0) for key in ("power", "truth"))
        return spectrum_distance(power, truth)


class PoseDiversity(Metric):
    """How different the head's motions are that several seeds give to one clip, in degrees.

    Clips that have the same ground truth (without one: the same sound) belong together. In each
    group: the mean over pairs of the root mean square difference of yaw, pitch and roll; then the
    mean over groups. See :mod:`styletalker.evaluation.diversity`.

    **Pitfalls.** It takes two clips of one ground truth, each with a name of its own (a manifest
    says so). Random shaking is diverse, too: read it beside the head-pose speed and spectrum. Two
    runs of dlib on one video give 0, on two encodings of it some tenths of a degree.
    """

    title, unit, direction, uses_reference = "pose diversity", "deg", "higher", True
    nothing = "no two clips have one ground truth: diversity needs several seeds of a clip"
    """Why there may be no value."""

    def measure(self, generated: Clip, reference: Clip | None) -> dict[str, Any]:
        """``angles`` [T, 3] in degrees, ``group``: a digest of the ground truth's sound."""
        check_moves(generated)
        said = (reference or generated).waveform
        group = hashlib.sha256(np.ascontiguousarray(said).tobytes()).hexdigest()
        return {"angles": observe(generated).pose.angles, "group": group}

    def summarise(self, measurements: Sequence[dict[str, Any]]) -> float:
        """Degrees; NaN if no two clips belong together."""
        groups: dict[str, dict[int, Any]] = {}
        for one in measurements:
            # A resample draws a clip twice: it is no pair.
            groups.setdefault(one["group"], {})[id(one)] = one["angles"]
        found = [pose_diversity(list(members.values())) for members in groups.values()]
        known = [value for value in found if np.isfinite(value)]
        return float(np.mean(known)) if known else float("nan")
