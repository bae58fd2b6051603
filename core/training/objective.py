"""What a stage trains: networks with losses, and opponents that are trained against them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping

import attrs
from styletalker.core.training.config import OptimizerConfig
from styletalker.core.training.draws import Draws
from torch import Tensor, nn

__all__ = ["Objective", "Opponent"]


class Objective(nn.Module):
    """Losses of the networks it holds as submodules; a stage writes one and the engine trains it.

    **Modes.** The engine leaves ``train()`` and ``eval()`` as it finds them: put networks that
    stay as they are in eval mode, and freeze them with ``requires_grad_(False)``.

    **State** that must survive a kill is a parameter or a persistent buffer. Buffers with fractions
    are averaged over the processes after each step.

    **Randomness** comes from the given draws. torch's global generator (dropout) is seeded for
    each step and process, so it resumes exactly, but differs between one process and two.

    **Several processes.** Each sees its own rows of the batch and gradients are averaged. For
    a loss over the items of all of them see :func:`~styletalker.core.training.parallel.gather`.

    **Pickle.** To train on several devices it must be possible to pickle it.
    """

    @abstractmethod
    def forward(self, batch: Mapping[str, Tensor], draws: Draws) -> Mapping[str, Tensor]:
        """Losses by name, each a scalar: the mean over the batch's items, already weighted.

        The engine minimises their sum. A name that starts with ``_`` is recorded (without it)
        and not minimised.

        Args:
            batch: what the source gave, on this process's device.
            draws: this step's random numbers; ``draws.step`` counts from 0.
        """
        raise NotImplementedError

    def trained_parameters(self) -> Mapping[str, nn.Parameter]:
        """The parameters to optimise, by names of their own; by default all that need a gradient.

        An objective that holds an opponent's network leaves its parameters out.
        """
        return {name: one for name, one in self.named_parameters() if one.requires_grad}

    def averaged(self) -> Mapping[str, nn.Module]:
        """The modules whose weights are averaged and returned; by default the direct children."""
        return dict(self.named_children())

    def chance_level(self) -> float | None:
        """What the loss named ``sync`` (or the only one) is when guessing; None if unknown.

        A loss that stays there is said in words.
        """
        return None


@attrs.frozen(kw_only=True, eq=False)
class Opponent:
    """A further objective with an optimizer of its own, such as a discriminator.

    In every step it is trained after the main objective, on the same batch.
    """

    objective: Objective
    """Its losses; its parameters must not be among those of another."""
    optimizer: OptimizerConfig
    """Its optimizer; the schedule begins with ``start_step`` and ends with the training."""
    name: str = "opponent"
    """Put before its gradient norm and learning rate in records, as in ``opponent_grad_norm``."""
    start_step: int = 0
    """The first step, from 0, in which it is trained."""
