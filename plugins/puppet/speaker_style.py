"""What distinguishes one speaker's manner from another's.

The style of a puppet: how wide it opens its mouth, how lively its head is, how often it
blinks and looks away. Drawn once per speaker and constant over all of its clips, so that
a model can learn it from a reference clip and be asked for another's.
"""

from __future__ import annotations

import attrs
import numpy as np
from styletalker.plugins.puppet.lips import Articulation

__all__ = ["SpeakerStyle", "sample_style"]


@attrs.frozen(kw_only=True)
class SpeakerStyle:
    """A speaker's manner; the defaults are an average speaker's."""

    articulation: Articulation = attrs.field(factory=Articulation)
    """How the mouth moves."""
    yaw_deg: float = 0.0
    """Usual head turn, towards an off-camera partner up to 14 degrees."""
    pitch_deg: float = 0.0
    """Usual head nod; positive holds the chin up."""
    roll_deg: float = 0.0
    """Usual head tilt."""
    sway_deg: float = 2.0
    """Standard deviation of the slow drift of yaw; pitch and roll have less."""
    phrase_deg: float = 3.0
    """Standard deviation of the head turn taken up with a new phrase."""
    nod_deg: float = 3.0
    """Depth of a nod on an average accent."""
    nod_share: float = 0.4
    """Share of accents with a head gesture; speakers differ widely."""
    liveliness: float = 1.0
    """Factor on the head movement that follows the loudness continuously."""
    blinks_per_min: float = 17.0
    """Blink rate: 17 a minute at rest, 26 in conversation (Bentivoglio et al. 1997)."""
    contact_share: float = 0.7
    """Share of the time the eyes rest on the partner; the speaker's share is lower than the
    listener's, around 0.4 to 0.75 (Argyle & Cook 1976)."""
    aversion_deg: float = 8.0
    """How far the eyes turn when looking away."""
    brow_share: float = 0.3
    """Share of accents with raised brows."""
    brow_height: float = 0.4
    """Brow raise on an average accent, 0 to 1."""
    smile: float = 0.1
    """Usual smile, 0 to 1."""
    frown: float = 0.05
    """Usual lowering of the mouth corners, 0 to 1; smiling speakers have none."""
    brow_in: float = 0.05
    """Usual knitting of the brows, 0 to 1."""
    squint: float = 0.1
    """Usual raise of the lower lids, 0 to 1."""


def sample_style(rng: np.random.Generator) -> SpeakerStyle:
    """A speaker's manner drawn from human ranges."""
    energy = float(np.exp(rng.normal(0, 0.3)))  # one trait behind all movement: calm to lively
    smile = float(np.clip(rng.normal(0.1, 0.13), 0, 0.45))

    def about(mean: float, spread: float, low: float, high: float) -> float:
        return float(np.clip(rng.normal(mean, spread), low, high))

    def scaled(mean: float, low: float, high: float) -> float:
        return float(np.clip(mean * energy * np.exp(rng.normal(0, 0.25)), low, high))

    return SpeakerStyle(
        articulation=Articulation(
            jaw=about(0.92, 0.12, 0.68, 1.08),
            lips=about(0.96, 0.09, 0.75, 1.1),
            press=about(0.98, 0.03, 0.92, 1.0),
        ),
        yaw_deg=about(0, 6, -14, 14),
        pitch_deg=about(0, 2.5, -6, 6),
        roll_deg=about(0, 2, -5, 5),
        sway_deg=scaled(2.8, 0.9, 5.5),
        phrase_deg=scaled(4.4, 1.2, 8.0),
        nod_deg=scaled(3.0, 1.0, 7.0),
        nod_share=about(0.42, 0.15, 0.12, 0.75),
        liveliness=scaled(1.0, 0.4, 2.0),
        blinks_per_min=about(18, 4.5, 11, 25),
        contact_share=about(0.68, 0.12, 0.4, 0.9),
        aversion_deg=about(8, 2.5, 4, 13),
        brow_share=about(0.3, 0.15, 0.05, 0.65),
        brow_height=scaled(0.33, 0.1, 0.7),
        smile=smile,
        frown=0.0 if smile > 0.15 else about(0.04, 0.06, 0, 0.25),
        brow_in=about(0.06, 0.07, 0, 0.3),
        squint=about(0.1, 0.08, 0, 0.3),
    )
