"""Head motion that goes with speech.

Five movements are added: a slow drift of posture; a new position taken up with each
phrase; nods, turns and tilts on accented syllables; a continuous movement with the
loudness; and the small shifts of the head that turning the neck brings. Head motion of
speakers follows pitch and loudness (Yehia et al. 2002; Munhall et al. 2004) and differs
between speakers, which :class:`~styletalker.plugins.puppet.speaker_style.SpeakerStyle`
holds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.puppet.prosody import Prosody
from styletalker.plugins.puppet.signals import FPS, Track, bump, glide, slow_noise, smooth
from styletalker.plugins.puppet.speaker_style import SpeakerStyle

__all__ = ["POSE", "head_track"]

POSE = ("yaw", "pitch", "roll", "tx", "ty", "tz")
"""Parameters of a head track [T, 6]: degrees, then centimetres."""

_LIMIT_DEG = np.array([25.0, 14.0, 12.0])
"""Soft limits of yaw, pitch and roll: what speakers facing a camera stay within."""

_DRIFT_HZ = 0.18
"""Posture drifts over several seconds."""

_NECK_CM_PER_DEG = (0.05, 0.04, 0.10)
"""Head shift per degree of yaw (sideways), pitch (up) and roll (sideways): the renderer
turns the head about its middle, a neck turns it about a joint some 6 cm below (roll) and
3 cm behind (yaw), 6 cm * sin(1 deg) = 0.10 cm."""

_DEEPEST_DEG = 10.0
"""No gesture in speech is deeper."""

_STROKE_S_PER_DEG = 0.022
"""Deeper strokes take longer, so that speeds stay below some 50 degrees a second."""

_DIRECTIONS = (
    (np.array([0.0, -1.0, 0.0]), 0.62),
    (np.array([0.0, 0.7, 0.0]), 0.10),
    (np.array([0.8, -0.4, 0.0]), 0.14),
    (np.array([0.0, -0.3, 0.8]), 0.14),
)
"""Gestures on accents in (yaw, pitch, roll) and their share: most are nods down, some
raise the chin, turn or tilt."""


def head_track(
    rng: np.random.Generator, prosody: Prosody, style: SpeakerStyle, frames: int
) -> NDArray[np.float64]:
    """Head motion [T, 6] over :data:`POSE`."""
    times = (np.arange(frames) + 0.5) / FPS
    usual = np.array([style.yaw_deg, style.pitch_deg, style.roll_deg])
    angles = usual + _drift(rng, style, frames)
    angles += _phrase_positions(rng, prosody, style, times)
    angles += _accent_gestures(rng, prosody, style, times)
    angles += _with_loudness(rng, prosody, style)
    angles = _LIMIT_DEG * np.tanh(angles / _LIMIT_DEG)
    return np.concatenate([angles, _shifts(rng, angles, style, frames)], axis=1)


def _drift(rng: np.random.Generator, style: SpeakerStyle, frames: int) -> NDArray[np.float64]:
    size = style.sway_deg * np.array([1.0, 0.6, 0.6])
    slow = np.stack([slow_noise(rng, frames, _DRIFT_HZ) for _ in range(3)], axis=1)
    fast = np.stack([slow_noise(rng, frames, 0.8) for _ in range(3)], axis=1)
    drift: NDArray[np.float64] = size * slow + 0.22 * size * fast
    return drift


def _phrase_positions(
    rng: np.random.Generator, prosody: Prosody, style: SpeakerStyle, times: Track
) -> NDArray[np.float64]:
    """A new position with each phrase, kept until the next; long phrases change midway."""
    positions = np.zeros((len(times), 3))
    size = style.phrase_deg * np.array([1.0, 0.5, 0.6])
    position = rng.normal(0, 0.7, 3) * size
    positions += position
    moves: list[float] = []
    for phrase in prosody.phrases:
        moves.append(phrase.start_s - float(rng.uniform(0.0, 0.25)))
        if phrase.end_s - phrase.start_s > 2.5 and rng.random() < 0.7:
            moves.append(float(rng.uniform(phrase.start_s + 1.0, phrase.end_s - 0.7)))
    for start_s in moves:
        target = 0.3 * position + rng.normal(0, 0.85, 3) * size
        change = np.clip(target - position, -2.5 * size, 2.5 * size)
        duration_s = 0.45 + 0.05 * float(np.abs(change).max()) + float(rng.uniform(0, 0.3))
        positions += glide(times, start_s, duration_s)[:, None] * change
        position = position + change
    return positions


def _accent_gestures(
    rng: np.random.Generator, prosody: Prosody, style: SpeakerStyle, times: Track
) -> NDArray[np.float64]:
    """Nods, turns and tilts whose extreme coincides with an accented vowel."""
    gestures = np.zeros((len(times), 3))
    shares = np.array([share for _, share in _DIRECTIONS])
    for accent in prosody.accents:
        chosen, which = rng.random(), int(rng.choice(len(_DIRECTIONS), p=shares))
        depth = style.nod_deg * accent.strength * float(np.exp(rng.normal(0, 0.3)))
        depth = min(depth, _DEEPEST_DEG)
        rise_s = 0.15 + _STROKE_S_PER_DEG * depth + float(rng.uniform(0, 0.08))
        fall_s = rise_s * float(rng.uniform(1.2, 1.8))
        mirror = np.array([rng.choice([-1.0, 1.0]), 1.0, rng.choice([-1.0, 1.0])])
        late_s = float(rng.normal(0.02, 0.04))
        if chosen > style.nod_share * (0.5 + 0.5 * accent.strength):
            continue
        direction = _DIRECTIONS[which][0] * mirror
        peak_s = accent.time_s + late_s
        lift = 0.25 * bump(times, peak_s - rise_s, 0.2, rise_s)  # the head lifts before a nod
        stroke = bump(times, peak_s, rise_s, fall_s)
        gestures += depth * (stroke - lift)[:, None] * direction
    return smooth_columns(gestures, 0.03)


def _with_loudness(
    rng: np.random.Generator, prosody: Prosody, style: SpeakerStyle
) -> NDArray[np.float64]:
    """Continuous movement with loudness: the chin lifts a little and the head tilts."""
    level = smooth((prosody.loudness - 1) / 0.2, 0.16) * prosody.activity
    side = float(rng.choice([-1.0, 1.0]))
    direction = np.array([0.35 * side, 1.0, 0.5 * side]) * style.liveliness
    movement: NDArray[np.float64] = level[:, None] * direction
    return movement


def _shifts(
    rng: np.random.Generator, angles: NDArray[np.float64], style: SpeakerStyle, frames: int
) -> NDArray[np.float64]:
    """Head shifts [T, 3] in cm: by the neck, and the body leaning slowly."""
    lean = np.stack([slow_noise(rng, frames, 0.12) for _ in range(3)], axis=1)
    shifts: NDArray[np.float64] = lean * np.array([0.35, 0.12, 0.5]) * (style.sway_deg / 2) ** 0.5
    by_yaw, by_pitch, by_roll = _NECK_CM_PER_DEG
    shifts[:, 0] += by_yaw * angles[:, 0] + by_roll * angles[:, 2]
    shifts[:, 1] += by_pitch * angles[:, 1]
    shifts[:, 2] -= by_pitch * angles[:, 1]  # looking down brings the face forward
    limits = np.array([2.5, 2.0, 3.0])
    limited: NDArray[np.float64] = limits * np.tanh(shifts / limits)
    return limited


def smooth_columns(tracks: NDArray[np.float64], sigma_s: float) -> NDArray[np.float64]:
    """Each column of [T, C] smoothed over time."""
    return np.stack([smooth(column, sigma_s) for column in tracks.T], axis=1)
