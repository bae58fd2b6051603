"""The priors ``autoregressive_flow``, ``autoregressive_mixture`` and ``autoregressive_gaussian``.

This module is imported by every ``toolkit`` command: it must import nothing heavy.
"""

from __future__ import annotations

from styletalker.core.component import Component
from styletalker.core.hookspecs import hookimpl
from styletalker.plugins.autoregressive_prior.config import (
    FlowPriorConfig,
    GaussianPriorConfig,
    MixturePriorConfig,
)

__all__ = ["styletalker_components"]

_WEIGHTS = "styletalker.plugins.autoregressive_prior:weights/{}-prior.safetensors"


@hookimpl
def styletalker_components() -> list[Component]:
    """Offer the priors."""
    return [
        Component(
            role="prior",
            name="autoregressive_flow",
            target="styletalker.plugins.autoregressive_prior.flow:FlowPrior",
            config=FlowPriorConfig,
            summary="a recurrent Gaussian with an invertible flow on top: several ways to move",
            source="StyleTalker: arXiv 2208.10922; affine couplings: Real NVP, arXiv 1605.08803",
            pretrained={"puppet": _WEIGHTS.format("puppet")},
            licence="Apache-2.0",
            smoke={"channels": 12, "couplings": 2, "coupling_channels": 8},
        ),
        Component(
            role="prior",
            name="autoregressive_mixture",
            target="styletalker.plugins.autoregressive_prior.mixture:MixturePrior",
            config=MixturePriorConfig,
            summary="mixtures of Gaussians with momentum: blinks now and then, heads without drift",
            source="mixture density networks: Bishop 1994; over time: Graves, arXiv 1308.0850",
            pretrained={"portrait": _WEIGHTS.format("portrait")},
            licence="Apache-2.0",
            smoke={"channels": 12, "components": 3},
        ),
        Component(
            role="prior",
            name="autoregressive_gaussian",
            target="styletalker.plugins.autoregressive_prior.gaussian:GaussianPrior",
            config=GaussianPriorConfig,
            summary="the recurrent Gaussian alone: the ablation of the flow",
            source="StyleTalker: arXiv 2208.10922; recurrent prior: VRNN, arXiv 1506.02216",
            licence="Apache-2.0",
            smoke={"channels": 12},
        ),
    ]
