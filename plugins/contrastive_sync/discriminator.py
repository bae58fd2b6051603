"""The sync discriminator ``contrastive``."""

from __future__ import annotations

from styletalker.core.checks import check_frame_count, check_shape
from styletalker.core.errors import InputError, compose
from styletalker.core.interfaces.sync_discriminator import SyncDiscriminator
from styletalker.plugins.common.log_mel import (
    COLUMNS_PER_FRAME,
    FPS,
    HOP,
    SAMPLE_RATE,
    WINDOW,
    compress,
    mel_power,
)
from styletalker.plugins.contrastive_sync.candidates import chance_level, info_nce
from styletalker.plugins.contrastive_sync.config import ContrastiveConfig
from styletalker.plugins.contrastive_sync.networks import audio_network, video_network
from styletalker.plugins.contrastive_sync.temperature import Temperature
from torch import Tensor
from torch.nn import functional

__all__ = ["ContrastiveSync"]


class ContrastiveSync(SyncDiscriminator):
    """Mouths and log-mel columns on one sphere, told apart by InfoNCE (StyleTalker, 2208.10922).

    The negatives are all windows of the other clips and the shifted windows of the same clip;
    see :mod:`styletalker.plugins.contrastive_sync.candidates`.
    """

    config: ContrastiveConfig
    sample_rate = SAMPLE_RATE
    fps = FPS

    def __init__(self, config: ContrastiveConfig) -> None:
        super().__init__(config)
        samples = config.window_frames * SAMPLE_RATE // FPS
        self.columns = (samples - WINDOW) // HOP + 1  # whole columns within a window
        self.video = video_network(
            window_frames=config.window_frames,
            size=config.size,
            channels=config.channels,
            outputs=config.embedding_dim,
        )
        self.audio = audio_network(
            bands=config.bands,
            columns=self.columns,
            channels=config.channels,
            outputs=config.embedding_dim,
        )
        self.temperature = Temperature()

    @property
    def window_frames(self) -> int:
        """Frames one embedding is about."""
        return self.config.window_frames

    @property
    def embedding_dim(self) -> int:
        """Channels E of the common space."""
        return self.config.embedding_dim

    def embed_video(self, frames: Tensor) -> Tensor:
        """Unit embeddings [B, N, E] of frames [B, T, 3, H, W] in [-1, 1]."""
        sizes = check_shape("frames", frames, "B T 3 H W")
        windows = self._windows("frames", sizes["T"])
        size, length = self.config.size, self.window_frames
        mouths = self._mouths(frames.flatten(0, 1))
        mouths = mouths.reshape(sizes["B"], sizes["T"], 3, size, size)
        pieces = mouths.unfold(1, length, 1).movedim(-1, 2)  # [B, N, length, 3, size, size]
        pieces = pieces.reshape(sizes["B"] * windows, 3 * length, size, size)
        return self._on_sphere(self.video(pieces), sizes["B"], windows)

    def embed_audio(self, waveform: Tensor) -> Tensor:
        """Unit embeddings [B, N, E] of a waveform [B, S] in [-1, 1]."""
        sizes = check_shape("waveform", waveform, "B S")
        windows = self._windows("waveform", check_frame_count(sizes["S"], SAMPLE_RATE, FPS))
        power = mel_power(waveform, self.config.bands)  # [B, columns, bands]
        # Only columns that lie within the window: [B, N, bands, columns of the window]
        pieces = power.unfold(1, self.columns, COLUMNS_PER_FRAME)
        # Relative to the window's own level: how loud somebody is recorded does not matter.
        pieces = compress(pieces, pieces.mean((2, 3), keepdim=True))
        pieces = pieces.flatten(0, 1)[:, None].to(self.temperature.raw.dtype)
        return self._on_sphere(self.audio(pieces), sizes["B"], windows)

    def loss(self, frames: Tensor, waveform: Tensor) -> Tensor:
        """InfoNCE in nats, averaged over both directions; compare with ``chance_level``."""
        video, audio = self.embed_video(frames), self.embed_audio(waveform)
        if video.shape != audio.shape:
            length = frames.shape[1] * SAMPLE_RATE // FPS
            raise InputError(
                compose(
                    "the waveform does not belong to the frames",
                    expected=f"waveform [B, S] = [{len(frames)}, {length}]",
                    given=tuple(waveform.shape),
                )
            )
        if not self.chance_level(len(frames), frames.shape[1]):
            raise InputError("one clip has no negatives: give longer frames, or a larger batch")
        return info_nce(video, audio, self.temperature(), self.config.nearest_negative)

    def chance_level(self, clips: int, frames: int) -> float:
        """The loss of pure guessing for so many clips of so many frames, in nats (ln N)."""
        windows = self._windows("frames", frames)
        return chance_level(clips, windows, self.config.nearest_negative)

    def _mouths(self, images: Tensor) -> Tensor:
        """The mouths [..., 3, size, size] of images [..., 3, H, W]."""
        rows, columns = self.config.mouth.slices(*images.shape[-2:])
        size = (self.config.size, self.config.size)
        crop = images[..., rows, columns].float()  # resizing has no half precision everywhere
        resized = functional.interpolate(crop, size, mode="bilinear", antialias=True)
        return resized.to(self.temperature.raw.dtype)

    def _windows(self, name: str, frames: int) -> int:
        if frames < self.window_frames:
            raise InputError(
                compose(
                    f"{name} too short for one window",
                    expected=f"at least {self.window_frames} frames",
                    given=frames,
                )
            )
        return frames - self.window_frames + 1

    def _on_sphere(self, embedding: Tensor, clips: int, windows: int) -> Tensor:
        """Unit vectors [B, N, E], in the precision of the parameters."""
        unit = functional.normalize(embedding.to(self.temperature.raw.dtype), dim=-1)
        return unit.reshape(clips, windows, self.embedding_dim)
