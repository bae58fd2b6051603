"""Where the eyes look: fixations joined by saccades, held steady while the head moves.

The eyes rest on a partner (the camera, or somebody beside it) and turn away now and
then, mostly to the side and while planning the next phrase. They jump between fixations
in 30 to 60 ms and counter-rotate against the head in between (vestibulo-ocular reflex),
so a nodding puppet keeps looking at its partner.
"""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.puppet.prosody import Prosody
from styletalker.plugins.puppet.signals import FPS, Track
from styletalker.plugins.puppet.speaker_style import SpeakerStyle

__all__ = ["Fixation", "fixations", "gaze_track"]

_LIMIT_DEG = np.array([21.0, 13.0])
"""Just inside the range of gaze_x and gaze_y; the eyes turn this far at most."""

_SACCADE_S = (0.021, 0.0022)
"""Duration of a saccade, seconds plus seconds per degree (Carpenter 1988)."""

_CONTACT_S, _AVERSION_S = 2.2, 0.9
"""Median stay on the partner and away from it, in seconds: gazes last some
3 s (Argyle & Cook 1976), turns away are shorter; spread log-normally."""

_SCAN_S, _SCAN_DEG = 0.6, 0.9
"""While looking at a face the eyes move between its eyes and mouth every half second or
so, a degree or two apart at talking distance."""

_REFLEX_GAIN = 0.97
"""Gain of the vestibulo-ocular reflex while fixating; close to 1."""

_PARTNER_BESIDE = 0.55
"""The off-camera partner stands this share of the usual head turn to the side, so that
a speaker turned away doesn't stare at the camera from the corner of the eyes."""


@attrs.frozen
class Fixation:
    """One stay of the gaze."""

    start_s: float
    """When the saccade towards it begins."""
    x_deg: float
    """Direction in the room, positive to the right of the image."""
    y_deg: float
    """Direction in the room, positive up."""
    contact: bool
    """Whether it is on the partner."""


def fixations(
    rng: np.random.Generator, prosody: Prosody, style: SpeakerStyle, duration_s: float
) -> tuple[Fixation, ...]:
    """The fixations of a clip in time order; the first starts before it."""
    partner = np.array([style.yaw_deg, style.pitch_deg]) * _PARTNER_BESIDE
    starts = np.array([phrase.start_s for phrase in prosody.phrases] or [0.0])
    # Stays away shorter or longer in proportion to the speaker's share of contact.
    away_scale = (1 - style.contact_share) / style.contact_share * _CONTACT_S / _AVERSION_S
    found: list[Fixation] = []
    at_s, contact = -float(rng.uniform(0.2, 2.0)), bool(rng.random() < style.contact_share)
    while at_s < duration_s:
        if contact:
            stay_s = _CONTACT_S * float(np.exp(rng.normal(0, 0.5)))
            found += _scan(rng, at_s, stay_s, partner)
        else:
            stay_s = max(0.25, _AVERSION_S * away_scale * float(np.exp(rng.normal(0, 0.4))))
            side = rng.normal([0, -0.1], [1.0, 0.6]) * style.aversion_deg
            found.append(Fixation(at_s, partner[0] + side[0], partner[1] + side[1], contact=False))
        at_s += stay_s
        if contact:  # eyes turn away just before a phrase, if one begins soon
            near = starts[np.abs(starts - at_s) < 0.7]
            if len(near) and rng.random() < 0.6:
                at_s = max(found[-1].start_s + 0.2, float(near[0]) - float(rng.uniform(0, 0.3)))
        contact = not contact
    return tuple(found)


def _scan(
    rng: np.random.Generator, start_s: float, stay_s: float, partner: NDArray[np.float64]
) -> list[Fixation]:
    """Small fixations on the partner's face."""
    end_s, found = start_s + stay_s, []
    while start_s < end_s - 0.15:
        x, y = partner + rng.normal(0, 1, 2) * (_SCAN_DEG, 0.8 * _SCAN_DEG)
        found.append(Fixation(start_s, float(x), float(y), contact=True))
        start_s += max(0.2, _SCAN_S * float(np.exp(rng.normal(0, 0.45))))
    return found or [Fixation(start_s, float(partner[0]), float(partner[1]), contact=True)]


def gaze_track(
    rng: np.random.Generator,
    stays: tuple[Fixation, ...],
    head_deg: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Eye direction in the head [T, 2] (x, y) for a head at *head_deg* [T, 2+] (yaw, pitch)."""
    frames = len(head_deg)
    times = (np.arange(frames) + 0.5) / FPS
    room = np.tile([stays[0].x_deg, stays[0].y_deg], (frames, 1))
    previous = stays[0]
    for stay in stays[1:]:
        step = np.array([stay.x_deg - previous.x_deg, stay.y_deg - previous.y_deg])
        duration_s = _SACCADE_S[0] + _SACCADE_S[1] * float(np.hypot(*step))
        room += np.clip((times - stay.start_s) / duration_s, 0, 1)[:, None] * step
        previous = stay
    tremble = rng.normal(0, 0.08, (frames, 2))  # drift and tremor of fixation
    inside = room - _REFLEX_GAIN * head_deg[:, :2] + tremble
    limited: Track = _LIMIT_DEG * np.tanh(inside / _LIMIT_DEG)
    return limited
