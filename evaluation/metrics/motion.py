"""Metrics of head and eyes, to be compared with the ground truth's distribution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from styletalker.core.clip import Clip
from styletalker.core.interfaces.metric import Metric
from styletalker.evaluation.blinks import blinks_per_minute
from styletalker.evaluation.metrics.base import MeanMetric, check_moves, finite
from styletalker.evaluation.observe import observe

__all__ = ["BlinkDuration", "BlinkRate", "HeadPoseSpeed", "HeadPoseSpread"]

_ANGLES = ("yaw", "pitch", "roll")
_TOO_FEW = "too few frames have a face"


class BlinkRate(Metric):
    """Blinks per minute, by the contrast of the eyes' regions.

    See :mod:`styletalker.evaluation.blinks`. Speakers blink 15 to 30 times a minute, the puppet
    corpus's 17 times. Clips of few seconds have few blinks: look at the interval.
    """

    title, unit, direction, uses_reference = "blink rate", "1/min", "none", False

    def measure(self, generated: Clip, reference: Clip | None) -> dict[str, Any]:  # noqa: ARG002
        """``blinks``: count; ``seconds`` of the clip; ``blinking_s``: how long all blinks last."""
        check_moves(generated)
        found = observe(generated).blinks
        blinking = float(sum(one.duration_s(generated.fps) for one in found))
        return {"blinks": len(found), "seconds": generated.duration_s, "blinking_s": blinking}

    def summarise(self, measurements: Sequence[dict[str, Any]]) -> float:
        """Blinks of all clips over the minutes of all clips."""
        count, seconds = (sum(one[key] for one in measurements) for key in ("blinks", "seconds"))
        return blinks_per_minute(count, seconds)


class BlinkDuration(Metric):
    """Mean length of a blink, in milliseconds.

    From where the lids start to close to where they are open again, at three quarters of the
    blink's depth; see :mod:`styletalker.evaluation.blinks`. People's blinks last 100 to 400 ms.

    **Pitfalls.** At 25 frames/s a blink is 3 to 8 frames long. Clips without a blink count
    nothing; with few blinks look at the interval.
    """

    title, unit, direction, uses_reference = "blink duration", "ms", "none", False
    nothing = "no clip has a blink"
    """Why there may be no value."""

    def measure(self, generated: Clip, reference: Clip | None) -> dict[str, Any]:  # noqa: ARG002
        """``blinks``: count; ``blinking_s``: how long all of them last."""
        check_moves(generated)
        found = observe(generated).blinks
        blinking = float(sum(one.duration_s(generated.fps) for one in found))
        return {"blinks": len(found), "blinking_s": blinking}

    def summarise(self, measurements: Sequence[dict[str, Any]]) -> float:
        """Milliseconds: the mean over all blinks; NaN if there is none."""
        count, seconds = (sum(one[key] for one in measurements) for key in ("blinks", "blinking_s"))
        return float(1000 * seconds / count) if count else float("nan")


class HeadPoseSpread(MeanMetric):
    """How far the head moves: mean of the standard deviations of yaw, pitch and roll.

    Within each clip; see :mod:`styletalker.evaluation.head_pose`. A still head is not better and
    not worse: compare with the ground truth's value.
    """

    title, unit, direction, uses_reference = "head-pose spread", "deg", "none", False

    def measure(self, generated: Clip, reference: Clip | None) -> dict[str, Any]:  # noqa: ARG002
        """``value``: the mean; ``yaw``, ``pitch`` and ``roll``: each standard deviation."""
        check_moves(generated)
        spread = observe(generated).pose.spread_deg
        value = finite(float(spread.mean()), generated, _TOO_FEW)
        return {"value": value, **dict(zip(_ANGLES, map(float, spread), strict=True))}


class HeadPoseSpeed(MeanMetric):
    """How fast the head moves: mean absolute change of yaw, pitch and roll per second.

    **Pitfall.** The landmarks' noise adds to it, more in small pictures: compare with the ground
    truth's value at the same resolution.
    """

    title, unit, direction, uses_reference = "head-pose speed", "deg/s", "none", False

    def measure(self, generated: Clip, reference: Clip | None) -> dict[str, Any]:  # noqa: ARG002
        """``value``: the mean; ``yaw``, ``pitch`` and ``roll``: each mean speed."""
        check_moves(generated)
        speed = observe(generated).pose.speed_deg_s(generated.fps)
        value = finite(float(speed.mean()), generated, _TOO_FEW)
        return {"value": value, **dict(zip(_ANGLES, map(float, speed), strict=True))}
