"""Brows, smile and lids: the face apart from the mouth's articulation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.puppet.prosody import Prosody
from styletalker.plugins.puppet.signals import FPS, Track, bump, slow_noise, smooth
from styletalker.plugins.puppet.speaker_style import SpeakerStyle

__all__ = ["FACE", "face_track"]

FACE = ("smile", "frown", "brow_up", "brow_in", "squint")
"""Parameters of a face track [T, 5]."""

_SMILE_TAKEN_BACK = (0.5, 0.15)
"""How far fully rounded and fully pressed lips take back a smile."""

_QUESTION = 0.6
"""Height of the brow raise that ends some phrases, relative to one on an accent."""


def face_track(
    rng: np.random.Generator,
    prosody: Prosody,
    style: SpeakerStyle,
    rounding: Track,
    pressing: Track,
) -> NDArray[np.float64]:
    """Expression [T, 5] over :data:`FACE`, for lips that round and press as given [T]."""
    frames = len(rounding)
    smile = style.smile * (1 + 0.35 * slow_noise(rng, frames, 0.12))
    smile += 0.08 * np.maximum(slow_noise(rng, frames, 0.15) - 0.8, 0)
    by_rounding, by_pressing = _SMILE_TAKEN_BACK
    smile *= smooth(1 - by_rounding * rounding - by_pressing * pressing, 0.08)
    frown = style.frown * (1 + 0.4 * slow_noise(rng, frames, 0.12))
    brow_up = 0.06 + 0.04 * slow_noise(rng, frames, 0.25) + _raises(rng, prosody, style, frames)
    brow_in = style.brow_in * (1 + 0.5 * slow_noise(rng, frames, 0.2)) - 0.3 * brow_up
    squint = style.squint * (1 + 0.3 * slow_noise(rng, frames, 0.2)) + 0.4 * smile
    face: NDArray[np.float64] = np.clip(np.stack([smile, frown, brow_up, brow_in, squint], 1), 0, 1)
    return face


def _raises(rng: np.random.Generator, prosody: Prosody, style: SpeakerStyle, frames: int) -> Track:
    """Brow raises [T] on accents and at some phrase ends."""
    times = (np.arange(frames) + 0.5) / FPS
    raised = np.zeros(frames)
    for accent in prosody.accents:
        chosen = rng.random() < style.brow_share * accent.strength
        height = style.brow_height * accent.strength * float(rng.uniform(0.6, 1.2))
        rise_s, fall_s = float(rng.uniform(0.15, 0.25)), float(rng.uniform(0.3, 0.55))
        if chosen:
            np.maximum(raised, height * bump(times, accent.time_s, rise_s, fall_s), out=raised)
    for phrase in prosody.phrases:
        height = _QUESTION * style.brow_height * float(rng.uniform(0.5, 1.2))
        if rng.random() < 0.25:
            np.maximum(raised, height * bump(times, phrase.end_s, 0.3, 0.5), out=raised)
    return smooth(np.tanh(raised), 0.03)  # brows run out of forehead
