"""Components with public weights in them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from styletalker.core.config.options import WeightsRef
from styletalker.core.config.structure import Structurer
from styletalker.core.errors import CheckpointError, ConfigError
from styletalker.core.files import digest_of
from styletalker.core.registry import Registry
from styletalker.core.roles import role_named
from styletalker.core.weights_file.fit import Fitting, fit_for, fits_of, held_text
from styletalker.core.weights_file.read import read_weights_file

if TYPE_CHECKING:
    from styletalker.core.checkpoint import Checkpoint

__all__ = ["load_public", "public_checkpoint"]


def load_public(
    path: str | Path,
    registry: Registry,
    *,
    role: str,
    component: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> tuple[Any, Fitting]:
    """A component built for a public file, with its weights, on the CPU; and what was found.

    Args:
        path: the file.
        registry: the components that are installed.
        role: the role to fill.
        component: which component; None takes the first of the role that the file fits.
        options: options that the file does not decide; the rest is the file's.

    Raises:
        InputError: there is no such file.
        CheckpointError: it is unsafe or damaged, or holds nothing for that role.
        PluginError: the component cannot be loaded.
    """
    file = read_weights_file(path)
    if component is None:
        found = [fitting for fitting in fits_of(file, registry) if fitting.family.role == role]
        if not found:
            title = role_named(role).title
            raise CheckpointError(f"{file.path}: holds no {title}: {held_text(file, registry)}")
        component = str(found[0].family.component)
    fitting = fit_for(file, registry, role, component)
    target = registry.get(role, component).component.config
    try:
        given = {**dict(options or {}), **fitting.fit.options}
        config = Structurer(registry).structure(given, target)
    except ConfigError as error:
        raise CheckpointError(f"{file.path}: does not fit {component!r}: {error}") from error
    sizes = {keyword: fitting.fit.sizes[keyword] for keyword in role_named(role).needs}
    from styletalker.core.checkpoint import Checkpoint, load_into

    module: Any = registry.load(role, component)(config, **sizes)
    load_into(module, Checkpoint(tensors=fitting.fit.tensors, facts={}, path=file.path))
    return module, fitting


def public_checkpoint(ref: WeightsRef, role: str, component: str, registry: Registry) -> Checkpoint:
    """The tensors of a public file under our names, as a checkpoint of our own.

    Raises:
        CheckpointError: the file has changed since it was chosen, or does not fit any more.
    """
    from styletalker.core.checkpoint import Checkpoint

    fit = fit_for(read_weights_file(ref.path), registry, role, component).fit
    facts = {"sha256": digest_of(ref.path), "sizes": dict(fit.sizes)}
    return Checkpoint(tensors=fit.tensors, facts=facts, path=ref.path)
