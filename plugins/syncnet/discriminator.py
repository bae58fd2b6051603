"""The sync discriminator ``syncnet``."""

from __future__ import annotations

import numpy as np
import torch
from styletalker.core.checks import check_frame_count, check_shape
from styletalker.core.errors import InputError, compose
from styletalker.core.interfaces.sync_discriminator import SyncDiscriminator
from styletalker.core.public_files import find_public_file
from styletalker.plugins.common.sync_pairs import check_pairs, check_windows, wrong_pairs
from styletalker.plugins.common.torch_file import load_state, state_of
from styletalker.plugins.syncnet.config import SYNCNET_FILE, SyncNetConfig
from styletalker.plugins.syncnet.front_end import (
    FPS,
    OVERHANG,
    SAMPLE_RATE,
    as_int16,
    mfcc,
    mfcc_windows,
)
from styletalker.plugins.syncnet.network import SIDE, WINDOW_FRAMES, SyncNetNetwork
from torch import Tensor
from torch.nn import functional

__all__ = ["SyncNet"]

_CHUNK = 20
"""Windows of a pass without gradients: memory does not grow with the clip."""
_EPSILON = 1e-12


class SyncNet(SyncDiscriminator):
    """SyncNet v2 (Chung & Zisserman 2016; weights ``syncnet_v2.model``).

    Embeddings are the network's features made unit vectors, as the role demands; LSE-D and LSE-C
    compare the features themselves (:mod:`styletalker.plugins.syncnet.scoring`).

    **Loss.** The contrastive loss of the paper over unit vectors: half the mean of d^2 for right
    and max(margin - d, 0)^2 for wrong pairs, as many of one as of the other. Wrong pairs are those
    of the same clip half of its windows away, or of the next clip where clips are too short.

    **Pitfalls.** The public weights know faces of real people, detected and cropped by another
    program: drawn faces score low. A model trained against them must not be scored by LSE.
    """

    config: SyncNetConfig
    sample_rate = SAMPLE_RATE
    fps = FPS
    window_frames = WINDOW_FRAMES
    audio_margin = OVERHANG

    def __init__(self, config: SyncNetConfig) -> None:
        """With random weights, or those of the public file if the options name it.

        Raises:
            CheckpointError: that file is missing, unsafe or of another network.
        """
        super().__init__(config)
        self.network = SyncNetNetwork(config.embedding_dim, config.divisor)
        if config.public_file is not None:
            path = find_public_file(SYNCNET_FILE, config.public_file)
            load_state(self.network, state_of(path), path)

    @property
    def embedding_dim(self) -> int:
        """Channels E of the common space."""
        return self.config.embedding_dim

    def embed_video(self, frames: Tensor) -> Tensor:
        """Unit embeddings [B, N, E] of frames [B, T, 3, H, W] in [-1, 1]."""
        sizes = check_shape("frames", frames, "B T 3 H W")
        check_windows("frames", sizes["T"], WINDOW_FRAMES)
        faces = self._faces(frames)
        return functional.normalize(self.network.video(faces), dim=-1)

    def embed_audio(self, waveform: Tensor) -> Tensor:
        """Unit embeddings [B, N, E] of a waveform [B, S] in [-1, 1]; silence follows it."""
        sizes = check_shape("waveform", waveform, "B S")
        frames = check_frame_count(sizes["S"], SAMPLE_RATE, FPS)
        windows = check_windows("waveform", frames, WINDOW_FRAMES)
        heard = np.concatenate([_windows_of(one, windows) for one in waveform.detach().cpu()])
        first = next(self.network.parameters())
        pieces = torch.from_numpy(heard).to(first)
        parts = [pieces] if torch.is_grad_enabled() else torch.split(pieces, _CHUNK)
        features = torch.cat([self.network.audio(part) for part in parts])
        return torch.unflatten(functional.normalize(features, dim=-1), 0, (sizes["B"], windows))

    def loss(self, frames: Tensor, waveform: Tensor) -> Tensor:
        """The contrastive loss; without ``negatives`` half the mean of d^2 alone."""
        video, audio = self.embed_video(frames), self.embed_audio(waveform)
        check_pairs(video, audio, frames.shape[1] * SAMPLE_RATE // FPS)
        right = (video - audio).square().sum(-1).mean() / 2
        if not self.config.negatives:
            return right
        squares = (video - wrong_pairs(audio)).square().sum(-1)
        apart = (squares + _EPSILON).sqrt()
        wrong = (self.config.margin - apart).clamp(min=0).square().mean() / 2
        return (right + wrong) / 2

    def chance_level(self, clips: int, frames: int) -> float:
        """margin^2 / 8, if right and wrong pairs are all margin / 2 apart.

        Without ``negatives`` 0.5: d^2 is then taken as 1, about that of unrelated features.
        """
        if clips < 1:
            raise InputError(compose("there is no clip", expected="at least 1", given=clips))
        check_windows("frames", frames, WINDOW_FRAMES)
        return self.config.margin**2 / 8 if self.config.negatives else 0.5

    def _faces(self, frames: Tensor) -> Tensor:
        """What the network sees [B, 3, T, 224, 224]: BGR, 0 to 255."""
        rows, columns = self.config.face.slices(*frames.shape[-2:])
        crop = frames[..., rows, columns].flip(2).flatten(0, 1).float()
        resized = functional.interpolate(crop, (SIDE, SIDE), mode="bilinear", antialias=True)
        pixels = (resized + 1) * 127.5
        pixels = pixels.to(next(self.network.parameters()).dtype)
        return torch.unflatten(pixels, 0, frames.shape[:2]).transpose(1, 2)


def _windows_of(
    waveform: Tensor, windows: int
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """MFCC windows [windows, 1, 13, 20] of one waveform [S]."""
    samples = np.pad(as_int16(waveform.float().numpy()), (0, OVERHANG))
    return mfcc_windows(mfcc(samples), windows)
