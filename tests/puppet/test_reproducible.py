"""Nothing depends on memory that was never set: not the sound, not the pictures."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from styletalker.plugins.puppet.espeak import synthesise
from styletalker.plugins.puppet.voices import VARIANTS

_M_PERTURB = -6
"""glibc's option: fill fresh memory with a pattern made of this byte."""


@contextmanager
def fresh_memory_filled_with(byte: int) -> Iterator[None]:
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "mallopt"):
        pytest.skip("this C library has no mallopt")
    libc.mallopt(_M_PERTURB, byte)
    try:
        yield
    finally:
        libc.mallopt(_M_PERTURB, 0)


def spoken(voice: str, byte: int) -> bytes:
    with fresh_memory_filled_with(byte):
        speech = synthesise("Her early work was worth very little.", f"en-029+{voice}", seed=3)
    return speech.waveform.tobytes()


@pytest.mark.parametrize("voice", sorted(VARIANTS))
def test_a_voice_depends_on_its_arguments_alone(voice: str) -> None:
    """espeak-ng's Klatt voice Reed fails this (version 1.52); it is no voice of the corpus."""
    assert spoken(voice, 0x55) == spoken(voice, 0xAA)


def test_rendering_stays_inside_its_arrays(tmp_path: Path) -> None:
    script = (
        "from styletalker.plugins.puppet.config import PuppetConfig\n"
        "from styletalker.plugins.puppet.corpus import Puppet\n"
        "corpus = Puppet(PuppetConfig(frames=8, resolution=64, train_identities=6))\n"
        "for index in range(6):\n"
        "    corpus.clip('train', index)\n"
    )
    checked = {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", script], env={**os.environ, **checked}, check=True)
