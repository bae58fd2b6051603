"""The audio encoder ``wav2vec2``.

This module is imported by every ``toolkit`` command: it must import nothing heavy.
"""

from __future__ import annotations

from styletalker.core.component import Component
from styletalker.core.hookspecs import hookimpl
from styletalker.core.weights_file.family import WeightsFamily
from styletalker.plugins.wav2vec2.config import Wav2Vec2EncoderConfig
from styletalker.plugins.wav2vec2.public_files import FAMILIES

__all__ = ["styletalker_components", "styletalker_weights"]


@hookimpl
def styletalker_components() -> list[Component]:
    """Offer the audio encoder."""
    return [
        Component(
            role="audio_encoder",
            name="wav2vec2",
            target="styletalker.plugins.wav2vec2.encoder:Wav2Vec2Encoder",
            config=Wav2Vec2EncoderConfig,
            summary="wav2vec 2.0, HuBERT or WavLM on windows with context; takes their folders",
            source="wav2vec 2.0: arXiv 2006.11477; HuBERT: 2106.07447; WavLM: 2110.13900",
            licence="Apache-2.0; needs transformers (Apache-2.0); weights, not included: theirs",
            requires={"transformers": "styletalker[wav2vec2]"},
            smoke={
                "width": 16,
                "blocks": 2,
                "heads": 2,
                "inner": 32,
                "conv_channels": [8, 8, 8, 8, 8, 8, 8],
                "position_kernel": 8,
                "position_groups": 2,
                "layers": [1, 2],
                "tuned": "everything",
                "chunk_frames": 4,
                "past_frames": 6,
                "future_frames": 3,
            },
        )
    ]


@hookimpl
def styletalker_weights() -> list[WeightsFamily]:
    """Say which public weights can be read."""
    return list(FAMILIES)
