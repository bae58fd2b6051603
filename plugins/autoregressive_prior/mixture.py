"""The prior ``autoregressive_mixture``: most frames go on as before, some begin something."""

from __future__ import annotations

from collections.abc import Callable

import torch
from styletalker.core.checks import check_shape
from styletalker.plugins.autoregressive_prior.base import AutoregressivePrior
from styletalker.plugins.autoregressive_prior.config import MixturePriorConfig
from styletalker.plugins.autoregressive_prior.gaussian import normal_log_density
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["MixturePrior"]

_EDGE = 1e-6
"""Least distance of a uniform number from 0 and 1, so that its normal quantile is finite."""
_START = 0.01
"""Scale of the last layer's weights."""
_APART = 0.1
"""Deviation of the components' first offsets: equal components would stay equal."""
_NARROW, _WIDE = -4.0, -1.0
"""Log std of the narrowest and the widest component at first."""
_MOST_LOG_STD = 8.0
"""Bound of -log std; its other bound is 0, the deviation of a coordinate. Wide, because smooth
motion is nearly certain: a floor of a hundredth of the motion's range would shake the head."""
_GO_ON = 1.0
"""Momentum at first, before the sigmoid."""
_RETURN = -4.0
"""How fast motion returns to zero at first, before the softplus: 2 % a frame."""
_FAST = 5.0
"""What velocities are multiplied with for the recurrence: they are small beside positions."""
_BLUR, _BLUR_OF_VELOCITY = 0.05, 0.005
"""Deviation of the noise on what the recurrence sees of each frame of a disturbed past."""
_PULL = 0.25
"""Part of what a coordinate is beyond its reach that is taken back in each frame."""
_UNKNOWN = 1e4
"""Reach of motion that was never measured."""
_NUMBERS = 4
"""Of a component of a coordinate: weight, change, log std, momentum."""


class MixturePrior(AutoregressivePrior):
    """Each coordinate of the motion goes on, gives or takes; now and then it begins something.

    In coordinates y = basis z, which are learned, and given the recurrent state of frame t::

        p(y_t[d]) = sum_k w_dk N((1 - r_d) y_(t-1)[d] + m_dk v[d] + c_dk, s_dk),
        v = y_(t-1) - y_(t-2)

    A mixture density network (Bishop 1994; over time: Graves, arXiv 1308.0850). Blinks, glances
    and nods begin within a frame, now and then: components with small weights say so, where a
    single Gaussian must be wide in every frame. Momentum makes what is drawn smooth: the
    components of a head that goes on are as narrow as its acceleration, not as its speed. The
    return (r > 0) keeps the motion where it belongs over minutes, together with a pull back from
    beyond its reach and a recurrent state of limited :attr:`memory`: all three were needed for
    heads that move after two minutes as in the first seconds.

    Coordinates are independent given the past, so they should be what moves by itself: a blink in
    coordinates that mix it with the head would shake the head. :meth:`align` sets them, where the
    meaning of codes is known; training goes on from there.

    A frame's noise [Z] decides all: the normal quantile of a number chooses the component of its
    coordinate, and what is left of it within the component's share is noise again. At temperature
    0 the component in the middle of the cumulated weights is taken, without noise.
    """

    config: MixturePriorConfig
    remembers = 2

    def __init__(
        self,
        config: MixturePriorConfig,
        *,
        motion_dim: int,
        audio_dim: int,
        num_ws: int,
        w_dim: int,
    ) -> None:
        super().__init__(
            config, motion_dim=motion_dim, audio_dim=audio_dim, num_ws=num_ws, w_dim=w_dim
        )
        count, channels = config.components, config.channels
        self.memory = config.memory
        self._disturbed: tuple[float, Callable[..., Tensor]] | None = None
        self.basis = nn.Parameter(torch.eye(motion_dim))
        self.reach: Tensor
        self.register_buffer(
            "reach", _UNKNOWN * torch.tensor([[-1.0], [1.0]]).repeat(1, motion_dim)
        )
        self.between = nn.Linear(channels, channels)
        self.to_components = nn.Linear(channels, motion_dim * count * _NUMBERS)
        self.returning = nn.Parameter(torch.full((motion_dim,), _RETURN))
        nn.init.normal_(self.to_components.weight, std=_START)
        with torch.no_grad():
            first = self.to_components.bias.view(motion_dim, count, _NUMBERS)
            first[..., :2].normal_(std=_APART)
            first[..., 2] = torch.linspace(_NARROW, _WIDE, count)
            first[..., 3] = _GO_ON

    @property
    def aligned(self) -> bool:
        """Whether coordinates were set; weights that were trained so stay as they are."""
        return bool((self.reach.abs() < _UNKNOWN).all())

    @torch.no_grad()
    def align(self, basis: Tensor, reach: Tensor) -> None:
        """Set the coordinates, y = basis z, and how far they reach.

        Args:
            basis: [Z, Z], invertible; coordinates should have about unit deviation.
            reach: [2, Z], least and greatest value that motion normally has.

        Raises:
            InputError: one has another shape.
        """
        check_shape("basis", basis, "Z Z", Z=self.motion_dim)
        check_shape("reach", reach, "two Z", two=2, Z=self.motion_dim)
        self.basis.copy_(basis)
        self.reach.copy_(reach)

    def disturb(self, deviation: float, normal: Callable[..., Tensor]) -> None:
        """Let the recurrence see the past of the next density with an offset and with noise."""
        self._disturbed = deviation, normal

    def seen(self, past: Tensor) -> Tensor:
        """Where each coordinate is within its reach, and how fast [B, T, 2 Z].

        Both are blurred where they are to be disturbed, with an offset for each recording.
        """
        place, velocity = self._moving(past)
        if self._disturbed is not None:
            deviation, normal = self._disturbed
            self._disturbed = None
            offset = deviation * normal(*place[:, :1].shape)
            place = place + offset + _BLUR * normal(*place.shape)
            velocity = velocity + _BLUR_OF_VELOCITY * normal(*velocity.shape)
        return torch.cat([self._within(place), _FAST * velocity], -1)

    def density(self, motion: Tensor, hidden: Tensor, past: Tensor) -> Tensor:
        """The density of all coordinates' mixtures, and the change of volume."""
        log_weight, mean, log_std = self._components(hidden, past)
        place = functional.linear(motion.to(mean.dtype), self.basis)[..., None, None]
        each = normal_log_density(place, mean[..., None], log_std[..., None])  # [..., Z, K]
        volume: Tensor = torch.linalg.slogdet(_precise(self.basis)).logabsdet.to(mean.dtype)
        density: Tensor = torch.logsumexp(log_weight + each, -1).sum(-1) + volume
        return density

    def draw(self, noise: Tensor, hidden: Tensor, past: Tensor) -> Tensor:
        """The components that the numbers choose, and noise within them."""
        log_weight, mean, log_std = map(_precise, self._components(hidden, past))
        dtype, noise = noise.dtype, _precise(noise)
        ends = log_weight.exp().cumsum(-1)  # [..., Z, K]
        place = torch.special.ndtr(noise).clamp(_EDGE, 1 - _EDGE)[..., None]
        chosen = (place > ends[..., :-1]).sum(-1, keepdim=True)
        starts = torch.cat([torch.zeros_like(ends[..., :1]), ends[..., :-1]], -1)
        within = (place - starts.gather(-1, chosen)) / log_weight.exp().gather(-1, chosen)
        inside = torch.special.ndtri(within.clamp(_EDGE, 1 - _EDGE))
        inside = torch.where(noise[..., None] == 0, 0.0, inside)  # temperature 0
        drawn = mean.gather(-1, chosen) + inside * log_std.gather(-1, chosen).exp()
        back = torch.linalg.inv(_precise(self.basis))
        return functional.linear(drawn[..., 0], back).to(dtype)

    def _moving(self, past: Tensor) -> tuple[Tensor, Tensor]:
        """Coordinates of the last frame and their change since the one before, [..., Z]."""
        last, before = torch.split(past, self.motion_dim, -1)
        place = functional.linear(last, self.basis)
        return place, place - functional.linear(before, self.basis)

    def _within(self, place: Tensor) -> Tensor:
        """Coordinates, at most as far as they reach. Not in training: what is rare is learnt."""
        return place if self.training else place.clamp(*self.reach)

    def _components(self, hidden: Tensor, past: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Log weights, means and log stds [..., Z, K]; full precision in autocast."""
        with torch.autocast(hidden.device.type, enabled=False):
            hidden = hidden.to(self.basis.dtype)
            place, velocity = self._moving(past.to(self.basis.dtype))
            raw = self.to_components(hidden + functional.silu(self.between(hidden)))
            parts = raw.unflatten(-1, (self.motion_dim, self.config.components, _NUMBERS))
            weight, change, log_std, momentum = parts.unbind(-1)
            beyond = place - self._within(place)
            rest = (1 - functional.softplus(self.returning)) * place - _PULL * beyond
            mean = rest[..., None] + momentum.sigmoid() * velocity[..., None] + change
            log_std = (_MOST_LOG_STD * torch.tanh(log_std / _MOST_LOG_STD)).clamp(max=0)
            return torch.log_softmax(weight, -1), mean, log_std


def _precise(value: Tensor) -> Tensor:
    """At least in single precision, which LAPACK and quantiles need."""
    return value if value.dtype is torch.float64 else value.float()
