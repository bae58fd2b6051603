"""How numbers were made, written into every result."""

from __future__ import annotations

import functools
import importlib.metadata
from collections.abc import Iterable
from typing import Any

from styletalker.core.errors import StyletalkerError
from styletalker.core.files import digest_of
from styletalker.evaluation.harness.source import FPS, SAMPLE_RATE
from styletalker.evaluation.harness.tool import Tool

__all__ = ["PROTOCOL", "VERSION", "describe_protocol", "weights_of"]

PROTOCOL = "styletalker-evaluation"
VERSION = 2
"""Goes up when a number would come out differently for the same videos.

1: the first one.
2: a Frechet distance of nothing is 0, where rounding gave small negative numbers; LPIPS is measured
where its weights are.
"""

_RULES = (
    f"Videos are read at {FPS} frames/s and {SAMPLE_RATE} Hz mono; clips of a corpus as they are.",
    "Faces are looked for in the frames, of generated and ground-truth clips alike.",
    "Intervals: percentile bootstrap over clips.",
    "A clip that a metric cannot measure is counted as a failure, with the reason.",
    "Shuffled sound: each clip's pictures against the sound of the next one that says other words.",
)


def describe_protocol(*, level: float, resamples: int, tolerance_frames: int) -> dict[str, Any]:
    """The protocol as plain values."""
    return {
        "name": PROTOCOL,
        "version": VERSION,
        "fps": FPS,
        "sample_rate": SAMPLE_RATE,
        "level": level,
        "resamples": resamples,
        "tolerance_frames": tolerance_frames,
        "rules": list(_RULES),
    }


def weights_of(tools: Iterable[Tool]) -> dict[str, str]:
    """SHA-256 of the networks that measured: by file name, or by the scorer's name."""
    found = dict(_dlib_weights())
    for tool in tools:
        found |= tool.weights
        scorer = getattr(tool.metric, "scorer", None)
        if scorer is not None:
            found[f"sync scorer {scorer.name}"] = scorer.sha256
    return found


@functools.cache
def _dlib_weights() -> dict[str, str]:
    from styletalker.plugins.dlib_face.models import IDENTITY_FILE, LANDMARK_FILE, model_path

    try:
        return {name: digest_of(model_path(name)) for name in (IDENTITY_FILE, LANDMARK_FILE)}
    except StyletalkerError:
        return {}  # the metrics that need them say so, for each clip


def toolkit_version() -> str:
    """The installed version of the toolkit."""
    return importlib.metadata.version("styletalker")
