"""Inverter: from an image to the style codes that reproduce it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar, Protocol, runtime_checkable

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.core.interfaces.contract import Contract
from styletalker.core.interfaces.generator import Generator
from torch import Tensor, nn

__all__ = ["Following", "Inversion", "Inverter", "Pointing"]


@attrs.frozen(kw_only=True, eq=False)
class Inversion:
    """Codes of some images, and the generator they belong to."""

    ws: Tensor
    """Style codes [B, L, D]."""
    generator: Generator
    """The generator that turns these codes back into the images.

    The one that was given, or a copy tuned to the portraits: always use this one afterwards. A
    copy for B portraits takes codes [B * T, L, D], all frames of the first portrait first.
    """


class Inverter(nn.Module, Contract, interface=True):
    """Finds style codes for images.

    **Maps** ``image [B, 3, H, W] -> ws [B, L, D]``, *and* says which generator to use with them.
    A feed-forward encoder (pSp, arXiv 2008.00951) returns the generator it was given. Pivotal
    tuning (PTI, arXiv 2106.05744) returns a tuned copy: the given generator must stay untouched.

    **Ranges and types.** Images are RGB float in [-1, 1] at the generator's resolution. Codes
    have the dtype and device of the image.

    **Gradients.** If ``trainable`` is true, gradients flow from the codes to every parameter of
    the inverter, and ``invert`` may be called on batches of video frames while training. If it
    is false (latent optimisation), ``invert`` is a procedure: seconds per image, codes without
    graph, and B is 1 where the generator is tuned.

    **Partner.** An inverter that can work with one generator only names it in :attr:`partner`; it
    refuses others, and the contract kit gives it that generator and what it draws.

    **State.** None; the generator is an argument, not a submodule, so that saving an inverter
    saves no generator.

    **Raises** InputError for a wrong shape or resolution, or a batch it cannot tune to.
    """

    partner: ClassVar[str] = ""
    """Name of the only generator it works with; empty if it works with any."""

    def __init__(self, config: Any, *, resolution: int, num_ws: int, w_dim: int) -> None:
        """Build it for a generator of these sizes: H = W, L and D."""
        super().__init__()
        self.config = config
        self.resolution, self.num_ws, self.w_dim = resolution, num_ws, w_dim

    @property
    @abstractmethod
    def trainable(self) -> bool:
        """Whether ``invert`` is a differentiable network with parameters to train."""

    @abstractmethod
    def invert(self, images: Tensor, generator: Generator) -> Inversion:
        """Codes of images.

        Args:
            images: [B, 3, H, W] in [-1, 1].
            generator: the generator the codes are for; never modified.

        Returns:
            The codes and the generator to use with them.
        """

    def track(self, frames: Tensor, portrait: Inversion) -> Tensor:
        """Codes of videos of people whose portraits were inverted.

        Give them to the portrait's generator to see the videos again: what a model of talking
        learns to say. Unless a subclass knows better, every frame is inverted by itself.

        Args:
            frames: [B, T, 3, H, W] in [-1, 1].
            portrait: what ``invert`` found for B portraits, of the same people.

        Returns:
            ws [B, T, L, D].
        """
        ws = self.invert(frames.flatten(0, 1), portrait.generator).ws
        return ws.reshape(*frames.shape[:2], self.num_ws, self.w_dim)

    def rebase(self, ws: Tensor, portrait: Inversion) -> Tensor:
        """The same videos' codes under other portraits of the same people, as ``track`` gives them.

        Where ``track`` is overridden this is too, if its codes depend on the portrait.

        Args:
            ws: codes [B, T, L, D] that ``track`` gave under any portraits.
            portrait: what ``invert`` found for B other portraits.
        """
        del portrait
        return ws


@runtime_checkable
class Pointing(Protocol):
    """What an inverter offers besides if its codes tell where a frame's landmarks are."""

    def landmarks(self, ws: Tensor) -> Tensor:
        """Landmarks [..., K, 2] of codes [..., L, D]; x and y, -1 to 1 from edge to edge."""
        ...


@runtime_checkable
class Following(Protocol):
    """What an inverter offers besides if it must see a whole video to know what is usual in it."""

    def follow(self, frames: Iterable[NDArray[np.uint8]]) -> Tensor:
        """Codes [T, L, D] of a video's frames [H, W, 3], read once from the first to the last.

        Memory may grow with the number of frames, not with their size.

        Raises:
            InputError: it holds no frame, or nothing to follow.
        """
        ...
