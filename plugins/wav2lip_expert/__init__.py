"""The sync discriminator ``wav2lip_expert``.

This module is imported by every ``toolkit`` command: it must import nothing heavy.
"""

from __future__ import annotations

from styletalker.core.component import Component
from styletalker.core.hookspecs import hookimpl
from styletalker.plugins.wav2lip_expert.config import Wav2LipExpertConfig

__all__ = ["styletalker_components"]


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
