"""The sync discriminator ``wav2lip_expert``.

This module is imported by every ``toolkit`` command: it must import nothing heavy.
"""

from __future__ import annotations

from styletalker.core.component import Component
from styletalker.core.hookspecs import hookimpl
from styletalker.core.weights_file.family import WeightsFamily
from styletalker.plugins.wav2lip_expert.config import (
    EXPERT_FILE,
    GENERATOR_FILES,
    QUALITY_FILE,
    Wav2LipExpertConfig,
)

__all__ = ["styletalker_components", "styletalker_weights"]


@hookimpl
def styletalker_components() -> list[Component]:
    """Offer the sync discriminator."""
    return [
        Component(
            role="sync_discriminator",
            name="wav2lip_expert",
            target="styletalker.plugins.wav2lip_expert.discriminator:Wav2LipExpert",
            config=Wav2LipExpertConfig,
            summary="Wav2Lip's expert: 5 lower halves of 96 px, 16 mel columns; lipsync_expert.pth",
            source="Wav2Lip: arXiv 2008.10010",
            licence="Apache-2.0; the public weights, not included, were trained on LRS2: research",
            smoke={"divisor": 8},
        )
    ]


@hookimpl
def styletalker_weights() -> list[WeightsFamily]:
    """Say which public weights can be read."""
    return [
        WeightsFamily(
            name="wav2lip-expert",
            summary="Wav2Lip's expert discriminator (SyncNet_color)",
            recognise="styletalker.plugins.wav2lip_expert.families:expert",
            licence=EXPERT_FILE.licence,
            preprocessing="5 lower halves of 96 px faces, BGR from 0 to 1; 16 mel columns",
            role="sync_discriminator",
            component="wav2lip_expert",
            files=(EXPERT_FILE,),
        ),
        WeightsFamily(
            name="wav2lip-generator",
            summary="Wav2Lip's generator, a method to compare with",
            recognise="styletalker.plugins.wav2lip_expert.families:generator",
            licence=EXPERT_FILE.licence,
            preprocessing="two faces of 96 px, BGR from 0 to 1, one half black; 16 mel columns",
            files=GENERATOR_FILES,
        ),
        WeightsFamily(
            name="wav2lip-quality",
            summary="Wav2Lip's judge of picture quality",
            recognise="styletalker.plugins.wav2lip_expert.families:quality",
            licence=EXPERT_FILE.licence,
            preprocessing="faces of 96 px, BGR from 0 to 1",
            files=(QUALITY_FILE,),
        ),
    ]
