"""Options of the auto-regressive priors."""

from __future__ import annotations

import attrs
from styletalker.core.config.options import within

__all__ = ["FlowPriorConfig", "GaussianPriorConfig", "MixturePriorConfig"]


@attrs.frozen(kw_only=True)
class GaussianPriorConfig:
    """Options of :class:`styletalker.plugins.autoregressive_prior.gaussian.GaussianPrior`."""

    channels: int = attrs.field(default=256, validator=within(1, 4096))
    """Channels of the recurrent state, 1 to 4096."""
    layers: int = attrs.field(default=1, validator=within(1, 8))
    """Layers of the recurrent network, 1 to 8."""


@attrs.frozen(kw_only=True)
class FlowPriorConfig(GaussianPriorConfig):
    """Options of :class:`styletalker.plugins.autoregressive_prior.flow.FlowPrior`."""

    couplings: int = attrs.field(default=4, validator=within(2, 64))
    """Affine couplings, 2 to 64; each changes every other latent, by turns."""
    coupling_channels: int = attrs.field(default=128, validator=within(1, 4096))
    """Channels of the hidden layer of a coupling, 1 to 4096."""


@attrs.frozen(kw_only=True)
class MixturePriorConfig(GaussianPriorConfig):
    """Options of :class:`styletalker.plugins.autoregressive_prior.mixture.MixturePrior`."""

    components: int = attrs.field(default=8, validator=within(1, 256))
    """Gaussians in the mixture, 1 to 256."""
    disturbance: float = attrs.field(default=0.1, validator=within(0.0))
    """Deviation of the noise put on the past motion in training, at least 0; motion has unit scale
    or more."""
    spread: float = attrs.field(default=1.0, validator=within(0.0, 2.0))
    """What the noise of drawn motion is multiplied with, besides the temperature, 0 to 2. Other
    than at 1, draws do not follow the density exactly: below 1 they are calmer, as suits a prior
    that was trained on a disturbed past."""
