"""Low-pass filters: windowed sinc along each axis, or windowed jinc of the radius.

StyleGAN3 (arXiv 2106.12423), section 3.2 and appendix C.1. Kaiser's window is chosen by the
width of the transition band.
"""

from __future__ import annotations

import numpy as np
import scipy.signal
import scipy.special
import torch
from torch import Tensor

__all__ = ["lowpass"]


def lowpass(*, taps: int, cutoff: float, width: float, rate: float, radial: bool) -> Tensor | None:
    """A filter of sum 1: [taps] for use along both axes, or [taps, taps] if *radial*.

    Args:
        taps: how many; 1 gives None, a filter that does nothing.
        cutoff: in periods per unit of length.
        width: of the transition band, in the same unit.
        rate: samples per unit of length.
        radial: whether it shall depend on the radius alone.
    """
    if taps == 1:
        return None
    if not radial:
        values = scipy.signal.firwin(taps, cutoff, width=width, fs=rate)
        return torch.as_tensor(np.asarray(values), dtype=torch.float32)
    place = (np.arange(taps) - (taps - 1) / 2) / rate
    radius = np.hypot(*np.meshgrid(place, place))
    # The jinc function, whose value at the centre is pi * cutoff^2 / pi.
    centre = radius == 0
    safe = np.where(centre, 1.0, radius)
    jinc = np.where(
        centre, cutoff**2 * np.pi, cutoff * scipy.special.j1(2 * np.pi * cutoff * safe) / safe
    )
    beta = scipy.signal.kaiser_beta(scipy.signal.kaiser_atten(taps, width / (rate / 2)))
    window = np.kaiser(taps, beta)
    values = jinc * np.outer(window, window)
    return torch.as_tensor(values / values.sum(), dtype=torch.float32)
