"""The registry: from (role, name) to a component's class, and clear words when there is none.

A registry is an ordinary object made from a :class:`~styletalker.core.discovery.Discovery`;
there is no global one. Tests and applications build their own.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
from collections.abc import Sequence

from styletalker.core.component import Component
from styletalker.core.discovery import Discovery, Offer, Plugin, discover
from styletalker.core.errors import PluginError, compose
from styletalker.core.roles import ROLES, role_named
from styletalker.core.weights_file.family import WeightsFamily

__all__ = ["Registry", "conflict_text", "import_target", "missing_modules"]


class Registry:
    """Every component that can be used, by role and name.

    Two distributions may claim one name in one role: the bare name is then refused with both
    named, and ``distribution/name`` chooses. The qualified form always works.
    """

    def __init__(self, discovery: Discovery) -> None:
        """Make a registry of what *discovery* found."""
        self.discovery = discovery
        self._offers: dict[tuple[str, str], list[Offer]] = {}
        for offer in discovery.offers:
            self._offers.setdefault((offer.component.role, offer.component.name), []).append(offer)

    @classmethod
    def installed(cls) -> Registry:
        """The registry of the plug-ins installed in this environment."""
        return cls(discover())

    @classmethod
    def of(cls, *components: Component) -> Registry:
        """A registry of just these components, for tests and scripts."""
        plugin = Plugin(name="inline", module="inline", distribution="inline", version="0")
        offers = tuple(Offer(component=component, plugin=plugin) for component in components)
        return cls(Discovery(plugins=(plugin,), offers=offers))

    def offers(self, role: str | None = None) -> tuple[Offer, ...]:
        """All offers, or those of one role, in the order of roles, then by name."""
        order = {known.name: i for i, known in enumerate(ROLES)}
        if role is not None:
            role_named(role)
        chosen = [o for o in self.discovery.offers if role is None or o.component.role == role]
        return tuple(
            sorted(chosen, key=lambda o: (order[o.component.role], o.component.name, o.qualified))
        )

    def names(self, role: str) -> tuple[str, ...]:
        """The names to choose from in *role*; qualified where the bare name is ambiguous."""
        names: list[str] = []
        for offer in self.offers(role):
            clash = len(self._offers[role, offer.component.name]) > 1
            names.append(offer.qualified if clash else offer.component.name)
        return tuple(names)

    def conflicts(self) -> tuple[tuple[Offer, ...], ...]:
        """Groups of offers that claim the same (role, name)."""
        return tuple(tuple(group) for group in self._offers.values() if len(group) > 1)

    def families(self) -> tuple[WeightsFamily, ...]:
        """The families of public weights that installed plug-ins can read, sorted by name."""
        return tuple(sorted(self.discovery.families, key=lambda family: family.name))

    def get(self, role: str, name: str) -> Offer:
        """The offer called *name* (or ``distribution/name``) in *role*.

        Raises:
            PluginError: the role or the name is unknown, or the name is claimed twice.
        """
        known = role_named(role)
        distribution, _, bare = name.rpartition("/")
        group = self._offers.get((role, bare), [])
        if distribution:
            group = [offer for offer in group if offer.plugin.distribution == distribution]
        if len(group) == 1:
            return group[0]
        if group:
            raise PluginError(_clash(group))
        raise PluginError(
            compose(
                f"no such {known.title}",
                given=name,
                name=name,
                choices=self.names(role),
                fix=self._hint(role),
            )
        )

    def load(self, role: str, name: str) -> type:
        """Import the class of a component.

        Raises:
            PluginError: it is unknown, needs a module that is not installed, cannot be
                imported, or is not a subclass of its role's interface.
        """
        offer = self.get(role, name)
        component, known = offer.component, role_named(role)
        label = f"{known.title} {component.name!r} of {offer.plugin}"
        for module, requirement in missing_modules(component).items():
            raise PluginError(
                f"{label} needs the module {module}, which is not installed. "
                f"Install it with: pip install '{requirement}'"
            )
        try:
            found = import_target(component.target)
        except Exception as error:
            raise PluginError(
                f"{label} cannot be imported from {component.target}: "
                f"{type(error).__name__}: {error}"
            ) from error
        interface = import_target(known.interface)
        if not (isinstance(found, type) and issubclass(found, interface)):
            raise PluginError(
                f"{label} is not a {interface.__name__}: {component.target} must be a subclass "
                f"of {interface.__module__}.{interface.__name__}"
            )
        return found

    def _hint(self, role: str) -> str | None:
        refused = self.discovery.refusals
        if refused:
            names = ", ".join(sorted({str(refusal.plugin) for refusal in refused}))
            return f"Not loaded: {names}; `toolkit doctor` says why."
        return None if self.names(role) else "None is installed."


def import_target(target: str) -> type:
    """The object written ``package.module:Class``."""
    module, _, path = target.partition(":")
    found: type = functools.reduce(getattr, path.split("."), importlib.import_module(module))  # type: ignore[assignment]
    return found


def missing_modules(component: Component) -> dict[str, str]:
    """Optional modules that *component* needs and that are not installed -> what to install."""
    return {
        module: requirement
        for module, requirement in component.requires.items()
        if not _importable(module)
    }


def conflict_text(group: Sequence[Offer]) -> str:
    """Who claims the one name that all offers of *group* have."""
    component = group[0].component
    claims = " and ".join(str(offer.plugin) for offer in group)
    return f"{role_named(component.role).title} {component.name!r} is claimed by {claims}"


def _importable(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ImportError:
        return False


def _clash(group: Sequence[Offer]) -> str:
    qualified = sorted({offer.qualified for offer in group})
    if len(qualified) == len(group):
        fix = "Write " + " or ".join(repr(one) for one in qualified) + "."
    else:
        fix = "One distribution claims it twice: rename one of them."
    return f"{conflict_text(group)}. {fix}"
