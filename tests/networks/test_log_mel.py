"""The log-mel front end against values worked out by hand and by scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.signal
import torch
from styletalker.plugins.common.log_mel import (
    HOP,
    SAMPLE_RATE,
    WINDOW,
    compress,
    mel_filters,
    mel_power,
)


def _noise(samples: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(1, samples, generator=torch.Generator().manual_seed(seed))


def test_bank_against_hand_values() -> None:
    """Each band peaks at its corner of the mel scale, and the corners are the ones of HTK."""
    bands = 64
    low, high = (2595 * math.log10(1 + hertz / 700) for hertz in (50.0, 7600.0))
    assert low == pytest.approx(77.75, abs=0.01)
    assert high == pytest.approx(2786.5, abs=0.5)
    filters = mel_filters(bands)
    for band in (0, 20, 63):
        centre = 700 * (10 ** ((low + (band + 1) * (high - low) / (bands + 1)) / 2595) - 1)
        peak = filters[band].argmax().item() * SAMPLE_RATE / 1024
        assert abs(peak - centre) <= SAMPLE_RATE / 1024


@pytest.mark.parametrize("bands", [8, 64, 96])
def test_bank_is_complete(bands: int) -> None:
    """No band is empty, each sums to 1, and none reaches beyond 50 to 7600 Hz."""
    filters = mel_filters(bands)
    assert torch.allclose(filters.sum(1), torch.ones(bands), atol=1e-6)
    assert ((filters > 0).sum(1) >= 2).all()
    hertz = torch.linspace(0, 8000, 513)
    assert (hertz[filters.sum(0) > 0] >= 50).all()
    assert (hertz[filters.sum(0) > 0] <= 7600).all()


def test_power_against_scipy() -> None:
    """Scipy's spectrogram, weighted with the bank, gives the same numbers."""
    waveform = _noise(4000) * 0.1
    _, _, theirs = scipy.signal.spectrogram(
        waveform[0].double().numpy(),
        fs=1.0,
        window="hann",
        nperseg=WINDOW,
        noverlap=WINDOW - HOP,
        nfft=1024,
        detrend=False,
        scaling="density",
        mode="psd",
    )
    theirs[1:-1] /= 2  # scipy folds the negative frequencies in; here a bin is a bin
    expected = mel_filters(40).double().numpy() @ theirs  # [bands, columns]
    ours = mel_power(waveform, 40)[0].T.numpy()
    assert ours.shape == expected.shape == (40, 23)
    np.testing.assert_allclose(ours, expected, rtol=1e-4)


def test_white_noise_has_its_variance_in_every_band() -> None:
    """The unit of a band is mean power, as the bank promises."""
    power = mel_power(_noise(16000 * 20) * 0.5, 16).mean((0, 1))
    assert torch.allclose(power, torch.full((16,), 0.25), rtol=0.1)


def test_compress_scale() -> None:
    """0 at silence, 1 at the level, 1.25 ten times above it; the floor holds."""
    level = torch.tensor(0.01)
    scaled = compress(torch.tensor([0.0, 0.01, 0.1]), level)
    assert scaled.tolist() == pytest.approx([0.0, 1.0, 1.25], abs=1e-4)
    assert compress(torch.tensor([1e-12]), torch.tensor(0.0)).item() < 0.01
