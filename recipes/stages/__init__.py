"""The built-in stages, one file each."""

from __future__ import annotations

from styletalker.core.component import Component
from styletalker.core.hookspecs import hookimpl
from styletalker.recipes.stages.config import (
    BundleConfig,
    CorpusStageConfig,
    GenerateStageConfig,
    GeneratorSamplesConfig,
    ModelSummaryConfig,
    PriorStageConfig,
    ReconstructConfig,
    SyncStageConfig,
    TalkerStageConfig,
)
from styletalker.recipes.stages.evaluate_config import EvaluateConfig
from styletalker.recipes.stages.lip_config import LipMatchingConfig
from styletalker.recipes.stages.performing_config import (
    PerformancesConfig,
    PerformerConfig,
    PerformerPriorConfig,
    PersonConfig,
)

__all__ = ["styletalker_components"]

_BRIEFLY = {"training": {"steps": 2, "batch": 2, "learning_rate": 1e-3, "ema": 0.0}}


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
        Component(
            role="stage",
            name="corpus",
            target="styletalker.recipes.stages.corpus:CacheCorpus",
            config=CorpusStageConfig,
            summary="renders or decodes the recipe's corpus once, for all stages after it",
            source="none: bookkeeping",
            licence="Apache-2.0",
            smoke={},
        ),
        Component(
            role="stage",
            name="generator",
            target="styletalker.recipes.stages.reconstruct:TrainGenerator",
            config=ReconstructConfig,
            summary="trains generator and inverter on pairs of frames of one clip",
            source="LIA: arXiv 2203.09043, section 3.3, with landmarks and parameters where known",
            licence="Apache-2.0",
            smoke=_BRIEFLY,
        ),
        Component(
            role="stage",
            name="inverter",
            target="styletalker.recipes.stages.reconstruct:TrainInverter",
            config=ReconstructConfig,
            summary="trains an inverter for a generator that stays as it is",
            source="pSp: arXiv 2008.00951, section 3.2",
            licence="Apache-2.0",
            smoke=_BRIEFLY,
        ),
        Component(
            role="stage",
            name="evaluate",
            target="styletalker.recipes.stages.evaluate:Evaluate",
            config=EvaluateConfig,
            summary="measures generated videos, with controls, and writes a report",
            source="docs/evaluation.md",
            licence="Apache-2.0; its default metrics need dlib's models: no commercial use",
            smoke={"shown": 1},
        ),
        Component(
            role="stage",
            name="sync",
            target="styletalker.recipes.stages.sync:TrainSync",
            config=SyncStageConfig,
            summary="trains the sync discriminator on real clips",
            source="SyncNet, Chung & Zisserman 2016; InfoNCE: arXiv 1807.03748",
            licence="Apache-2.0",
            smoke=_BRIEFLY,
        ),
        Component(
            role="stage",
            name="talker",
            target="styletalker.recipes.stages.talker:TrainTalker",
            config=TalkerStageConfig,
            summary="trains audio encoder, motion VAE and prior together",
            source="StyleTalker: arXiv 2208.10922",
            licence="Apache-2.0",
            smoke=_BRIEFLY,
        ),
        Component(
            role="stage",
            name="performances",
            target="styletalker.recipes.stages.performances:CachePerformances",
            config=PerformancesConfig,
            summary="speech and animation parameters of the recipe's corpus, without its pictures",
            source="none: bookkeeping",
            licence="Apache-2.0",
            smoke={},
        ),
        Component(
            role="stage",
            name="person",
            target="styletalker.recipes.stages.person:FollowPerson",
            config=PersonConfig,
            summary="one person's speech and motion, read off their videos, with the end held out",
            source="none: bookkeeping",
            licence="Apache-2.0; its inverter may need dlib's models: no commercial use",
            smoke={},
        ),
        Component(
            role="stage",
            name="performer",
            target="styletalker.recipes.stages.performer:TrainPerformer",
            config=PerformerConfig,
            summary="trains a talker for a generator whose codes are animation parameters",
            source="StyleTalker: arXiv 2208.10922",
            licence="Apache-2.0",
            smoke=_BRIEFLY,
        ),
        Component(
            role="stage",
            name="lip_matching",
            target="styletalker.recipes.stages.lip_matching:TrainLipMatching",
            config=LipMatchingConfig,
            summary="trains the network that measures audio-video offsets from landmarks",
            source="SyncNet: Chung & Zisserman 2016, on landmarks; the loss is ours",
            licence="Apache-2.0",
            smoke={**_BRIEFLY, "channels": 8, "blocks": 1, "outputs": 4},
        ),
        Component(
            role="stage",
            name="performer_prior",
            target="styletalker.recipes.stages.performer_prior:TrainPerformerPrior",
            config=PerformerPriorConfig,
            summary="trains the prior further on motion of performances",
            source="StyleTalker: arXiv 2208.10922",
            licence="Apache-2.0",
            smoke=_BRIEFLY,
        ),
        Component(
            role="stage",
            name="prior",
            target="styletalker.recipes.stages.prior:TrainPrior",
            config=PriorStageConfig,
            summary="trains the prior further on motion of a finished motion VAE",
            source="StyleTalker: arXiv 2208.10922",
            licence="Apache-2.0",
            smoke=_BRIEFLY,
        ),
        Component(
            role="stage",
            name="generate",
            target="styletalker.recipes.stages.generate:GenerateVideos",
            config=GenerateStageConfig,
            summary="videos of a corpus's people by the talker, with ground truth, for evaluation",
            source="StyleTalker: arXiv 2208.10922",
            licence="Apache-2.0",
            smoke={"clips": 1},
        ),
        Component(
            role="stage",
            name="bundle",
            target="styletalker.recipes.stages.bundle:BundleTalker",
            config=BundleConfig,
            summary="writes the talker's networks to one folder, for `toolkit generate --model`",
            source="none: bookkeeping",
            licence="Apache-2.0",
            smoke={},
        ),
    ]
