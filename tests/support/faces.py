"""Talking puppets and dlib, made once for all tests of the evaluation."""

from __future__ import annotations

import functools

from styletalker.core.clip import Clip
from styletalker.plugins.dlib_face.analyser import Dlib
from styletalker.plugins.dlib_face.config import DlibConfig
from styletalker.plugins.puppet.config import PuppetConfig
from styletalker.plugins.puppet.corpus import Puppet

__all__ = ["analyser", "puppet_clip"]


@functools.cache
def analyser() -> Dlib:
    """dlib with its default options."""
    return Dlib(DlibConfig())


@functools.cache
def puppet_clip(index: int = 0, frames: int = 30, resolution: int = 128) -> Clip:
    """A clip of the split ``test``; another index is another person."""
    return Puppet(PuppetConfig(frames=frames, resolution=resolution)).clip("test", index)
