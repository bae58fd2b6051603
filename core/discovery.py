"""Finding plug-ins: every entry point on its own, so that a broken one harms no other.

pluggy's own ``load_setuptools_entrypoints`` stops at the first failure, skips duplicates
in silence and lets a misspelt hook pass. Here each plug-in is imported, validated and
asked for its components by itself; what goes wrong becomes a :class:`Refusal`.
"""

from __future__ import annotations

import importlib.metadata
import inspect
import os
import re
import traceback
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Protocol, TypeVar

import attrs
import pluggy
from styletalker.core import hookspecs
from styletalker.core.component import Component, faults_of
from styletalker.core.errors import compose
from styletalker.core.weights_file.family import WeightsFamily, family_faults

__all__ = ["PLUGINS_VARIABLE", "Discovery", "EntryPoint", "Offer", "Plugin", "Refusal", "discover"]

PLUGINS_VARIABLE = "STYLETALKER_PLUGINS"
"""Environment variable: the third-party distributions to load, comma-separated.

Unset loads all of them; set to nothing loads none. styletalker's own are always loaded.
"""

_OWN = "styletalker"
_R = TypeVar("_R")


class Distribution(Protocol):
    """The part of an installed distribution that discovery reads."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...


class EntryPoint(Protocol):
    """The part of ``importlib.metadata.EntryPoint`` that discovery reads."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def value(self) -> str: ...  # noqa: D102
    @property
    def dist(self) -> Distribution | None: ...  # noqa: D102
    def load(self) -> object: ...  # noqa: D102


@attrs.frozen(kw_only=True)
class Plugin:
    """A plug-in by name: the entry point and the distribution that brings it."""

    name: str
    """Name of the entry point."""
    module: str
    """The module it names."""
    distribution: str
    """Name of the installed distribution it comes from."""
    version: str
    """Version of that distribution."""

    def __str__(self) -> str:
        """The plug-in as messages name it."""
        return f"plug-in {self.name!r} ({self.distribution} {self.version})"


@attrs.frozen(kw_only=True)
class Offer:
    """A component together with the plug-in that offers it."""

    component: Component
    plugin: Plugin

    @property
    def qualified(self) -> str:
        """The name that is never ambiguous: ``distribution/name``."""
        return f"{self.plugin.distribution}/{self.component.name}"


@attrs.frozen(kw_only=True)
class Refusal:
    """A plug-in, or one component of it, that was not registered, and why."""

    plugin: Plugin
    reason: str
    """The reason in one line."""
    details: str = ""
    """The traceback, where there was an exception."""

    def __str__(self) -> str:
        """One line for listings."""
        return f"{self.plugin} was refused: {self.reason}"


@attrs.frozen(kw_only=True)
class Discovery:
    """What one look at the installed distributions found."""

    plugins: tuple[Plugin, ...] = ()
    """Plug-ins that answered."""
    offers: tuple[Offer, ...] = ()
    """Their valid components; two may still claim the same name."""
    families: tuple[WeightsFamily, ...] = ()
    """Their valid families of public weights, the first of each name."""
    refusals: tuple[Refusal, ...] = ()
    """What could not be used."""
    skipped: tuple[Plugin, ...] = ()
    """Third-party plug-ins that the environment variable left out."""


def discover(
    entry_points: Iterable[EntryPoint] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Discovery:
    """Ask every installed plug-in for its components.

    Args:
        entry_points: the plug-ins to ask; by default those installed in this environment. A
            distribution that stands twice on ``sys.path`` counts once, the first one.
        environment: where :data:`PLUGINS_VARIABLE` is read; by default ``os.environ``.

    Returns:
        Everything found, including what was refused; this function does not raise for a
        broken plug-in.
    """
    if entry_points is None:
        entry_points = importlib.metadata.entry_points(group=hookspecs.ENTRY_POINT_GROUP)
    allowed = _allowed(os.environ if environment is None else environment)
    plugins: list[Plugin] = []
    offers: list[Offer] = []
    families: dict[str, WeightsFamily] = {}
    refusals: list[Refusal] = []
    skipped: list[Plugin] = []
    for entry_point, plugin in _distinct(entry_points):
        if allowed is not None and _canonical(plugin.distribution) not in {_OWN, *allowed}:
            skipped.append(plugin)
            continue
        try:
            found, known, wrong = _ask(entry_point, plugin)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # SystemExit too: a plug-in must not end the toolkit
            reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            details = traceback.format_exc()
            refusals.append(
                Refusal(plugin=plugin, reason=" ".join(reason.split()), details=details)
            )
            continue
        if found or known:
            plugins.append(plugin)
        for family in known:
            if families.setdefault(family.name, family) is not family:
                wrong.append(f"weights family {family.name!r}: the name is taken")
        offers.extend(Offer(component=component, plugin=plugin) for component in found)
        refusals.extend(Refusal(plugin=plugin, reason=reason) for reason in wrong)
    return Discovery(
        plugins=tuple(plugins),
        offers=tuple(offers),
        families=tuple(families.values()),
        refusals=tuple(refusals),
        skipped=tuple(skipped),
    )


def _canonical(name: str) -> str:
    """A distribution's name as the packaging standard compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _allowed(environment: Mapping[str, str]) -> set[str] | None:
    given = environment.get(PLUGINS_VARIABLE)
    if given is None:
        return None
    return {_canonical(name.strip()) for name in given.split(",") if name.strip()}


def _distinct(entry_points: Iterable[EntryPoint]) -> list[tuple[EntryPoint, Plugin]]:
    """Entry points without repetitions, in a stable order, with the plug-in each one names."""
    distinct: dict[tuple[str, str], tuple[EntryPoint, Plugin]] = {}
    for entry_point in entry_points:
        dist = entry_point.dist
        plugin = Plugin(
            name=entry_point.name,
            module=entry_point.value,
            distribution=dist.name if dist else "unknown",
            version=dist.version if dist else "?",
        )
        distinct.setdefault((_canonical(plugin.distribution), plugin.name), (entry_point, plugin))
    return [distinct[key] for key in sorted(distinct, key=lambda key: (key[0] != _OWN, key))]


def _ask(
    entry_point: EntryPoint, plugin: Plugin
) -> tuple[list[Component], list[WeightsFamily], list[str]]:
    """The valid components and weights families of one plug-in, and what is wrong with others."""
    module = entry_point.load()
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    wrong = _misspelt(manager, module)
    if not wrong:
        manager.register(module, plugin.name)
    components = [record for answer in manager.hook.styletalker_components() for record in answer]
    families = [record for answer in manager.hook.styletalker_weights() for record in answer]
    if not wrong and not manager.get_hookcallers(module):
        fix = "decorate a function styletalker_components with @hookimpl"
        wrong = [f"module {plugin.module} implements no hook; {fix}"]
    found = _valid(components, faults_of, "component", wrong)
    known = _valid(families, family_faults, "weights family", wrong)
    return found, known, wrong


def _valid(
    records: Iterable[_R], faults: Callable[[object], list[str]], kind: str, wrong: list[str]
) -> list[_R]:
    """Records without faults; the faults of the others are added to *wrong*."""
    found = []
    for record in records:
        problems = faults(record)
        label = f"{kind} {getattr(record, 'name', record)!r}: "
        wrong.extend(label + problem for problem in problems)
        if not problems:
            found.append(record)
    return found


def _misspelt(manager: pluggy.PluginManager, module: object) -> list[str]:
    """Hooks that *module* implements and that do not exist."""
    hooks = [name for name in vars(manager.hook) if not name.startswith("_")]
    names = vars(module) if isinstance(module, ModuleType) else dict(inspect.getmembers(module))
    return [
        compose("no such hook", given=name, name=name, choices=hooks)
        for name in names
        if name not in hooks and manager.parse_hookimpl_opts(module, name) is not None
    ]
