"""Coordinates of motion in which each one moves something of its own: found from codes."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
import scipy.linalg
import torch
from numpy.typing import NDArray
from styletalker.core.errors import InputError, compose
from styletalker.recipes.objectives.likelihood import Seen
from torch import Tensor

__all__ = ["Coordinates", "coordinates_of"]

_STILL = 1e-4
"""Channels of codes that deviate less do not move."""
_SAME = 1e-3
"""Channels that others explain but for this part are no coordinates of their own."""
_EXPLAINED = 0.5
"""Least part of a channel's variance that motion must explain: lips, which the sound decides,
are no motion."""
_RARE = 0.002
"""Part of the frames that are beyond what motion normally has, on either side."""
_MARGIN = 1.5
"""The reach is so many times that. Without a margin, blinks, which are rare, were cut off and
lasted three times as long."""


@attrs.frozen(kw_only=True, eq=False)
class Coordinates:
    """What :class:`~styletalker.core.interfaces.prior.Alignable` priors are told."""

    basis: Tensor
    """[Z, Z]."""
    reach: Tensor
    """[2, Z]: the least and the greatest value that motion normally has."""


def coordinates_of(seen: Sequence[Seen]) -> Coordinates:
    """A basis for which each coordinate of y = basis z is a channel of the codes.

    Each channel that motion explains is regressed on the motion z. Independent rows are kept,
    each scaled to a channel of unit deviation; directions of z that act on no channel complete
    the basis.

    Raises:
        InputError: no clip knows its codes.
    """
    known = [one for one in seen if one.ws is not None]
    if not known:
        raise InputError(compose("a basis needs codes, which no clip knows"))
    motion = torch.cat([one.mean for one in known]).double().numpy()
    codes = torch.cat([one.ws.flatten(1) for one in known if one.ws is not None]).double().numpy()
    mean = motion.mean(0)
    motion, codes = motion - mean, codes - codes.mean(0)
    codes = codes[:, codes.std(0) > _STILL]
    codes = codes / codes.std(0)
    rows = np.linalg.lstsq(motion, codes, rcond=None)[0].T  # [channels, Z]
    explained = 1 - (codes - motion @ rows.T).var(0)
    rows = rows[explained > _EXPLAINED]
    kept = _independent(rows)
    rest = scipy.linalg.null_space(kept).T if len(kept) else np.eye(motion.shape[1])
    spread = np.maximum((motion @ rest.T).std(0), _SAME)
    basis = np.concatenate([kept, rest / spread[:, None]])
    reach = _MARGIN * np.quantile((motion + mean) @ basis.T, (_RARE, 1 - _RARE), axis=0)
    return Coordinates(basis=torch.from_numpy(basis).float(), reach=torch.from_numpy(reach).float())


def _independent(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """As many rows as are linearly independent, in their order."""
    if not len(rows):
        return rows
    upper, order = scipy.linalg.qr(rows.T, mode="r", pivoting=True)
    size = np.abs(np.diag(upper))
    rank = int((size > _SAME * size[0]).sum())
    kept: NDArray[np.float64] = rows[np.sort(order[:rank])]
    return kept
