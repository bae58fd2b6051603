"""The state of players as named tensors, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import torch
from styletalker.core.errors import CheckpointError
from styletalker.core.training.optimizer import moments, restore_moments
from styletalker.core.training.player import Player
from styletalker.core.training.saving import Snapshot
from torch import Tensor

if TYPE_CHECKING:
    from lightning_fabric import Fabric

__all__ = ["copy_into", "optimizer_state", "restore_players", "weights"]


def weights(players: Sequence[Player]) -> dict[str, Tensor]:
    """What changes in training: ``PLAYER/PARAMETER`` and, if persistent, ``PLAYER/buffer/BUFFER``.

    A tensor that two objectives share is named once.
    """
    found: dict[int, tuple[str, Tensor]] = {}
    for name, tensor in _tensors(players):
        found.setdefault(id(tensor), (name, tensor))
    return {name: tensor.detach() for name, tensor in found.values()}


def optimizer_state(players: Sequence[Player]) -> dict[str, Tensor]:
    """Adam's moments of all players as ``PLAYER/PARAMETER/WHAT``."""
    return {
        f"{_label(player)}/{name}": tensor
        for player in players
        for name, tensor in moments(player.optimizer, player.parameters).items()
    }


def restore_players(players: Sequence[Player], saved: Snapshot, fabric: Fabric) -> None:
    """Set players to a checkpoint.

    Raises:
        CheckpointError: it does not fit.
    """
    copy_into(weights(players), saved.weights, "weights")
    for player in players:
        prefix = f"{_label(player)}/"
        mine = {
            name.removeprefix(prefix): tensor
            for name, tensor in saved.optimizer.items()
            if name.startswith(prefix)
        }
        restore_moments(player.optimizer, player.parameters, mine)
    fabric.strategy.precision.load_state_dict(dict(saved.state["scaler"]))


def copy_into(targets: Mapping[str, Tensor], saved: Mapping[str, Tensor], what: str) -> None:
    """Copy saved tensors into those of the same names.

    Raises:
        CheckpointError: names or shapes differ.
    """
    if set(targets) != set(saved):
        name = sorted(set(targets) ^ set(saved))[0]
        raise CheckpointError(f"the checkpoint's {what} are not of this objective: {name}")
    with torch.no_grad():
        for name, target in targets.items():
            if target.shape != saved[name].shape:
                raise CheckpointError(
                    f"the checkpoint's {what}: {name} has the shape {tuple(saved[name].shape)} "
                    f"instead of {tuple(target.shape)}"
                )
            target.copy_(saved[name])


def _tensors(players: Sequence[Player]) -> Iterator[tuple[str, Tensor]]:
    for player in players:
        saved = player.objective.state_dict(keep_vars=True)
        for name, parameter in player.parameters.items():
            yield f"{_label(player)}/{name}", parameter
        for name, buffer in player.objective.named_buffers():
            if name in saved:
                yield f"{_label(player)}/buffer/{name}", buffer


def _label(player: Player) -> str:
    return player.name or "main"
