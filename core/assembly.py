"""Building a recipe's components, each once, in the order their needs imply.

A role says where its constructor's arguments come from (``needs``): a prior needs
``motion_vae.motion_dim``, so the motion VAE is built first. No component knows another's class.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, overload

from styletalker.core.config.options import Chosen, WeightsRef
from styletalker.core.errors import CheckpointError, ConfigError, StyletalkerError
from styletalker.core.registry import Registry
from styletalker.core.roles import role_named

if TYPE_CHECKING:
    from styletalker.core.interfaces.audio_encoder import AudioEncoder
    from styletalker.core.interfaces.face_analyser import FaceAnalyser
    from styletalker.core.interfaces.generator import Generator
    from styletalker.core.interfaces.inverter import Inverter
    from styletalker.core.interfaces.motion_vae import MotionVAE
    from styletalker.core.interfaces.prior import Prior
    from styletalker.core.interfaces.sync_discriminator import SyncDiscriminator

__all__ = ["Components", "build", "with_needed"]


def build(chosen: Chosen, registry: Registry, **arguments: Any) -> Any:
    """An instance of a chosen component; *arguments* are what its interface needs.

    Its weights are loaded if it has any; else they are random.

    Raises:
        PluginError: it cannot be loaded.
        CheckpointError: its weights are damaged, have changed since they were chosen, or are for
            other sizes.
    """
    component = registry.load(chosen.role, chosen.type)(chosen.config, **arguments)
    if chosen.weights is not None:
        _load_weights(component, chosen, chosen.weights, arguments, registry)
    return component


def _load_weights(
    component: Any,
    chosen: Chosen,
    weights: WeightsRef,
    arguments: Mapping[str, Any],
    registry: Registry,
) -> None:
    from styletalker.core.checkpoint import load_checkpoint, load_into

    if weights.family is None:
        checkpoint = load_checkpoint(weights.path)
    else:
        from styletalker.core.weights_file.load import public_checkpoint

        bare = registry.get(chosen.role, chosen.type).component.name
        checkpoint = public_checkpoint(weights, chosen.role, bare, registry)
    if checkpoint.facts["sha256"] != weights.sha256:
        raise CheckpointError(f"{weights.path}: has changed since the recipe was read; start again")
    sizes = checkpoint.facts.get("sizes", {})
    other = [
        f"{keyword} {sizes[keyword]}, not {value}"
        for keyword, value in arguments.items()
        if sizes.get(keyword, value) != value
    ]
    if other:
        label = f"{role_named(chosen.role).title} {chosen.type!r}"
        raise CheckpointError(
            f"{weights.path}: the {label} was made for {', '.join(other)} as the other components "
            "have it"
        )
    load_into(component, checkpoint)


def with_needed(roles: Iterable[str]) -> tuple[str, ...]:
    """*roles* and all roles they need, directly or not, sorted."""
    found: set[str] = set()
    waiting = list(roles)
    while waiting:
        role = waiting.pop()
        if role not in found:
            found.add(role)
            waiting.extend(source.split(".")[0] for source in role_named(role).needs.values())
    return tuple(sorted(found))


class Components:
    """The components of a recipe, built when first asked for."""

    def __init__(self, chosen: Mapping[str, Chosen], registry: Registry) -> None:
        """Make them available; nothing is imported or built yet."""
        self._chosen = chosen
        self._registry = registry
        self._built: dict[str, Any] = {}

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles for which there is a component."""
        return tuple(self._chosen)

    def chosen(self, role: str) -> Chosen:
        """What the recipe chooses for *role*: type and options.

        Raises:
            ConfigError: it chooses nothing.
        """
        if role not in self._chosen:
            raise self._missing(role)
        return self._chosen[role]

    @overload
    def get(self, role: Literal["generator"]) -> Generator: ...
    @overload
    def get(self, role: Literal["inverter"]) -> Inverter: ...
    @overload
    def get(self, role: Literal["audio_encoder"]) -> AudioEncoder: ...
    @overload
    def get(self, role: Literal["sync_discriminator"]) -> SyncDiscriminator: ...
    @overload
    def get(self, role: Literal["motion_vae"]) -> MotionVAE: ...
    @overload
    def get(self, role: Literal["prior"]) -> Prior: ...
    @overload
    def get(self, role: Literal["face_analyser"]) -> FaceAnalyser: ...
    def get(self, role: str) -> Any:
        """The component of *role*: the same object each time.

        Raises:
            ConfigError: the recipe chooses none for this role, or for one it needs.
            PluginError: it cannot be loaded.
        """
        if role not in self._built:
            chosen = self.chosen(role)
            arguments = {
                keyword: self._needed(role, source)
                for keyword, source in role_named(role).needs.items()
            }
            self._built[role] = build(chosen, self._registry, **arguments)
        return self._built[role]

    def _missing(self, role: str) -> StyletalkerError:
        """The error of asking for a role that has no component."""
        title = role_named(role).title
        return ConfigError(f"the recipe chooses no {title}; add {role}: under components:")

    def _needed(self, role: str, source: str) -> Any:
        needed, _, attribute = source.partition(".")
        if needed not in self._chosen:
            raise ConfigError(
                f"the {role_named(role).title} {self._chosen[role].type!r} needs the "
                f"{attribute} of a {role_named(needed).title}, and the recipe chooses none; "
                f"add {needed}: under components:"
            )
        return getattr(self.get(needed), attribute)  # type: ignore[call-overload]
