"""The audio encoder ``mel``.

This module is imported by every ``toolkit`` command: it must import nothing heavy.
"""

from __future__ import annotations

from styletalker.core.component import Component
from styletalker.core.hookspecs import hookimpl
from styletalker.plugins.mel.config import MelConfig

__all__ = ["styletalker_components"]


@hookimpl
def styletalker_components() -> list[Component]:
    """Offer the audio encoder."""
    return [
        Component(
            role="audio_encoder",
            name="mel",
            target="styletalker.plugins.mel.encoder:MelEncoder",
            config=MelConfig,
            summary="log-mel columns, convolutions with a bounded look-ahead, a causal GRU",
            source="log-mel: Davis & Mermelstein 1980; look-ahead convolutions: Deep Speech 2 "
            "(arXiv 1512.02595), section 3.5; the composition is ours",
            pretrained={
                "puppet": "styletalker.plugins.mel:weights/puppet-audio-encoder.safetensors",
                "portrait": "styletalker.plugins.mel:weights/portrait-audio-encoder.safetensors",
            },
            licence="Apache-2.0",
            smoke={
                "audio_dim": 6,
                "bands": 16,
                "channels": 12,
                "layers": 2,
                "look_ahead_frames": 3,
            },
        )
    ]
