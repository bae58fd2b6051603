"""Where the motion of a talk comes from: the prior, a video, or what the caller knows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from styletalker.core.generation.framing import Crop, Say
from styletalker.core.generation.motion import (
    DrawnMotion,
    End,
    GivenMotion,
    MotionSource,
    check_end,
    read_motion,
)
from styletalker.core.generation.networks import Networks
from styletalker.core.generation.pictures import Pictures
from styletalker.core.interfaces.inverter import Inversion

__all__ = ["choose_motion"]

_GOES = {
    "hold": "its last frame is held",
    "loop": "it starts again",
    "mirror": "it goes back and forth",
}


def choose_motion(
    networks: Networks,
    pictures: Pictures,
    person: Inversion,
    motion: Path | str | NDArray[np.float32] | None,
    *,
    end: End,
    seed: int,
    temperature: float,
    crop: Crop,
    total: int | None,
    say: Say,
) -> MotionSource:
    """The motion of *total* frames, or of as many as there will be.

    Args:
        networks: the talker's.
        pictures: cuts a motion video.
        person: the portrait.
        motion: a video file, motion [T, Z], or None for the prior's.
        end: what follows where *motion* is shorter; the user is told.
        seed: of the prior's noise; checked also where it is not needed, like *temperature*.
        temperature: scale of that noise.
        crop: how the video is cut.
        total: frames of the talk, if known.
        say: takes notes for the user.

    Raises:
        InputError: an argument is not usable, or there is no face in the video.
        MediaError: the video cannot be read.
    """
    check_end(end)
    drawn = DrawnMotion(networks, person.ws, seed=seed, temperature=temperature)
    if motion is None:
        return drawn
    label = "motion"
    if isinstance(motion, Path | str):
        label, fps = str(motion), networks.audio_encoder.fps
        motion = read_motion(networks, pictures.video(label, crop, fps, total, say))
    source = GivenMotion(motion, end, motion_dim=networks.motion_vae.motion_dim)
    if total is not None and len(motion) < total:
        fps = networks.audio_encoder.fps
        lasts, needed = len(motion) / fps, total / fps
        say(f"{label}: the motion lasts {lasts:.1f} s of {needed:.1f} s; then {_GOES[end]}")
    return source
