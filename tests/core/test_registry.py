"""From names to classes, and what is said when there is none."""

from __future__ import annotations

import attrs
import pytest
from styletalker.core.discovery import Discovery, Plugin, Refusal
from styletalker.core.errors import PluginError
from styletalker.core.interfaces.stage import Stage
from styletalker.core.registry import Registry
from support.parts import GaussianConfig, component, make_registry


def message_of(registry: Registry, role: str, name: str) -> str:
    with pytest.raises(PluginError) as caught:
        registry.load(role, name)
    return str(caught.value)


def test_load_gives_the_class(registry: Registry) -> None:
    assert issubclass(registry.load("stage", "write"), Stage)
    assert registry.load("stage", "inline/write") is registry.load("stage", "write")


def test_unknown_component(registry: Registry) -> None:
    assert message_of(registry, "prior", "gausian") == (
        "no such prior: 'gausian'; did you mean 'gaussian'?"
    )
    assert message_of(registry, "prior", "x") == "no such prior: 'x'; there is flow, gaussian"
    assert message_of(registry, "metric", "fid") == "no such metric: 'fid'. None is installed."
    assert message_of(registry, "audio_encoder", "x").startswith("no such audio encoder: 'x'")


def test_unknown_role(registry: Registry) -> None:
    assert message_of(registry, "piror", "flow") == "no such role: 'piror'; did you mean 'prior'?"


def test_an_unknown_component_may_be_in_a_refused_plugin() -> None:
    plugin = Plugin(name="mesh", module="m", distribution="mesh-dist", version="3")
    refused = Registry(Discovery(refusals=(Refusal(plugin=plugin, reason="broken"),)))
    assert message_of(refused, "generator", "mesh") == (
        "no such generator: 'mesh'. Not loaded: plug-in 'mesh' (mesh-dist 3); "
        "`toolkit doctor` says why."
    )


def test_missing_optional_dependency() -> None:
    needy = component("prior", "needy", GaussianConfig, requires={"no_such_module": "pkg[audio]"})
    assert message_of(make_registry(needy), "prior", "needy") == (
        "prior 'needy' of plug-in 'inline' (inline 0) needs the module no_such_module, which is "
        "not installed. Install it with: pip install 'pkg[audio]'"
    )


@pytest.mark.parametrize(
    ("target", "ending"),
    [
        (
            "no.module:X",
            "cannot be imported from no.module:X: ModuleNotFoundError: No module named 'no'",
        ),
        (
            "support.parts:Missing",
            "cannot be imported from support.parts:Missing: AttributeError: module 'support.parts' "
            "has no attribute 'Missing'",
        ),
        (
            "support.parts:Mood",
            "is not a Stage: support.parts:Mood must be a subclass of "
            "styletalker.core.interfaces.stage.Stage",
        ),
    ],
)
def test_wrong_target(target: str, ending: str) -> None:
    registry = make_registry(component("stage", "odd", GaussianConfig, target))
    assert message_of(registry, "stage", "odd") == (
        f"stage 'odd' of plug-in 'inline' (inline 0) {ending}"
    )


def test_offers_are_ordered_by_role_then_name(registry: Registry) -> None:
    names = [(offer.component.role, offer.component.name) for offer in registry.offers()]
    assert names[:3] == [("generator", "every_kind"), ("prior", "flow"), ("prior", "gaussian")]
    assert names[-1] == ("stage", "write")


def test_registries_share_nothing() -> None:
    first, second = Registry.of(), make_registry()
    assert first.names("prior") == ()
    assert second.names("prior") == ("flow", "gaussian")
    assert attrs.fields(Discovery).offers.default == ()
