"""One objective with its optimizer: the main one, or an opponent."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import torch
from styletalker.core.errors import InputError, compose
from styletalker.core.training.config import OptimizerConfig
from styletalker.core.training.draws import Draws, seed_of
from styletalker.core.training.objective import Objective
from styletalker.core.training.optimizer import learning_rate, make_optimizer
from styletalker.core.training.parallel import average_gradients, mean_over_processes
from torch import Tensor, nn

if TYPE_CHECKING:
    from lightning_fabric import Fabric

__all__ = ["NotFinite", "Outcome", "Player", "only"]

_SKIPS = 20
"""Steps on end that a gradient scaler may skip while it looks for a scale (float16)."""
_SEED_BITS = 32
"""numpy's global generator takes seeds of 32 bits."""


class NotFinite(Exception):  # noqa: N818 (turned into a TrainingError that knows the checkpoint)
    """A loss or the gradient's norm is infinite or not a number."""


@attrs.frozen(kw_only=True)
class Outcome:
    """What a player's step gave; empty losses if a gradient scaler skipped it."""

    losses: Mapping[str, float]
    """Losses by name, without the ``_`` of those that are only recorded."""
    minimised: tuple[str, ...]
    """Names of the losses that are minimised."""
    total: float
    """Their sum."""
    facts: Mapping[str, float]
    """Learning rate and gradient norm."""


class Player:
    """Steps the parameters of one objective."""

    def __init__(
        self,
        objective: Objective,
        config: OptimizerConfig,
        fabric: Fabric,
        *,
        name: str = "",
        start: int = 0,
        steps: int,
        seed: int,
    ) -> None:
        """Make the optimizer.

        Args:
            objective: on its device.
            config: of the optimizer.
            fabric: launched.
            name: empty for the main objective; else put before facts.
            start: the first step.
            steps: of the training.
            seed: of the draws.
        """
        self.objective, self.config, self.name, self.start = objective, config, name, start
        self.parameters: dict[str, nn.Parameter] = dict(objective.trained_parameters())
        self._fabric, self._steps, self._seed = fabric, steps, seed_of(seed, name)
        precision = fabric.strategy.precision
        self._scaled = getattr(precision, "scaler", None) is not None
        self.optimizer = make_optimizer(self.parameters, config, fused=not self._scaled)
        self._stepper: Any = fabric.setup_optimizers(self.optimizer)
        self._skipped = 0

    def step(self, step: int, batch: Mapping[str, Tensor]) -> Outcome:
        """Forward, backward, average, clip, update.

        Raises:
            NotFinite: before anything is updated.
        """
        rate = learning_rate(self.config, step - self.start, self._steps - self.start)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        losses, total = self._losses(step, batch)
        self._fabric.backward(total)
        average_gradients(self.parameters.values())
        norm = self._clip()
        names = list(losses)
        stacked = torch.stack([*(losses[name].detach().float() for name in names), norm.float()])
        values = mean_over_processes(stacked).tolist()
        found = dict(zip(names, values[:-1], strict=True))
        usable = self._check(found, values[-1])
        self._stepper.step()
        self.optimizer.zero_grad(set_to_none=True)
        prefix = f"{self.name}_" if self.name else ""
        facts = {f"{prefix}grad_norm": values[-1]} if usable else {}
        minimised = tuple(name for name in found if not name.startswith("_"))
        return Outcome(
            losses={name.removeprefix("_"): one for name, one in found.items()} if usable else {},
            minimised=minimised,
            total=sum(found[name] for name in minimised),
            facts={f"{prefix}learning_rate": rate, **facts},
        )

    def _losses(self, step: int, batch: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], Tensor]:
        fabric = self._fabric
        _seed(seed_of(self._seed, step, fabric.global_rank) % (1 << _SEED_BITS), fabric.device)
        draws = Draws(
            self._seed, step, rank=fabric.global_rank, world=fabric.world_size, device=fabric.device
        )
        with fabric.autocast():
            losses = dict(self.objective(batch, draws))
        minimised = [value.float() for name, value in losses.items() if not name.startswith("_")]
        _check_losses(type(self.objective).__name__, losses, len(minimised))
        return losses, torch.stack(minimised).sum()

    def _clip(self) -> Tensor:
        """Clip the gradients; their norm before that."""
        if self._scaled:
            self._fabric.strategy.precision.unscale_gradients(self.optimizer)
        gradients = [one.grad for one in self.parameters.values() if one.grad is not None]
        if not gradients:
            return torch.zeros((), device=self._fabric.device)
        norm = torch.nn.utils.get_total_norm(gradients)
        if self.config.clip_norm:
            torch.nn.utils.clip_grads_with_norm_(
                self.parameters.values(), self.config.clip_norm, norm
            )
        return norm

    def _check(self, losses: Mapping[str, float], norm: float) -> bool:
        """Whether everything is finite; a gradient scaler may skip a few steps that are not."""
        minimised = {name: one for name, one in losses.items() if not name.startswith("_")}
        bad = [f"the loss {name!r}" for name, value in minimised.items() if not _finite(value)]
        bad = bad or (
            [] if _finite(norm) else [f"the gradient norm of the {self.name or 'main'} objective"]
        )
        if not bad:
            self._skipped = 0
            return True
        self._skipped += 1
        if self._scaled and self._skipped <= _SKIPS:
            return False
        raise NotFinite(f"not finite: {', '.join(bad)}")


@contextlib.contextmanager
def only(mine: Player, players: Sequence[Player]) -> Iterator[None]:
    """Let only the parameters of one player require gradients."""
    own = {id(one) for one in mine.parameters.values()}
    everything = [one for player in players for one in player.parameters.values()]
    for parameter in everything:
        parameter.requires_grad_(id(parameter) in own)
    try:
        yield
    finally:
        for parameter in everything:
            parameter.requires_grad_(True)  # noqa: FBT003 (torch gives it no name)


def _seed(seed: int, device: torch.device) -> None:
    """Seed the global generators; torch.manual_seed would look for absent devices each time."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 (for networks that still use the global generator)
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        torch.cuda.manual_seed(seed)


def _finite(value: float) -> bool:
    return value - value == 0.0


def _check_losses(label: str, losses: Mapping[str, Tensor], minimised: int) -> None:
    if not minimised:
        fix = "Return at least one loss whose name does not start with '_'."
        raise InputError(compose(f"{label} gave no loss to minimise", fix=fix))
    for name, value in losses.items():
        if value.dim():
            problem = f"{label} gave a wrong loss {name!r}"
            raise InputError(
                compose(problem, expected="a scalar", given=f"shape {tuple(value.shape)}")
            )
