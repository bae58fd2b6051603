"""The likelihood of motion under a prior, with everything else finished."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import attrs
import numpy as np
import torch
from styletalker.core.errors import InputError, compose
from styletalker.core.interfaces.audio_encoder import AudioEncoder
from styletalker.core.interfaces.generator import Generator, Parametric
from styletalker.core.interfaces.inverter import Inverter
from styletalker.core.interfaces.motion_vae import MotionVAE
from styletalker.core.interfaces.prior import Alignable, Prior
from styletalker.core.training.draws import Draws
from styletalker.core.training.frames import FrameCache, to_unit
from styletalker.core.training.objective import Objective
from styletalker.recipes.objectives.performances import PerformanceCache
from styletalker.recipes.objectives.performing import unseen
from torch import Tensor

__all__ = ["Likelihood", "MotionSource", "Seen", "see", "see_performances"]


@attrs.frozen(kw_only=True, eq=False)
class Seen:
    """What the prior is trained on of one clip."""

    mean: Tensor
    """Of the posterior [T, Z]."""
    log_std: Tensor
    """Of the posterior [T, Z]."""
    audio: Tensor
    """[T, A]."""
    ws_ref: Tensor
    """Code of the first frame [L, D]."""
    ws: Tensor | None = None
    """Codes of all frames [T, L, D], if they mean something."""


@torch.no_grad()
def see(
    cache: FrameCache,
    clips: int,
    generator: Generator,
    inverter: Inverter,
    audio_encoder: AudioEncoder,
    motion_vae: MotionVAE,
    progress: Callable[[int], object] = int,
    *,
    device: str = "cpu",
) -> list[Seen]:
    """Posterior, sound and portrait of the first clips of a cache, on the CPU.

    They are computed on *device*; the networks are on the CPU again afterwards.
    """
    found = []
    networks = (generator, inverter, audio_encoder, motion_vae)
    for network in networks:
        network.to(device)
    for clip in range(clips):
        pixels = torch.from_numpy(np.array(cache.frames(clip))).to(device)
        frames = to_unit(pixels)[None]  # [1, T, 3, H, W]
        sound = torch.from_numpy(np.array(cache.waveform(clip)))[None].to(device)
        inversion = inverter.invert(frames[:, 0], generator)
        ws = inverter.track(frames, inversion)
        posterior = motion_vae.encode(frames, ws)
        found.append(
            Seen(
                mean=posterior.mean[0].cpu(),
                log_std=posterior.log_std[0].cpu(),
                audio=audio_encoder(sound)[0].cpu(),
                ws_ref=inversion.ws[0].cpu(),
            )
        )
        progress(1)
    for network in networks:
        network.to("cpu")
    return found


@torch.no_grad()
def see_performances(
    cache: PerformanceCache,
    clips: int,
    generator: Parametric,
    audio_encoder: AudioEncoder,
    motion_vae: MotionVAE,
    progress: Callable[[int], object] = int,
) -> list[Seen]:
    """The same of performances, for a motion VAE that looks at codes."""
    ws_ref = torch.from_numpy(generator.rest_code())
    found = []
    for clip in range(clips):
        codes = generator.codes_of(cache.parameters(clip), cache.parameter_names)
        ws = torch.from_numpy(codes)[None]
        posterior = motion_vae.encode(unseen(ws, motion_vae.resolution), ws)
        audio = audio_encoder(torch.from_numpy(cache.waveform(clip))[None])
        found.append(
            Seen(
                mean=posterior.mean[0],
                log_std=posterior.log_std[0],
                audio=audio[0],
                ws_ref=ws_ref,
                ws=ws[0],
            )
        )
        progress(1)
    return found


class MotionSource:
    """An item is a random window of what was seen of a random clip."""

    def __init__(self, seen: Sequence[Seen], *, frames: int, seed: int, batch: int) -> None:
        """Draw *batch* windows of *frames* frames.

        Raises:
            InputError: every clip is shorter.
        """
        self.seen = [one for one in seen if len(one.mean) >= frames]
        if not self.seen:
            longest = max(len(one.mean) for one in seen)
            expected = f"clips of at least {frames} frames"
            problem = "all clips are shorter than a window"
            raise InputError(compose(problem, expected=expected, given=longest))
        self.frames, self.seed, self.batch_size = frames, seed, batch

    def batch(self, step: int, rows: range) -> Mapping[str, Tensor]:
        """Items *rows* of the batch of *step*."""
        rng = np.random.default_rng([self.seed, step])
        chosen = rng.integers(len(self.seen), size=self.batch_size)
        places = rng.random(self.batch_size)
        items = [self._item(self.seen[int(chosen[row])], float(places[row])) for row in rows]
        return {name: torch.stack([item[name] for item in items]) for name in items[0]}

    def _item(self, one: Seen, place: float) -> dict[str, Tensor]:
        start = int(place * (len(one.mean) - self.frames + 1))
        part = slice(start, start + self.frames)
        return {
            "mean": one.mean[part],
            "log_std": one.log_std[part],
            "audio": one.audio[part],
            "ws_ref": one.ws_ref,
        }


class Likelihood(Objective):
    """The negative log-likelihood, in nats per frame, of motion drawn from the posterior."""

    def __init__(self, prior: Prior, *, noise: float = 1.0, disturbance: float = 0.0) -> None:
        """Train *prior*; *noise* scales the posterior's standard deviation.

        The posterior's noise is new in every frame. A prior that learns it takes it for motion,
        and what it draws shakes and wanders: with less of it, motion is as smooth as it was.
        *disturbance* is the deviation by which priors with coordinates see the past wrong.
        """
        super().__init__()
        self.prior, self.noise, self.disturbance = prior, noise, disturbance

    def forward(self, batch: Mapping[str, Tensor], draws: Draws) -> Mapping[str, Tensor]:
        """The loss of a batch of :class:`MotionSource`."""
        noise = self.noise * draws.normal(*batch["mean"].shape)
        motion = batch["mean"] + noise * batch["log_std"].exp()
        if self.disturbance and isinstance(self.prior, Alignable):
            self.prior.disturb(self.disturbance, draws.normal)
        found = self.prior.log_prob(motion, batch["audio"], batch["ws_ref"])
        return {"nats": -found.mean()}
