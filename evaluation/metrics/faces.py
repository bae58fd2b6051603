"""Metrics of faces: found at all, the same person, landmarks in the right place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from styletalker.core.clip import Clip
from styletalker.core.interfaces.metric import Metric
from styletalker.evaluation.identity import similarity_to_one, similarity_to_truth
from styletalker.evaluation.landmark_distance import ALL, MOUTH, landmark_distance
from styletalker.evaluation.metrics.base import MeanMetric, check_same_size, finite, the_reference
from styletalker.evaluation.observe import observe

__all__ = ["CsimDlib", "CsimDlibTruth", "FaceFoundRate", "Lmd", "LmdMouth"]

_NO_FACE = "no face is found in any of the frames that are compared"


class FaceFoundRate(Metric):
    """Part of the frames in which dlib's detector finds a face.

    Asked in every frame, without tracking. Read it before all other metrics of faces: they leave
    out the frames it counts as lost.
    """

    title, unit, direction, uses_reference = "face-found rate", "1", "higher", False

    def measure(self, generated: Clip, reference: Clip | None) -> dict[str, Any]:  # noqa: ARG002
        """``found`` and ``frames``: counts."""
        found = observe(generated).any_track.found
        return {"found": int(found.sum()), "frames": len(found)}

    def summarise(self, measurements: Sequence[dict[str, Any]]) -> float:
        """Frames with a face over all frames, 0 to 1."""
        found, frames = (sum(one[key] for one in measurements) for key in ("found", "frames"))
        return float(found / frames)


class CsimDlib(MeanMetric):
    """CSIM-dlib: cosine similarity of dlib's identity vectors to the portrait's.

    The portrait is the ground truth's first frame. Mean over every 12th frame with a face.

    **Pitfall.** dlib's vectors all point into a similar direction: 0.9 is about the border
    between two people. Never compare with CSIM by ArcFace.
    """

    title, unit, direction, uses_reference = "CSIM-dlib", "1", "higher", True

    def measure(self, generated: Clip, reference: Clip | None) -> dict[str, Any]:
        """``value``: mean cosine similarity, -1 to 1."""
        truth = the_reference(self, reference)
        portrait = observe(truth).embeddings[0]
        value = similarity_to_one(observe(generated).embeddings, portrait)
        return {"value": finite(value, generated, _NO_FACE)}


class CsimDlibTruth(MeanMetric):
    """CSIM-dlib-truth: the same, but each frame against the ground truth's frame.

    Higher than against the portrait, since pose and expression agree; it means something only
    where the motion is the ground truth's.
    """

    title, unit, direction, uses_reference = "CSIM-dlib-truth", "1", "higher", True

    def measure(self, generated: Clip, reference: Clip | None) -> dict[str, Any]:
        """``value``: mean cosine similarity, -1 to 1."""
        truth = the_reference(self, reference)
        check_same_size(generated, truth)
        value = similarity_to_truth(observe(generated).embeddings, observe(truth).embeddings)
        return {"value": finite(value, generated, _NO_FACE)}


class _LandmarkMetric(MeanMetric, abstract=True):
    """LMD over some of the points."""

    points = ALL
    unit, direction, uses_reference = "IOD", "lower", True

    def measure(self, generated: Clip, reference: Clip | None) -> dict[str, Any]:
        """``value`` in inter-ocular distances, ``pixels`` in pixels of the clip."""
        truth = the_reference(self, reference)
        check_same_size(generated, truth, pixels=True)
        ours, theirs = observe(generated).track.landmarks, observe(truth).track.landmarks
        distance = landmark_distance(ours, theirs, self.points)
        return {"value": distance.inter_ocular, "pixels": distance.pixels}


class Lmd(_LandmarkMetric):
    """LMD: landmark distance over all 68 points (F-LMD elsewhere), dlib on both sides.

    See :func:`~styletalker.evaluation.landmark_distance.landmark_distance`.
    """

    title = "LMD"


class LmdMouth(_LandmarkMetric):
    """LMD-mouth: landmark distance over the 20 points of the mouth (48 to 67), dlib on both sides.

    See :func:`~styletalker.evaluation.landmark_distance.landmark_distance`.
    """

    title = "LMD-mouth"
    points = MOUTH
