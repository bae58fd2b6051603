"""Where the motion of a talk comes from: the prior, a video, or what the caller knows."""

from __future__ import annotations

from pathlib import Path

from styletalker.core.generation.choices import Choices
from styletalker.core.generation.framing import Say
from styletalker.core.generation.motion import DrawnMotion, GivenMotion, MotionSource, read_motion
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
    choices: Choices,
    *,
    total: int | None,
    say: Say,
) -> MotionSource:
    """The motion of *total* frames, or of as many as there will be.

    Args:
        networks: the talker's, at their own resolution.
        pictures: cuts a motion video.
        person: the portrait.
        choices: the motion asked for; seed and temperature are checked also where none is drawn.
        total: frames of the talk, if known.
        say: takes notes for the user.

    Raises:
        InputError: an argument is not usable, or there is no face in the video.
        MediaError: the video cannot be read.
    """
    motion, end = choices.motion, choices.motion_end
    drawn = DrawnMotion(networks, person.ws, seed=choices.seed, temperature=choices.temperature)
    if motion is None:
        return drawn
    label = "motion"
    if isinstance(motion, Path | str):
        label, fps = str(motion), networks.audio_encoder.fps
        motion = read_motion(networks, pictures.video(label, choices.crop, fps, total, say))
    source = GivenMotion(motion, end, motion_dim=networks.motion_vae.motion_dim)
    if total is not None and len(motion) < total:
        fps = networks.audio_encoder.fps
        lasts, needed = len(motion) / fps, total / fps
        say(f"{label}: the motion lasts {lasts:.1f} s of {needed:.1f} s; then {_GOES[end]}")
    return source
