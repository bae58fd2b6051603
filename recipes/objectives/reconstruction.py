"""The losses of generator and inverter: a portrait, moved as another frame, must be that frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from styletalker.core.errors import InputError, compose
from styletalker.core.interfaces.generator import Generator, Warping
from styletalker.core.interfaces.inverter import Inverter, Pointing
from styletalker.core.training.draws import Draws
from styletalker.core.training.frames import to_unit
from styletalker.core.training.objective import Objective
from styletalker.recipes.objectives.losses import ReconstructionLosses
from styletalker.recipes.objectives.pictures import FEATURES, edges, near, shrunk
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["Reconstruction"]


class Reconstruction(Objective):
    """Trains a generator and an inverter together, or an inverter alone.

    Every item shows a portrait and other frames of the same clip. The inverter reads the portrait
    and each frame's code; what the portrait's generator makes of the codes is compared with the
    frames. So codes learn to say how a frame differs from a portrait, which is all that a model of
    talking has to predict.
    """

    def __init__(
        self,
        generator: Generator,
        inverter: Inverter,
        losses: ReconstructionLosses,
        *,
        parameters: int,
        train_generator: bool,
        frozen: Sequence[str] = (),
    ) -> None:
        """Train *inverter*, and *generator* too or not.

        Args:
            generator: the generator.
            inverter: for this generator.
            losses: their weights.
            parameters: how many animation parameters P are known of a frame.
            train_generator: whether the generator learns too.
            frozen: parts that stay as they are, such as ``inverter.finder``.

        Raises:
            InputError: there is no such part.
        """
        super().__init__()
        self.generator, self.inverter, self.losses = generator, inverter, losses
        self.train_generator = train_generator
        generator.requires_grad_(train_generator)
        codes = generator.num_ws * generator.w_dim
        self.probe = nn.Linear(codes, parameters) if losses.hints and parameters else None
        for name in frozen:
            _freeze(self, name)

    def averaged(self) -> Mapping[str, nn.Module]:
        """Generator and inverter; the probe is an aid of the training."""
        return {"generator": self.generator, "inverter": self.inverter}

    def forward(
        self,
        batch: Mapping[str, Tensor],
        draws: Draws,  # noqa: ARG002 (nothing is drawn)
    ) -> Mapping[str, Tensor]:
        """Losses of a batch of :class:`~styletalker.recipes.objectives.pairs.PairSource`."""
        portrait, targets = to_unit(batch["portrait"]), to_unit(batch["targets"])
        inversion = self.inverter.invert(portrait, self.generator)
        ws = self.inverter.track(targets, inversion)  # [B, T, L, D]
        codes, wanted = ws.flatten(0, 1), targets.flatten(0, 1)
        if self.training and self.train_generator:
            inversion.generator.follow_mean(codes.detach())
        found = self._looks(inversion.generator, codes, wanted, batch) if self._drawn else {}
        if self.losses.landmarks and isinstance(self.inverter, Pointing):
            found["landmarks"] = self.losses.landmarks * self._astray(inversion.ws, ws, batch)
        if self.probe is not None:
            guess = self.probe(ws.flatten(2))
            found["hints"] = self.losses.hints * (guess - batch["parameters"]).abs().mean()
        return found

    def _astray(self, ws_ref: Tensor, ws: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        """How far the landmarks of codes are from where they should be, hidden ones too."""
        assert isinstance(self.inverter, Pointing)
        scale = 2 / batch["targets"].shape[-2]
        wanted = torch.cat([batch["portrait_landmarks"][:, None], batch["target_landmarks"]], 1)
        told = self.inverter.landmarks(torch.cat([ws_ref[:, None], ws], 1))
        if told.shape != wanted.shape:
            problem = "the inverter's codes tell other landmarks than the corpus knows"
            fix = "Set losses.landmarks to 0, or change the inverter's points."
            given, expected = told.shape[-2], f"{wanted.shape[-2]} landmarks"
            raise InputError(compose(problem, expected=expected, given=given, fix=fix))
        return (told - (wanted * scale - 1)).abs().sum(-1).mean()

    @property
    def _drawn(self) -> bool:
        """Whether any loss needs pictures; if none does, the inverter learns much faster."""
        losses = self.losses
        return any((losses.pixels, losses.coarse, losses.edges, losses.flow))

    def _looks(
        self, generator: Generator, codes: Tensor, wanted: Tensor, batch: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """What the pictures of some codes [N, L, D] differ by from the wanted ones."""
        flow = None
        if self.losses.flow and isinstance(generator, Warping):
            images, flow = generator.synthesis_with_flow(codes)
        else:
            images = generator.synthesis(codes)
        found = self._pictures(images, wanted, batch)
        if flow is not None and "target_landmarks" in batch:
            found["flow"] = self.losses.flow * _flow_error(flow, batch, wanted.shape[-1])
        return found

    def _pictures(
        self, images: Tensor, wanted: Tensor, batch: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """What the pictures differ by; lips and eyes count more where they are known."""
        weights = images.new_ones(len(images), 1, *images.shape[-2:])
        if "target_landmarks" in batch and self.losses.features:
            points = batch["target_landmarks"].flatten(0, 1)[:, FEATURES]
            weights = 1 + self.losses.features * near(points, images.shape[-1])
            weights = weights / weights.mean()
        difference = images - wanted
        return {
            "pixels": self.losses.pixels * (weights * difference.abs()).mean(),
            "coarse": self.losses.coarse * shrunk(difference).abs().mean(),
            "edges": self.losses.edges * edges(difference, weights),
            "_psnr": -10 * (difference.detach().clamp(-2, 2).square().mean() / 4).log10(),
        }


def _freeze(module: nn.Module, name: str) -> None:
    """Let a submodule stay as it is."""
    parts = dict(module.named_modules())
    if name not in parts:
        raise InputError(
            compose("no such part to keep frozen", given=name, name=name, choices=parts)
        )
    for parameter in parts[name].parameters():
        parameter.requires_grad = False


def _flow_error(flow: Tensor, batch: Mapping[str, Tensor], size: int) -> Tensor:
    """How far, in halves of the width, landmarks are fetched from where the portrait has them."""
    here = batch["target_landmarks"].flatten(0, 1) * (2 / size) - 1  # [N, 68, 2]
    there = batch["portrait_landmarks"] * (2 / size) - 1  # [B, 68, 2]
    wanted = there.repeat_interleave(batch["targets"].shape[1], 0) - here
    grid = here[:, :, None]  # [N, 68, 1, 2]
    found = functional.grid_sample(flow, grid, align_corners=False, padding_mode="border")
    error = (found[..., 0].movedim(1, 2) - wanted).abs().sum(-1)  # [N, 68]
    visible = batch["visible"].flatten(0, 1)
    return (error * visible).sum() / visible.sum().clamp_min(1)
