"""A tiny untrained talker in a folder, and a portrait and sounds for it."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from styletalker.core.assembly import Components
from styletalker.core.config.options import Chosen
from styletalker.core.config.structure import Structurer
from styletalker.core.registry import Registry
from styletalker.core.talker_folder import save_talker
from styletalker.plugins import (
    autoregressive_prior,
    conditional_sequential,
    dlib_face,
    generate,
    mel,
    portrait_warp,
)
from styletalker.recipes import stages

from support.faces import puppet_clip
from support.media import write_sound

__all__ = [
    "blocks_of",
    "chosen",
    "save_tiny_talker",
    "speech",
    "talker_registry",
    "write_portrait",
    "write_wav",
]

_PLUGINS = (
    autoregressive_prior,
    conditional_sequential,
    dlib_face,
    generate,
    mel,
    portrait_warp,
    stages,
)
_TYPES = {
    "generator": "portrait_warp",
    "inverter": "portrait_warp",
    "audio_encoder": "mel",
    "motion_vae": "conditional_sequential",
    "prior": "autoregressive_flow",
}


@functools.cache
def talker_registry() -> Registry:
    """The plug-ins of a talker that moves a portrait, the command and the stages."""
    return Registry.of(*(one for plugin in _PLUGINS for one in plugin.styletalker_components()))


def chosen(smoke: bool = True) -> dict[str, Chosen]:
    """Role -> component, in its tiny configuration or with its defaults."""
    registry, found = talker_registry(), {}
    for role, name in _TYPES.items():
        component = registry.get(role, name).component
        config = Structurer(registry).structure(
            dict(component.smoke) if smoke else {}, component.config
        )
        found[role] = Chosen(role=role, type=name, config=config)
    return found


def save_tiny_talker(folder: Path, *, smoke: bool = True, **options: Any) -> Path:
    """An untrained talker (32 px if *smoke*) that moves well: weights are larger than at start."""
    torch.manual_seed(0)
    registry, parts = talker_registry(), chosen(smoke)
    components, structurer = Components(parts, registry), Structurer(registry)
    with torch.no_grad():
        components.get("motion_vae").get_parameter("decoder.to_codes.weight").mul_(30)
        for name, parameter in components.get("generator").named_parameters():
            if "flow" in name and name.endswith("weight"):
                parameter.mul_(30)
    saved = {}
    for role, part in parts.items():
        plain = structurer.plain(part)
        plain.pop("type")
        plain.pop("weights", None)
        saved[role] = (components.get(role), part.type, plain)  # type: ignore[call-overload]
    save_talker(folder, saved, name="tiny", **options)
    return folder


def speech(seconds: float, rate: int = 16000, seed: int = 0) -> NDArray[np.float32]:
    """Something like speech [S]: noise that swells four times a second."""
    count = round(seconds * rate)
    swell = np.sin(4 * np.pi * np.arange(count) / rate) ** 2
    drawn = np.random.default_rng(seed).standard_normal(count)
    return (0.2 * swell * drawn).clip(-1, 1).astype(np.float32)


def write_wav(path: Path, waveform: NDArray[np.float32], rate: int = 16000) -> Path:
    """A 16-bit WAV file of a waveform [S] or [C, S]."""
    write_sound(path, "pcm_s16le", waveform, rate)
    return path


def write_portrait(path: Path, index: int = 0) -> Path:
    """A picture of a person, 128 px, framed as talkers expect it."""
    Image.fromarray(puppet_clip(index, frames=1).frames[0]).save(path)
    return path


def blocks_of(waveform: NDArray[np.float32], size: int) -> Iterator[NDArray[np.float32]]:
    """A waveform in pieces of *size*."""
    for start in range(0, len(waveform), size):
        yield waveform[start : start + size]
