"""Metrics of motion-controlled clips: is their motion that of the clip they follow?

Their reference is the clip whose motion is followed, not the ground truth.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from styletalker.core.clip import Clip
from styletalker.core.interfaces.metric import Metric
from styletalker.evaluation.blinks import blink_matches
from styletalker.evaluation.head_pose import HeadPose, head_pose
from styletalker.evaluation.metrics.base import (
    MeanMetric,
    annotated_landmarks,
    check_moves,
    check_same_size,
    finite,
    the_reference,
)
from styletalker.evaluation.observe import observe
from styletalker.evaluation.signals import pearson

__all__ = ["BlinkFollowing", "HeadPoseFollowing", "HeadPoseFollowingAnnotated"]

_ANGLES = ("yaw", "pitch", "roll")


class HeadPoseFollowing(MeanMetric):
    """Pearson's correlation of the head's yaw, pitch and roll with the motion source's, their mean.

    **Pitfalls.** dlib sees both clips, and its noise lowers the value where the head moves little
    or the picture is small. A correlation does not see that the head turns half or twice as far:
    compare ``head_pose_spread``.
    """

    title, unit, direction, uses_reference = "head-pose following", "1", "higher", True
    follows = True

    def measure(self, generated: Clip, reference: Clip | None) -> dict[str, Any]:
        """``value``: the mean, -1 to 1; ``yaw``, ``pitch`` and ``roll``: each correlation."""
        source = the_reference(self, reference)
        check_moves(generated)
        check_same_size(generated, source)
        ours, theirs = observe(generated).pose.angles, self.pose_of(source).angles
        each = [pearson(ours[:, axis], theirs[:, axis]) for axis in range(len(_ANGLES))]
        value = finite(float(np.mean(each)), generated, "the head does not move")
        return {"value": value, **dict(zip(_ANGLES, each, strict=True))}

    def pose_of(self, source: Clip) -> HeadPose:
        """The source's pose, as seen in its frames."""
        return observe(source).pose


class HeadPoseFollowingAnnotated(HeadPoseFollowing):
    """The same against the corpus's own landmarks of the motion source, which have no noise.

    For corpora that know them; see :func:`~styletalker.evaluation.head_pose.head_pose`.
    """

    title = "head-pose following, annotated"

    def pose_of(self, source: Clip) -> HeadPose:
        """The source's pose, by the landmarks that come with it."""
        return head_pose(annotated_landmarks(source))


class BlinkFollowing(Metric):
    """Whether a clip blinks when its motion source does: F1 over the blinks of all clips.

    Blinks match one to one, up to three frames apart; see :mod:`styletalker.evaluation.blinks`.

    **Pitfall.** Short clips have few blinks: look at the interval.
    """

    title, unit, direction, uses_reference = "blink following", "1", "higher", True
    follows = True
    nothing = "neither the clips nor their motion sources blink"
    """Why there may be no value."""

    def measure(self, generated: Clip, reference: Clip | None) -> dict[str, Any]:
        """``matches``, and ``blinks`` of both clips together: counts."""
        source = the_reference(self, reference)
        check_moves(generated)
        check_same_size(generated, source)
        ours, theirs = observe(generated).blinks, observe(source).blinks
        return {"matches": blink_matches(ours, theirs), "blinks": len(ours) + len(theirs)}

    def summarise(self, measurements: Sequence[dict[str, Any]]) -> float:
        """2 matches / blinks, 0 to 1; NaN if there is no blink at all."""
        matches, blinks = (sum(one[key] for one in measurements) for key in ("matches", "blinks"))
        return float(2 * matches / blinks) if blinks else float("nan")
