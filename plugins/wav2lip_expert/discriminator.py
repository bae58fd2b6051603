"""The sync discriminator ``wav2lip_expert``."""

from __future__ import annotations

import math

import numpy as np
import torch
from styletalker.core.checks import check_frame_count, check_shape
from styletalker.core.errors import InputError, compose
from styletalker.core.interfaces.sync_discriminator import SyncDiscriminator
from styletalker.core.public_files import find_public_file
from styletalker.plugins.common.sync_pairs import check_pairs, check_windows, wrong_pairs
from styletalker.plugins.common.torch_file import load_state, state_of
from styletalker.plugins.wav2lip_expert.config import EXPERT_FILE, Wav2LipExpertConfig
from styletalker.plugins.wav2lip_expert.front_end import (
    FPS,
    OVERHANG,
    SAMPLE_RATE,
    mel_spectrogram,
    mel_windows,
)
from styletalker.plugins.wav2lip_expert.network import WINDOW_FRAMES, ExpertNetwork
from torch import Tensor
from torch.nn import functional

__all__ = ["Wav2LipExpert"]

_SIDE = 96
_CHUNK = 64
"""Windows of a pass without gradients: memory does not grow with the clip."""
_LEAST = 1e-7
"""Cosines are kept so far from 0 and 1, where the logarithm ends."""


class Wav2LipExpert(SyncDiscriminator):
    """The expert that Wav2Lip is trained against (arXiv 2008.10010; ``lipsync_expert.pth``).

    **Loss.** Binary cross entropy of the cosine, which cannot be negative here: 1 for right pairs,
    0 for wrong ones, as many of one as of the other; see
    :func:`~styletalker.plugins.common.sync_pairs.wrong_pairs`. Wav2Lip draws the wrong ones at
    random from the same clip; here they are fixed, so that the loss depends on its input alone.

    **Pitfalls.** LSE-D and LSE-C are by another network, and must be where this one was trained
    against. Trained from scratch it stays at ln 2 for long, or for ever where the corpus was not
    corrected for offsets or has few speakers.
    """

    config: Wav2LipExpertConfig
    sample_rate = SAMPLE_RATE
    fps = FPS
    window_frames = WINDOW_FRAMES
    audio_margin = OVERHANG

    def __init__(self, config: Wav2LipExpertConfig) -> None:
        """With random weights, or those of the public file if the options name it.

        Raises:
            CheckpointError: that file is missing, unsafe or of another network.
        """
        super().__init__(config)
        self.network = ExpertNetwork(config.divisor)
        if config.public_file is not None:
            path = find_public_file(EXPERT_FILE, config.public_file)
            load_state(self.network, state_of(path, "state_dict"), path)

    @property
    def embedding_dim(self) -> int:
        """Channels E of the common space."""
        return max(1, 512 // self.config.divisor)

    def embed_video(self, frames: Tensor) -> Tensor:
        """Unit embeddings [B, N, E] of frames [B, T, 3, H, W] in [-1, 1]."""
        sizes = check_shape("frames", frames, "B T 3 H W")
        windows = check_windows("frames", sizes["T"], WINDOW_FRAMES)
        halves = self._halves(frames)  # [B, T, 3, 48, 96]
        pieces = halves.unfold(1, WINDOW_FRAMES, 1).movedim(-1, 2)  # [B, N, 5, 3, 48, 96]
        stacked = pieces.flatten(0, 1).flatten(1, 2)
        return torch.unflatten(_in_parts(self.network.video, stacked), 0, (sizes["B"], windows))

    def embed_audio(self, waveform: Tensor) -> Tensor:
        """Unit embeddings [B, N, E] of a waveform [B, S] in [-1, 1]."""
        sizes = check_shape("waveform", waveform, "B S")
        frames = check_frame_count(sizes["S"], SAMPLE_RATE, FPS)
        windows = check_windows("waveform", frames, WINDOW_FRAMES)
        sound = waveform.detach().float().cpu().numpy()
        heard = np.concatenate([mel_windows(mel_spectrogram(one), windows) for one in sound])
        pieces = torch.from_numpy(heard).to(next(self.network.parameters()))
        return torch.unflatten(_in_parts(self.network.audio, pieces), 0, (sizes["B"], windows))

    def loss(self, frames: Tensor, waveform: Tensor) -> Tensor:
        """Binary cross entropy in nats; without ``negatives`` that of the right pairs alone."""
        video, audio = self.embed_video(frames), self.embed_audio(waveform)
        check_pairs(video, audio, frames.shape[1] * SAMPLE_RATE // FPS)
        right = -_likely(video, audio).log().mean()
        if not self.config.negatives:
            return right
        wrong = -(1 - _likely(video, wrong_pairs(audio))).log().mean()
        return (right + wrong) / 2

    def chance_level(self, clips: int, frames: int) -> float:
        """Ln 2: yes or no."""
        if clips < 1:
            raise InputError(compose("there is no clip", expected="at least 1", given=clips))
        check_windows("frames", frames, WINDOW_FRAMES)
        return math.log(2)

    def _halves(self, frames: Tensor) -> Tensor:
        """The lower halves [B, T, 3, 48, 96] of the faces, BGR, 0 to 1."""
        rows, columns = self.config.face.slices(*frames.shape[-2:])
        crop = frames[..., rows, columns].flip(2).flatten(0, 1).float()
        resized = functional.interpolate(crop, (_SIDE, _SIDE), mode="bilinear", antialias=True)
        lower = (resized[..., _SIDE // 2 :, :] + 1) / 2
        lower = lower.to(next(self.network.parameters()).dtype)
        return torch.unflatten(lower, 0, frames.shape[:2])


def _likely(video: Tensor, audio: Tensor) -> Tensor:
    """The cosine as a probability."""
    return (video * audio).sum(-1).float().clamp(_LEAST, 1 - _LEAST)


def _in_parts(network: object, pieces: Tensor) -> Tensor:
    """What *network* gives for pieces [N, ...]; in parts where no gradient is needed."""
    assert callable(network)
    parts = [pieces] if torch.is_grad_enabled() else torch.split(pieces, _CHUNK)
    return torch.cat([network(part) for part in parts])
