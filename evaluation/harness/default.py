"""The metrics that are computed if none are named."""

from __future__ import annotations

import re
from collections.abc import Iterable

from styletalker.core.config.options import Chosen
from styletalker.core.config.structure import Structurer
from styletalker.core.errors import InputError
from styletalker.core.recipe.merge import with_overrides
from styletalker.core.registry import Registry

__all__ = ["ANNOTATED_METRICS", "DEFAULT_METRICS", "choose_metrics"]

DEFAULT_METRICS = (
    "face_found_rate",
    "lse_d",
    "lse_c",
    "av_offset",
    "lips_in_time",
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
    "lpips",
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

_NOT_OFFERED = {
    "fvd": "its public network, an I3D, is a TorchScript program: loading it would run the code in "
    "the file; other networks give other numbers under its name"
}
"""What is asked for, and why there is no such metric, unless a plug-in brings one."""

_BORDER = re.compile(r",(?=\s*[A-Za-z_][\w.]*=)")
"""A comma before the next option: others belong to a value."""


def choose_metrics(texts: Iterable[str], registry: Registry) -> list[Chosen]:
    """The metrics that *texts* name; the default list if there are none.

    A text is ``NAME`` or ``NAME:option=value,option=value``. Values are read as
    YAML, like those of a recipe's overrides.

    Raises:
        PluginError: there is no such metric.
        ConfigError: an option is not written like that.
        InputError: an option is wrong or must be given, or a metric is not offered for a reason.
    """
    return [_chosen(text, registry) for text in tuple(texts) or DEFAULT_METRICS]


def _chosen(text: str, registry: Registry) -> Chosen:
    name, colon, options = text.partition(":")
    if name in _NOT_OFFERED and name not in registry.names("metric"):
        raise InputError(f"the metric {name!r} is not offered: {_NOT_OFFERED[name]}")
    registry.get("metric", name)
    given = _BORDER.split(options) if colon else ()
    values = with_overrides({"type": name}, given, source=f"the metric {name!r}")
    one, faults = Structurer(registry).choose("metric", values)
    if one is None:
        raise InputError("\n".join(fault.line(f"the metric {name!r}") for fault in faults))
    return one
