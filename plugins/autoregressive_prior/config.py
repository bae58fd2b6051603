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

    components: int = attrs.field(default=4, validator=within(1, 256))
    """Gaussians in the mixture of one coordinate, 1 to 256."""
    memory: int = attrs.field(default=500, validator=within(2, 1_000_000))
    """Frames that the recurrent state remembers at most when motion is drawn, 2 to 1,000,000:
    not more than a window in training had, or it drifts to where it was never trained."""
