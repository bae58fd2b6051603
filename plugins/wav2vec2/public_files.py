"""The public models of the wav2vec 2.0 family, and what is known of them."""

from __future__ import annotations

from styletalker.core.public_files import PublicFile
from styletalker.core.weights_file.family import WeightsFamily

__all__ = ["FAMILIES"]

_HUB = "https://huggingface.co"
_APACHE = "Apache-2.0"
_WAVLM = "see the LICENSE of microsoft/UniSpeech (CC BY-SA 3.0)"


def _folder(owner: str, name: str, purpose: str, licence: str = _APACHE) -> PublicFile:
    return PublicFile(
        name=name, purpose=purpose, licence=licence, source=f"{_HUB}/{owner}/{name} (the folder)"
    )


FAMILIES = (
    WeightsFamily(
        name="wav2vec2-huggingface",
        summary="a speech network of the wav2vec 2.0 family (wav2vec 2.0, HuBERT, WavLM)",
        recognise="styletalker.plugins.wav2vec2.families:speech_network",
        licence="as the model's card says: Apache-2.0 for most of wav2vec 2.0 and HuBERT",
        preprocessing="mono audio at 16 kHz in -1 to 1",
        role="audio_encoder",
        component="wav2vec2",
        files=(
            _folder("facebook", "wav2vec2-base", "speech features, 12 blocks of 768"),
            _folder("facebook", "wav2vec2-base-960h", "the same, tuned to English text"),
            _folder("facebook", "wav2vec2-large-xlsr-53", "53 languages, 24 blocks of 1024"),
            _folder("facebook", "hubert-base-ls960", "speech features, 12 blocks of 768"),
            _folder("facebook", "hubert-large-ll60k", "speech features, 24 blocks of 1024"),
            _folder("microsoft", "wavlm-base-plus", "features of speech in noise", _WAVLM),
            _folder("microsoft", "wavlm-large", "the same, 24 blocks of 1024", _WAVLM),
        ),
    ),
)
"""What the plug-in can read: folders in Hugging Face layout."""
