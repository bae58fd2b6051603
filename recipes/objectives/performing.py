"""The losses of a talker whose codes are animation parameters: no pictures are needed."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from styletalker.core.interfaces.audio_encoder import AudioEncoder
from styletalker.core.interfaces.motion_vae import MotionVAE
from styletalker.core.interfaces.prior import Prior
from styletalker.core.training.draws import Draws
from styletalker.core.training.objective import Objective
from styletalker.recipes.objectives.losses import PerformingLosses
from styletalker.recipes.objectives.windows import Window
from torch import Tensor

__all__ = ["Performing", "unseen"]

_CONSTANT = 1e-6
"""Channels that vary less do not move at all; their errors are measured in their own units."""
_CONTACT = 0.5
"""From this value on, lips press together, or the lower lip lies on the teeth."""


class Performing(Objective):
    """Trains audio encoder, motion VAE and prior on performances (StyleTalker, arXiv 2208.10922).

    **Swap.** The motion of half of the batch's clips is decoded with the sound of another clip.
    Because each channel means something, the loss is exact and needs no judge: the lips must be
    those of the clip that is heard, everything else that of the clip whose motion it is. So what
    lips do cannot hide in the motion.

    **KL.** The prior has a flow, so log q - log p is taken at one sample (Monte Carlo).

    **Deviation.** The paper's sync discriminator, perceptual and identity losses are left out: lips
    are known exactly, and a renderer keeps the identity.
    """

    scale: Tensor
    lips: Tensor
    contacts: Tensor

    def __init__(
        self,
        audio_encoder: AudioEncoder,
        motion_vae: MotionVAE,
        prior: Prior,
        *,
        deviation: Tensor,
        lips: Tensor,
        contacts: Tensor,
        window: Window,
        losses: PerformingLosses,
    ) -> None:
        """Train the three.

        Args:
            audio_encoder: hears.
            motion_vae: sees codes, not frames.
            prior: of its motion.
            deviation: how much each channel varies [L, D].
            lips: whether the sound alone decides a channel, bool [L, D].
            contacts: whether a channel says that lips touch something, bool [L, D].
            window: how much sound surrounds a batch's frames.
            losses: their weights.
        """
        super().__init__()
        self.audio_encoder, self.motion_vae, self.prior = audio_encoder, motion_vae, prior
        self.window, self.losses = window, losses
        moving = deviation.clamp(min=losses.least_deviation)
        scale = torch.where(deviation < _CONSTANT, torch.ones_like(deviation), moving)
        self.register_buffer("scale", scale, persistent=False)
        self.register_buffer("lips", lips, persistent=False)
        self.register_buffer("contacts", contacts, persistent=False)

    def averaged(self) -> Mapping[str, torch.nn.Module]:
        """The three networks."""
        return {
            "audio_encoder": self.audio_encoder,
            "motion_vae": self.motion_vae,
            "prior": self.prior,
        }

    def forward(self, batch: Mapping[str, Tensor], draws: Draws) -> Mapping[str, Tensor]:
        """Losses of a batch of a source of windows of performances."""
        losses, ws, ws_ref = self.losses, batch["ws"], batch["ws_ref"]
        before = self.window.before
        audio = self.audio_encoder(batch["heard"])[:, before : before + self.window.frames]
        posterior = self.motion_vae.encode(unseen(ws, self.motion_vae.resolution), ws)
        motion = posterior.sample(draws.normal(*posterior.mean.shape))
        heard = own = torch.arange(len(ws), device=ws.device)
        if losses.swap:  # even items hear the one before the last
            heard = torch.where(own % 2 == 1, own, own.roll(2 if len(ws) > 2 else 1))
        decoded = self.motion_vae.decode(motion, audio[heard], ws_ref).ws
        wanted = torch.where(self.lips, ws[heard], ws)
        log_prior = self.prior.log_prob(motion, audio.detach(), ws_ref)
        nats = (posterior.log_prob(motion) - log_prior).mean()
        risen = (draws.step + 1 - losses.beta_from_step) / max(losses.beta_warmup_steps, 1)
        beta = losses.beta * min(1.0, max(0.0, risen))
        return self._distances(decoded, wanted, batch["spoken"][heard]) | {
            "kl": beta * nats,
            "_nats": nats.detach(),
        }

    def _distances(self, decoded: Tensor, wanted: Tensor, spoken: Tensor) -> dict[str, Tensor]:
        """How far codes [B, T, L, D] are from what is wanted, and so are their changes."""
        losses = self.losses
        error = (decoded - wanted) / self.scale
        touching = ((wanted > _CONTACT) & self.contacts).flatten(2).any(-1)  # [B, T]
        worth = 1 + losses.contact * touching + losses.silence * (1 - spoken)
        lips = (error.abs() * self.lips).flatten(2).sum(-1) / self.lips.sum()
        rest = (error.abs() * ~self.lips).flatten(2).sum(-1) / (~self.lips).sum()
        return {
            "lips": losses.lips * (lips * worth).mean() / worth.mean(),
            "rest": losses.rest * rest.mean(),
            "change": losses.change * error.diff(dim=1).abs().mean(),
            "_lips_error": lips.detach().mean(),
        }


def unseen(ws: Tensor, resolution: int) -> Tensor:
    """Frames [B, T, 3, H, W] for a motion VAE that does not look at them; they take no memory."""
    return ws.new_zeros(()).expand(*ws.shape[:2], 3, resolution, resolution)
