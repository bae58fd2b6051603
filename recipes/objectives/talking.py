"""The losses of a talker: audio encoder, motion VAE and prior, with everything else frozen."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import torch
from styletalker.core.interfaces.audio_encoder import AudioEncoder
from styletalker.core.interfaces.generator import Generator
from styletalker.core.interfaces.inverter import Inverter
from styletalker.core.interfaces.motion_vae import MotionVAE
from styletalker.core.interfaces.prior import Prior
from styletalker.core.interfaces.sync_discriminator import SyncDiscriminator
from styletalker.core.training.draws import Draws
from styletalker.core.training.frames import to_unit
from styletalker.core.training.objective import Objective
from styletalker.recipes.objectives.losses import TalkingLosses
from styletalker.recipes.objectives.matching import matching_loss
from styletalker.recipes.objectives.pictures import shrunk
from styletalker.recipes.objectives.scale import CodeScale
from styletalker.recipes.objectives.windows import Window
from torch import Tensor

__all__ = ["Frozen", "Talking"]


@attrs.frozen(kw_only=True, eq=False)
class Frozen:
    """Networks a talker is trained with and that stay as they are."""

    generator: Generator
    inverter: Inverter
    sync_discriminator: SyncDiscriminator | None
    """None where no loss needs one."""


class Talking(Objective):
    """Trains a talker on windows of clips (StyleTalker, arXiv 2208.10922).

    **Codes.** The reconstruction is measured on style codes, which are computed once, and on
    pictures in some of the steps: a step on codes costs a tenth of one on pictures.

    **KL.** The posterior is a Gaussian and the prior has a flow, so log q - log p is taken at one
    sample (Monte Carlo).

    **Swap.** The motion of a clip is decoded with the sound of another; the sync discriminator must
    find the lips in time with that sound, and the upper half of the face must stay as it was.

    **Deviation.** The paper's adversarial, perceptual and identity losses are left out: generator
    and inverter are frozen, and a talker can only move within their codes.
    """

    def __init__(
        self,
        audio_encoder: AudioEncoder,
        motion_vae: MotionVAE,
        prior: Prior,
        *,
        frozen: Frozen,
        scale: CodeScale,
        window: Window,
        losses: TalkingLosses,
    ) -> None:
        """Train the three; *scale* says what a change of a code is worth."""
        super().__init__()
        self.audio_encoder, self.motion_vae, self.prior = audio_encoder, motion_vae, prior
        self.frozen, self.window, self.losses = frozen, window, losses
        self.scale = scale
        for network in (frozen.generator, frozen.inverter, frozen.sync_discriminator):
            if network is not None:
                network.eval().requires_grad_(requires_grad=False)

    def averaged(self) -> Mapping[str, torch.nn.Module]:
        """The three networks of the talker."""
        return {
            "audio_encoder": self.audio_encoder,
            "motion_vae": self.motion_vae,
            "prior": self.prior,
        }

    def forward(self, batch: Mapping[str, Tensor], draws: Draws) -> Mapping[str, Tensor]:
        """Losses of a batch of :class:`~styletalker.recipes.objectives.windows.WindowSource`."""
        losses, ws, ws_ref = self.losses, batch["ws"], batch["ws_ref"]
        frames = to_unit(batch["frames"])
        audio = self._hear(batch["heard"])
        posterior = self.motion_vae.encode(frames, ws)
        motion = posterior.sample(draws.normal(*posterior.mean.shape))
        decoded = self.motion_vae.decode(motion, audio, ws_ref).ws
        error = self.scale(decoded - ws)  # [B, T]
        change = self.scale((decoded - ws).diff(dim=1))
        worth = 1 + losses.silence * _still(batch["waveform"], error.shape[1])
        log_prior = self.prior.log_prob(motion, audio, ws_ref)
        divergence = posterior.log_prob(motion) - log_prior  # [B, T]
        beta = losses.beta * min(1.0, (draws.step + 1) / max(losses.beta_warmup_steps, 1))
        found = {
            "codes": losses.codes * (error * worth).mean() / worth.mean(),
            "change": losses.change * change.mean(),
            "kl": beta * divergence.mean(),
            "_nats": divergence.detach().mean(),
        }
        if losses.pictures_every and draws.step % losses.pictures_every == 0:
            found |= self._look(batch, frames, decoded, motion, audio, draws)
        return found

    def _hear(self, heard: Tensor) -> Tensor:
        """Features [B, T, A] of the window, with the sound around it."""
        before = self.window.before
        audio: Tensor = self.audio_encoder(heard)
        return audio[:, before : before + self.window.frames]

    def _look(
        self,
        batch: Mapping[str, Tensor],
        frames: Tensor,
        decoded: Tensor,
        motion: Tensor,
        audio: Tensor,
        draws: Draws,
    ) -> dict[str, Tensor]:
        """Losses on pictures of a few frames of a few clips."""
        losses, sync = self.losses, self.frozen.sync_discriminator
        clips = min(losses.picture_clips, len(frames))
        length = sync.window_frames if sync is not None else losses.picture_frames
        start = int(draws.integers(frames.shape[1] - length + 1, 1, shared=True))
        part = slice(start, start + length)
        portraits = to_unit(batch["portrait"][:clips])
        with torch.no_grad():
            generator = self.frozen.inverter.invert(portraits, self.frozen.generator).generator
        images = _drawn(generator, decoded[:clips, part])
        difference = images - frames[:clips, part]
        found = {
            "pictures": losses.pictures
            * (difference.abs().mean() + shrunk(difference.flatten(0, 1)).abs().mean())
        }
        if sync is None:
            return found
        with torch.no_grad():
            heard = sync.embed_audio(batch["waveform"])  # [B, N, E]
        found["sync"] = losses.sync * matching_loss(sync.embed_video(images), heard, start)
        if losses.swap and len(frames) > 1:
            other = audio.roll(1, 0)[:clips]
            swapped = self.motion_vae.decode(motion[:clips], other, batch["ws_ref"][:clips]).ws
            shown = _drawn(generator, swapped[:, part])
            moved = (shown - images.detach())[..., : shown.shape[-2] // 2, :].abs().mean()
            match = matching_loss(sync.embed_video(shown), heard.roll(1, 0), start)
            found["swap"] = losses.swap * (match + losses.swap_keeps * moved)
        return found


def _drawn(generator: Generator, ws: Tensor) -> Tensor:
    """Pictures [B, T, 3, H, W] of codes [B, T, L, D]."""
    images = generator.synthesis(ws.flatten(0, 1))
    return images.reshape(*ws.shape[:2], *images.shape[1:])


_SILENT = 0.03
"""A frame is silent where its sound is below this part of the loudest in the window (-30 dB)."""


def _still(waveform: Tensor, frames: int) -> Tensor:
    """Which frames are silent: 1 or 0, [B, T], of a waveform [B, S]."""
    loudness = waveform.reshape(len(waveform), frames, -1).square().mean(-1).sqrt()
    return (loudness < _SILENT * loudness.amax(1, keepdim=True)).float()
