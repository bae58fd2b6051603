"""What a talker follows besides the sound: a motion video, a frame rate, facts of its weights."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from styletalker.core.assembly import Components
from styletalker.core.generation.framing import Crop, Say
from styletalker.core.generation.motion import End, GivenMotion, check_end, read_motion
from styletalker.core.generation.networks import Networks
from styletalker.core.generation.pictures import Pictures
from styletalker.core.media.writer import retimed
from styletalker.core.pretrained import PretrainedTalker
from styletalker.core.weights import read_facts

__all__ = ["at_rate", "facts_of", "follow"]


def follow(
    networks: Networks,
    pictures: Pictures,
    motion: Path | str | NDArray[np.float32] | None,
    end: End,
    *,
    crop: Crop,
    total: int | None,
    say: Say,
) -> GivenMotion | None:
    """The motion of a video (a path), or motion [T, Z] that is given; None for None.

    Raises:
        InputError, MediaError: it cannot be read, or shows no face.
    """
    check_end(end)
    if motion is None:
        return None
    fps, label = networks.audio_encoder.fps, "motion"
    if isinstance(motion, Path | str):
        label = str(motion)
        motion = read_motion(networks, pictures.video(label, crop, fps, total, say))
    source = GivenMotion(motion, end, motion_dim=networks.motion_vae.motion_dim)
    if total is not None and len(motion) < total:
        lasts, needed = len(motion) / fps, total / fps
        goes = {"hold": "its last frame is held", "loop": "it starts again"}
        how = goes.get(end, "it goes back and forth")
        say(f"{label}: the motion lasts {lasts:.1f} s of {needed:.1f} s; then {how}")
    return source


def at_rate(
    frames: Iterator[NDArray[np.uint8]], fps: int, rate: Fraction, total: int, count: int
) -> Iterator[NDArray[np.uint8]]:
    """*total* frames at *fps* as *count* frames at *rate*."""
    return frames if rate == fps else retimed(frames, fps, rate, total, count=count)


def facts_of(components: Components) -> Iterator[Any]:
    """Where a talker may say its framing: talker.json, its card, the generator's weights."""
    if isinstance(components, PretrainedTalker):
        yield components.facts
        yield components.facts.get("card") or {}
    weights = components.chosen("generator").weights if "generator" in components.roles else None
    if weights is not None:
        yield read_facts(weights.path)
