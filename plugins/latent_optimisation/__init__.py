"""The inverters ``optimize`` and ``pti``.

This module is imported by every ``toolkit`` command: it must import nothing heavy.
"""

from __future__ import annotations

from styletalker.core.component import Component
from styletalker.core.hookspecs import hookimpl
from styletalker.plugins.latent_optimisation.config import OptimizeConfig, PTIConfig

__all__ = ["styletalker_components"]


@hookimpl
def styletalker_components() -> list[Component]:
    """Offer the inverters."""
    return [
        Component(
            role="inverter",
            name="optimize",
            target="styletalker.plugins.latent_optimisation.optimize:Optimize",
            config=OptimizeConfig,
            summary="searches the code of each image by gradient descent, in W or W+",
            source="StyleGAN2: arXiv 1912.04958, appendix D; Image2StyleGAN: arXiv 1904.03189",
            licence="Apache-2.0",
            smoke={"steps": 3, "samples": 16},
        ),
        Component(
            role="inverter",
            name="pti",
            target="styletalker.plugins.latent_optimisation.pti:PTI",
            config=PTIConfig,
            summary="searches the code, then tunes a copy of the generator around it",
            source="Pivotal tuning: arXiv 2106.05744",
            licence="Apache-2.0",
            smoke={"steps": 3, "samples": 16, "tuning_steps": 3},
        ),
    ]
