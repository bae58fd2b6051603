"""The metrics that are computed if none are named."""

from __future__ import annotations

from collections.abc import Iterable

from styletalker.core.config.options import Chosen
from styletalker.core.config.structure import Structurer
from styletalker.core.errors import InputError
from styletalker.core.registry import Registry

__all__ = ["ANNOTATED_METRICS", "DEFAULT_METRICS", "choose_metrics"]

DEFAULT_METRICS = (
    "face_found_rate",
    "lse_d",
    "lse_c",
    "av_offset",
    "bilabial_closure",
    "lmd_mouth",
    "aperture_correlation",
    "head_pose_following",
    "blink_following",
    "vowel_openness",
    "pause_motion",
    "silent_lip_motion",
    "csim",
    "csim_truth",
    "csim_dlib",
    "csim_dlib_truth",
    "lmd",
    "fid",
    "fd_dlib",
    "psnr",
    "ssim",
    "head_pose_spread",
    "head_pose_speed",
    "head_pose_spectrum",
    "beat_alignment",
    "pose_diversity",
    "blink_rate",
    "blink_duration",
    "temporal_flicker",
    "identity_drift",
)
"""Lips and what motion is followed first: they are what is looked at. Metrics whose public weights
are not there are reported as not computed."""

ANNOTATED_METRICS = ("aperture_correlation_annotated", "head_pose_following_annotated")
"""Those that are added where the corpus knows the landmarks of its clips."""


def choose_metrics(names: Iterable[str], registry: Registry) -> list[Chosen]:
    """The metrics called *names*, with their default options; the default list if there is none.

    Raises:
        PluginError: there is no such metric.
        InputError: one has options that must be given.
    """
    structurer, chosen = Structurer(registry), []
    for name in tuple(names) or DEFAULT_METRICS:
        registry.get("metric", name)
        one, faults = structurer.choose("metric", {"type": name})
        if one is None:
            text = "; ".join(fault.line() for fault in faults)
            raise InputError(f"the metric {name!r} cannot be chosen by name alone: {text}")
        chosen.append(one)
    return chosen
