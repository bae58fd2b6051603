"""Blinks: when people blink, and how lids close fast and open slowly.

Speakers blink 10 to 25 times a minute, preferably at the ends of phrases (Nakano &
Kitazawa 2010) and together with large turns of the gaze (Evinger et al. 1994). A blink
lasts 150 to 250 ms; the lid goes down about twice as fast as it comes up (Evinger et al.
1991), and the eyes turn a degree or two down with it (Riggs et al. 1987).
"""

from __future__ import annotations

import itertools

import attrs
import numpy as np
from styletalker.plugins.puppet.gaze import Fixation
from styletalker.plugins.puppet.prosody import Prosody
from styletalker.plugins.puppet.signals import FPS, Track
from styletalker.plugins.puppet.speaker_style import SpeakerStyle

__all__ = ["Blink", "blink_track", "blinks"]

_REFRACTORY_S = 0.6
"""Least time between two blinks."""

_REGULARITY = 1.6
"""Shape of the gamma-distributed waiting times: 1 would be a Poisson process, people are
slightly more regular."""

_AT_PHRASE_END = 0.45
"""Share of blinks drawn to a phrase end, where one is near."""

_NEAR_S = 0.8
"""How far a blink is drawn."""

_SACCADE_DEG = 7.0
"""Gaze turns of more than this often come with a blink."""

_STEPS = 8
"""Steps per frame; the middle half is exposed, as for the lips."""


@attrs.frozen
class Blink:
    """One blink."""

    start_s: float
    """When the lid begins to fall."""
    closing_s: float
    """Time to fall: 50 to 80 ms."""
    closed_s: float
    """Time closed: 20 to 40 ms."""
    opening_s: float
    """Time to rise: 80 to 130 ms."""

    @property
    def duration_s(self) -> float:
        """From the first to the last movement, 150 to 250 ms."""
        return self.closing_s + self.closed_s + self.opening_s


def blinks(
    rng: np.random.Generator,
    prosody: Prosody,
    stays: tuple[Fixation, ...],
    style: SpeakerStyle,
    duration_s: float,
) -> tuple[Blink, ...]:
    """The blinks of a clip in time order."""
    mean_s = 60 / style.blinks_per_min
    scale_s = (mean_s - _REFRACTORY_S) / _REGULARITY
    attractors = np.array(_attractors(stays, prosody))
    found: list[Blink] = []
    # A clip starts at a random moment between two blinks.
    at_s = -float(rng.uniform(0, 1)) * (_REFRACTORY_S + float(rng.gamma(_REGULARITY, scale_s)))
    while True:
        at_s += _REFRACTORY_S + float(rng.gamma(_REGULARITY, scale_s))
        start_s = at_s
        near = attractors[np.abs(attractors - at_s) < _NEAR_S]
        if len(near) and rng.random() < _AT_PHRASE_END:
            start_s = float(near[np.abs(near - at_s).argmin()]) + float(rng.normal(0.02, 0.06))
        if found:
            start_s = max(start_s, found[-1].start_s + found[-1].duration_s + 0.15)
        if start_s >= duration_s:
            return tuple(found)
        closing_s = float(rng.uniform(0.05, 0.08))
        opening_s = closing_s * float(rng.uniform(1.45, 1.75))
        found.append(Blink(start_s, closing_s, float(rng.uniform(0.027, 0.03)), opening_s))


def _attractors(stays: tuple[Fixation, ...], prosody: Prosody) -> list[float]:
    moments = [phrase.end_s for phrase in prosody.phrases]
    for before, after in itertools.pairwise(stays):
        turn = float(np.hypot(after.x_deg - before.x_deg, after.y_deg - before.y_deg))
        if turn > _SACCADE_DEG:
            moments.append(after.start_s - 0.03)
    return moments


def blink_track(found: tuple[Blink, ...], frames: int) -> Track:
    """Lid closure [T], 0 open to 1 closed."""
    times = (np.arange(frames * _STEPS) + 0.5) / (FPS * _STEPS)
    lid = np.zeros(frames * _STEPS)
    for blink in found:
        first, last = np.searchsorted(times, [blink.start_s, blink.start_s + blink.duration_s])
        since = times[first:last] - blink.start_s
        down = np.clip(since / blink.closing_s, 0, 1)
        up = np.clip((blink.duration_s - since) / blink.opening_s, 0, 1)
        closure = np.minimum(down * down * (3 - 2 * down), up * up * (3 - 2 * up))
        lid[first:last] = np.maximum(lid[first:last], closure)
    exposed: Track = lid.reshape(frames, _STEPS)[:, 2:6].mean(1)
    return exposed
