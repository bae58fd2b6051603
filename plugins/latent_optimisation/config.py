"""Options of the inverters ``optimize`` and ``pti``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import attrs
from styletalker.core.config.options import above, within

__all__ = ["OptimizeConfig", "PTIConfig", "Space"]

Space = Literal["w", "wplus"]
"""Where codes are searched: one row for all layers, or a row for each."""


@attrs.frozen(kw_only=True)
class OptimizeConfig:
    """Options of :class:`styletalker.plugins.latent_optimisation.optimize.Optimize`.

    The schedule is StyleGAN2's (arXiv 1912.04958, appendix D).
    """

    space: Space = "wplus"
    """Where codes are searched: ``w`` (one row for all layers) or ``wplus`` (a row for each)."""
    steps: int = attrs.field(default=1000, validator=within(0, 100_000))
    """Steps of gradient descent, 0 to 100,000; 1000 in the paper. 0 keeps the start."""
    rate: float = attrs.field(default=0.1, validator=above(0.0, 10.0))
    """Largest learning rate; it rises at first and falls to zero at the end."""
    noise_maps: Literal["fixed", "searched"] = "fixed"
    """The generator's noise maps: as they are, or searched too, with a penalty on structure in
    them. Then the generator to use with the codes is a copy with these maps, and images are
    inverted one at a time."""
    noise_penalty: float = attrs.field(default=1e5, validator=within(0.0))
    """Weight of the noise maps' correlation with themselves, shifted by a pixel."""
    exploration: float = attrs.field(default=0.05, validator=within(0.0, 10.0))
    """Noise on the codes at first, in standard deviations of W; it falls to zero after three
    quarters of the steps."""
    samples: int = attrs.field(default=4096, validator=within(2, 1_000_000))
    """Random codes that standard deviation is taken from, 2 to 1,000,000."""
    pixel: float = attrs.field(default=1.0, validator=within(0.0))
    """Weight of the mean squared difference of pixels."""
    perceptual: float = attrs.field(default=0.8, validator=within(0.0))
    """Weight of a perceptual distance, if one is given (``inverter.use(perceptual=...)``)."""
    identity: float = attrs.field(default=0.1, validator=within(0.0))
    """Weight of the identity loss, if a network is given (``identity_weights`` or
    ``inverter.use(identity=...)``)."""
    identity_weights: Path | None = None
    """File of public ArcFace weights (``model_ir_se50.pth``) for the identity loss."""
    closeness: float = attrs.field(default=0.0, validator=within(0.0))
    """Weight of the mean squared distance of the code from where the search starts."""
    seed: int = attrs.field(default=0, validator=within(0, 2**31 - 1))
    """Of the noise that is drawn; the same image always gets the same code."""


@attrs.frozen(kw_only=True)
class PTIConfig(OptimizeConfig):
    """Options of :class:`styletalker.plugins.latent_optimisation.pti.PTI`.

    Codes are searched in W by default: near W the tuned generator stays editable.
    """

    space: Space = "w"
    """Where the pivot is searched: ``w`` as in the paper, or ``wplus``."""
    steps: int = attrs.field(default=450, validator=within(0, 100_000))
    """Steps of the search for the pivot, 0 to 100,000; 450 in the paper. 0 keeps the start."""
    tuning_steps: int = attrs.field(default=350, validator=within(1, 100_000))
    """Steps of tuning the generator, 1 to 100,000; 350 in the paper."""
    tuning_rate: float = attrs.field(default=3e-4, validator=above(0.0, 1.0))
    """Learning rate of the tuning; 0.0003 in the paper."""
    locality: float = attrs.field(default=0.1, validator=within(0.0))
    """Weight of the loss that keeps images of other codes as they were; 0 leaves it out."""
    locality_distance: float = attrs.field(default=30.0, validator=above(0.0))
    """How far from the pivot these codes are, per row; 30 in the paper."""
    good_enough: float = attrs.field(default=0.0, validator=within(0.0))
    """Tuning ends early when the loss of the portrait is below this; 0 never does."""
