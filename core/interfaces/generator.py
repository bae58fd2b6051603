"""Generator: from a random vector to style codes, and from style codes to images."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from styletalker.core.errors import ConfigError, compose
from styletalker.core.interfaces.contract import Contract
from torch import Tensor, nn

__all__ = [
    "Generator",
    "NoiseMode",
    "Parametric",
    "Resizable",
    "Warping",
    "check_differentiable",
]

NoiseMode = Literal["const", "random", "none"]
"""Per-pixel noise of a style-based generator: its fixed maps, fresh noise, or none."""


class Generator(nn.Module, Contract, interface=True):
    """A style-based image generator (StyleGAN, arXiv 1812.04948, section 2; W+ as in 1904.03189).

    **Maps** ``z [B, G] -> ws [B, L, D] -> image [B, 3, H, W]``. Everything downstream speaks
    ``ws``, the extended style code W+: L layers of D channels. What a code *means* is the
    generator's own business: for a StyleGAN it is a latent code, for a renderer it may be
    animation parameters.

    **Write one** by subclassing, with a configuration class of your own::

        class Ripple(Generator):
            def __init__(self, config: RippleConfig) -> None:
                super().__init__(config)
                self.net = nn.Linear(config.w_dim, 3 * config.resolution**2)

            @property
            def resolution(self) -> int:
                return self.config.resolution
            ...

    **Ranges and types.** Images are RGB, float, nominally in [-1, 1]; values a little outside
    are allowed and clamped only where a file is written. Output has the dtype and device of the
    parameters, whatever autocast does inside. Input on another device is the caller's mistake.

    **State.** None: both methods are pure functions of their input and the parameters, except
    ``noise="random"``, which draws from torch's global generator.

    **Gradients** flow from the image to the codes and to every parameter, unless
    :attr:`differentiable` is false: then images have no graph, and what must learn through them
    asks :func:`check_differentiable` first.

    **Raises** :class:`~styletalker.core.errors.InputError` for a wrong shape.
    """

    differentiable: ClassVar[bool] = True
    """Whether gradients flow from images to codes; false for a renderer."""

    def __init__(self, config: Any) -> None:
        """Build it from an instance of its configuration class; weights are random."""
        super().__init__()
        self.config = config

    @property
    @abstractmethod
    def resolution(self) -> int:
        """Height and width of the image in pixels (H = W)."""

    @property
    @abstractmethod
    def z_dim(self) -> int:
        """Channels G of the random input."""

    @property
    @abstractmethod
    def num_ws(self) -> int:
        """Layers L of a style code."""

    @property
    @abstractmethod
    def w_dim(self) -> int:
        """Channels D of a style code."""

    @abstractmethod
    def mapping(self, z: Tensor, *, truncation: float = 1.0) -> Tensor:
        """Style codes of random vectors.

        Args:
            z: [B, G], standard normal.
            truncation: 1 keeps the code, 0 gives the mean code, between interpolates
                (the truncation trick, arXiv 1812.04948, appendix B).

        Returns:
            ws [B, L, D].
        """

    @abstractmethod
    def synthesis(self, ws: Tensor, *, noise: NoiseMode = "const") -> Tensor:
        """Images of style codes.

        Args:
            ws: [B, L, D]; the caller folds time into the batch.
            noise: per-pixel noise; a generator without any ignores it.

        Returns:
            Images [B, 3, H, W], nominally in [-1, 1].
        """

    @abstractmethod
    def mean_ws(self) -> Tensor:
        """The code [L, D] of the average image: where truncation and inversion start."""

    def follow_mean(self, ws: Tensor) -> None:
        """Let the mean code follow codes [B, L, D] that ``mapping`` gave; called while training."""

    def forward(self, z: Tensor) -> Tensor:
        """Images [B, 3, H, W] of random vectors z [B, G]."""
        return self.synthesis(self.mapping(z))


@runtime_checkable
class Warping(Protocol):
    """What a generator offers besides if it moves the pixels of a portrait."""

    def synthesis_with_flow(self, ws: Tensor) -> tuple[Tensor, Tensor]:
        """Images [N, 3, H, W] of codes [N, L, D], and where their pixels come from.

        The flow [N, 2, h, w] says for each place of the image how far away in the portrait its
        source lies, x to the right and y down; 2 is the whole width.
        """
        ...


@runtime_checkable
class Parametric(Protocol):
    """What a generator offers besides if its codes are animation parameters.

    A talker for it is trained on a corpus's parameters, without a picture.
    """

    def codes_of(
        self, parameters: NDArray[np.float32], names: Sequence[str]
    ) -> NDArray[np.float32]:
        """Codes [T, L, D] of a clip's animation parameters [T, P].

        Raises:
            InputError: *names* lacks a parameter that the generator needs.
        """
        ...

    def parameters_of(
        self, codes: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], tuple[str, ...]]:
        """The inverse: animation parameters [T, P] of codes [T, L, D], and their names."""
        ...

    def rest_code(self) -> NDArray[np.float32]:
        """The code [L, D] of any portrait."""
        ...

    def channels_of(self, names: Sequence[str]) -> NDArray[np.bool_]:
        """Which channels [L, D] hold these parameters; a name may be that of a group."""
        ...

    @property
    def controls(self) -> Mapping[str, NDArray[np.bool_]]:
        """Channels [L, D] of what users scale: ``pose``, ``blink``, ``gaze``, ``expression``."""
        ...


@runtime_checkable
class Resizable(Protocol):
    """What a generator offers besides if it draws the same portraits at any size.

    It leaves the border of its picture as the portrait has it, so that the picture can be put back
    into a larger one without a seam.
    """

    def at(self, resolution: int) -> Generator:
        """A copy that draws the same portraits at *resolution* pixels a side.

        Raises:
            InputError: it cannot draw at that size.
        """
        ...


def check_differentiable(generator: Generator, use: str) -> None:
    """Refuse *use* (such as ``stage talker``), which learns through images, without gradients.

    Raises:
        ConfigError: no gradients flow through the generator.
    """
    if not generator.differentiable:
        raise ConfigError(
            compose(
                f"{use} learns through the generator's images, which have no gradients",
                expected="a generator that is a network",
                given=type(generator).__name__,
                fix="Choose another generator, or leave out what compares pictures.",
            )
        )
