"""Which files hold networks of StyleGAN2: NVIDIA's layout and rosinality's.

Each function here takes a file as the core read it, and gives what it is for us, or None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from styletalker.core.checkpoint import Checkpoint, load_into
from styletalker.core.errors import CheckpointError, InputError
from styletalker.core.weights_file.file import WeightsFile
from styletalker.core.weights_file.fit import Fit, first_tensors
from styletalker.core.weights_file.read import read_weights_file
from styletalker.core.weights_file.tensors import Tensors
from styletalker.plugins.stylegan2 import public, rosinality
from styletalker.plugins.stylegan2.config import DiscriminatorConfig, StyleGAN2Config
from styletalker.plugins.stylegan2.discriminator import StyleGAN2Discriminator
from styletalker.plugins.stylegan2.mapping import MappingNetwork
from torch import Tensor

__all__ = [
    "load_discriminator",
    "nvidia_discriminator",
    "nvidia_generator",
    "rosinality_discriminator",
    "rosinality_generator",
    "write_rosinality",
]

_OURS = {"architecture": "skip", "activation": "lrelu", "use_noise": True, "img_channels": 3}
"""The published architecture; arguments that say another are refused, absent ones are these."""
_DRAWN = 4096
"""Codes whose mean stands for a mean code that a file lacks, as rosinality's scripts take it."""


def nvidia_generator(file: WeightsFile) -> Fit | None:
    """A generator under NVIDIA's names: ``G_ema`` of a pickle, or its state alone."""
    part = _part(file, ("G_ema", "G", ""), "synthesis.b4.const", "mapping.fc0.bias")
    if part is None:
        return None
    name, tensors = part
    given = _arguments(file, name)
    _refuse_others(file, given, _OURS)
    options = public.options_of(tensors)
    notes = () if given else ("conv_clamp is not said in the file: 256 is assumed",)
    options["conv_clamp"] = given.get("conv_clamp", None if given else 256.0)
    return Fit(
        tensors=_said(file, lambda: public.from_public(tensors)),
        options=_plain(options),
        architecture=_generator_text(options),
        part=name,
        notes=notes,
    )


def rosinality_generator(file: WeightsFile) -> Fit | None:
    """A generator of rosinality's port: in a checkpoint, or the decoder of an encoder's file."""
    parts = ("g_ema", "state_dict.decoder", "decoder", "")
    part = _part(file, parts, "input.input", "conv1.conv.weight", "style.1.weight")
    if part is None:
        return None
    name, theirs = part
    mean: Tensor | None = None
    notes: tuple[str, ...] = ()
    for where in ("latent_avg", f"{name}.latent_avg"):
        if where in file.tensors:
            mean = file.tensors[where]
    if mean is not None and mean.dim() > 1 and not (mean == mean[:1]).all():
        # An encoder's own mean code; for the generator it only says where truncation leads.
        mean = mean.mean(0)
        notes = ("the rows of the mean code differ: truncation leads to their mean",)
    theirs = theirs.renamed(lambda inner: None if inner == "latent_avg" else inner)
    tensors = _said(file, lambda: rosinality.as_public(theirs, mean))
    if mean is None:
        tensors = tensors.joined({"mapping.w_avg": _drawn_mean(tensors)})
        notes = (f"there is no mean code in the file: the mean of {_DRAWN} drawn codes is taken",)
    options = {**public.options_of(tensors), "conv_clamp": None}
    return Fit(
        tensors=_said(file, lambda: public.from_public(tensors)),
        options=options,
        architecture=_generator_text(options),
        part=name,
        notes=notes,
    )


def nvidia_discriminator(file: WeightsFile) -> Fit | None:
    """A discriminator under NVIDIA's names: ``D`` of a pickle, or its state alone."""
    part = _part(file, ("D", ""), "b4.out.weight", "b4.conv.weight", "b8.skip.weight")
    if part is None:
        return None
    name, tensors = part
    given = _arguments(file, name)
    _refuse_others(file, given, {**_OURS, "architecture": "resnet", "mbstd_num_channels": 1})
    options = _discriminator_options(tensors)
    options["conv_clamp"] = given.get("conv_clamp", None if given else 256.0)
    options["group"] = given.get("mbstd_group_size", 4)
    return Fit(
        tensors=_said(file, lambda: public.check_filters(tensors)),
        options=_plain(options),
        architecture=_discriminator_text(options),
        part=name,
    )


def rosinality_discriminator(file: WeightsFile) -> Fit | None:
    """The discriminator of rosinality's port: ``d`` of a checkpoint."""
    part = _part(
        file, ("d", ""), "convs.0.0.weight", "convs.1.conv2.1.weight", "final_conv.0.weight"
    )
    if part is None:
        return None
    name, theirs = part
    tensors = _said(file, lambda: rosinality.discriminator_as_public(theirs))
    options = {**_discriminator_options(tensors), "conv_clamp": None, "group": 4}
    # Their filters have the sum 1 here: nothing is doubled.
    return Fit(
        tensors=_said(file, lambda: public.check_filters(tensors)),
        options=options,
        architecture=_discriminator_text(options),
        part=name,
    )


def load_discriminator(path: str | Path) -> StyleGAN2Discriminator:
    """The discriminator in a public file of either layout, with its weights, on the CPU.

    Raises:
        InputError: there is no such file.
        CheckpointError: it is unsafe or damaged, or holds no discriminator of StyleGAN2.
    """
    file = read_weights_file(path)
    fit = nvidia_discriminator(file) or rosinality_discriminator(file)
    if fit is None:
        raise CheckpointError(
            f"{file.path}: holds no discriminator of StyleGAN2: its tensors are "
            f"{first_tensors(file.tensors)}"
        )
    module = StyleGAN2Discriminator(DiscriminatorConfig(**fit.options))
    load_into(module, Checkpoint(tensors=fit.tensors, facts={}, path=file.path))
    return module


def write_rosinality(module: Any) -> dict[str, Any]:
    """A generator of ours as rosinality's scripts and pSp-like encoders load it.

    Raises:
        CheckpointError: it has what their generator has not: labels, another width, a z of
            another size than its codes.
    """
    config: StyleGAN2Config = module.config
    problems = []
    if config.classes:
        problems.append("it has classes")
    if config.z_dim != config.w_dim:
        problems.append(f"z_dim {config.z_dim} is not w_dim {config.w_dim}")
    widths = [_their_channels(config, m) for m in (1, 2)]
    ours = [config.channels(size) for size in _sizes(config)]
    if ours not in widths:
        problems.append(f"its channels {ours} are neither {widths[0]} nor {widths[1]}")
    if problems:
        text = "; ".join(problems)
        raise CheckpointError(f"rosinality's generator cannot hold this one: {text}")
    names = public.to_public(module.state_dict())
    state = rosinality.from_public_names(names)
    return {
        "g_ema": {name: tensor.detach().cpu().clone() for name, tensor in state.items()},
        "latent_avg": names["mapping.w_avg"].detach().cpu().clone(),
    }


def _part(file: WeightsFile, parts: tuple[str, ...], *signs: str) -> tuple[str, Tensors] | None:
    """The first of the *parts* in which all *signs* are, and its tensors."""
    for part in parts:
        if all((f"{part}.{sign}" if part else sign) in file.tensors for sign in signs):
            return part, file.tensors.under(part)
    return None


def _arguments(file: WeightsFile, name: str) -> dict[str, Any]:
    """Constructor arguments; those for an inner network count as well."""
    found = dict(file.arguments.get(name, {}))
    for inner in ("synthesis_kwargs", "block_kwargs", "epilogue_kwargs"):
        found.update(found.pop(inner, None) or {})
    return found


def _refuse_others(file: WeightsFile, given: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    for key, value in wanted.items():
        if given.get(key, value) != value:
            raise CheckpointError(
                f"{file.path}: is a StyleGAN2 of another architecture: {key} is {given[key]!r}, "
                f"and only {value!r} can be built here"
            )


def _said(file: WeightsFile, make: Callable[[], Tensors]) -> Tensors:
    """What *make* gives; an error names the file."""
    try:
        return make()
    except (CheckpointError, InputError) as error:
        raise CheckpointError(f"{file.path}: {error}") from error


def _plain(options: dict[str, Any]) -> dict[str, Any]:
    """Numbers as the configuration takes them."""
    clamp = options["conv_clamp"]
    return {**options, "conv_clamp": None if clamp is None else float(clamp)}


def _discriminator_options(tensors: Tensors) -> dict[str, Any]:
    shapes = tensors.shapes
    sizes = [int(name[1:].partition(".")[0]) for name in shapes if name.endswith(".skip.weight")]
    largest, last = max(sizes), shapes["b4.conv.weight"]
    channels = {size: shapes[f"b{size}.conv0.weight"][0] for size in sizes} | {4: last[0]}
    embed = shapes.get("mapping.embed.weight")
    layers = [name for name in shapes if name.startswith("mapping.fc") and name.endswith("bias")]
    options: dict[str, Any] = {
        "resolution": largest,
        "channel_base": max(size * count for size, count in channels.items()),
        "channel_max": last[0],
    }
    if embed is not None:
        options |= {
            "classes": embed[1],
            "mapping_layers": len(layers),
            "mapping_dim": shapes["mapping.fc0.bias"][0],
        }
    return options


@torch.no_grad()
def _drawn_mean(tensors: Tensors) -> Tensor:
    """The mean code of seeded random vectors."""
    state = tensors.under("mapping")
    inputs, layers = state.shapes["fc0.weight"][1], len(state) // 2
    network = MappingNetwork(
        z_dim=inputs, w_dim=state.shapes["fc0.bias"][0], layers=layers, follows_mean=False
    )
    network.load_state_dict(dict(state))
    z = torch.randn(_DRAWN, inputs, generator=torch.Generator().manual_seed(0))
    mean: Tensor = network(z).mean(0)
    return mean


def _sizes(config: StyleGAN2Config | DiscriminatorConfig) -> list[int]:
    return [4 << i for i in range(int(config.resolution).bit_length() - 2)]


def _their_channels(config: StyleGAN2Config, multiplier: int) -> list[int]:
    return [512 if size <= 32 else 16384 * multiplier // size for size in _sizes(config)]


def _generator_text(options: Mapping[str, Any]) -> str:
    classes = f", {options['classes']} classes" if options["classes"] else ""
    rows = 2 * int(options["resolution"]).bit_length() - 4
    return (
        f"StyleGAN2 generator, {options['resolution']} px, {rows} rows of {options['w_dim']}, "
        f"{options['mapping_layers']} mapping layers, channel_base {options['channel_base']}, "
        f"channel_max {options['channel_max']}{classes}"
    )


def _discriminator_text(options: Mapping[str, Any]) -> str:
    classes = f", {options['classes']} classes" if options.get("classes") else ""
    return (
        f"StyleGAN2 discriminator, {options['resolution']} px, channel_base "
        f"{options['channel_base']}, channel_max {options['channel_max']}, groups of "
        f"{options['group']}{classes}"
    )
