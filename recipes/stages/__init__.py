"""The built-in stages, one file each."""

from __future__ import annotations

from styletalker.core.component import Component
from styletalker.core.hookspecs import hookimpl
from styletalker.recipes.stages.config import GeneratorSamplesConfig, ModelSummaryConfig

__all__ = ["styletalker_components"]


@hookimpl
def styletalker_components() -> list[Component]:
    """Offer the built-in stages."""
    return [
        Component(
            role="stage",
            name="model_summary",
            target="styletalker.recipes.stages.model_summary:ModelSummary",
            config=ModelSummaryConfig,
            summary="builds every component of the recipe and writes down sizes and parameters",
            source="none: bookkeeping",
            licence="Apache-2.0",
            smoke={},
        ),
        Component(
            role="stage",
            name="generator_samples",
            target="styletalker.recipes.stages.generator_samples:GeneratorSamples",
            config=GeneratorSamplesConfig,
            summary="a contact sheet of images drawn from the generator",
            source="truncation trick: arXiv 1812.04948, appendix B",
            licence="Apache-2.0",
            smoke={"count": 4, "columns": 2},
        ),
    ]
