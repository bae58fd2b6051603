"""Plug-ins are found one by one, and what is wrong with one harms no other."""

from __future__ import annotations

import importlib.metadata
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from styletalker.core.discovery import Discovery, discover
from styletalker.core.errors import PluginError
from styletalker.core.registry import Registry
from support.scaffolds import entry_point

GOOD = """
    import attrs
    from styletalker.core.component import Component
    from styletalker.core.hookspecs import hookimpl

    @attrs.frozen(kw_only=True)
    class Config:
        pass

    def record(**changes):
        values = dict(role="generator", name="wave", target="a.b:C", config=Config, summary="s",
                      source="s", licence="MIT", smoke={})
        return Component(**{**values, **changes})

    @hookimpl
    def styletalker_components():
        return [record()]
"""


class Modules:
    """Writes plug-in modules and finds them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.points: list[object] = []

    def add(self, module: str, text: str, distribution: str = "", version: str = "1.0") -> None:
        (self.folder / f"{module}.py").write_text(textwrap.dedent(text), encoding="utf-8")
        self.points.append(entry_point(module, module, distribution or f"{module}-dist", version))

    def discover(self, **environment: str) -> Discovery:
        return discover(self.points, environment)  # type: ignore[arg-type]


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Modules]:
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield Modules(tmp_path)
    for name in set(sys.modules) - before:
        del sys.modules[name]


def reasons(discovery: Discovery) -> list[str]:
    return [str(refusal) for refusal in discovery.refusals]


def test_a_good_plugin(modules: Modules) -> None:
    modules.add("waves", GOOD, version="2.1")
    found = modules.discover()
    assert reasons(found) == []
    (offer,) = found.offers
    assert (offer.component.name, offer.qualified) == ("wave", "waves-dist/wave")
    assert str(offer.plugin) == "plug-in 'waves' (waves-dist 2.1)"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("def broken(:", "SyntaxError: invalid syntax (broken.py, line 1)"),
        (
            GOOD.replace("[record()]", "1 / 0"),
            "ZeroDivisionError: division by zero",
        ),
        (
            GOOD.replace("def styletalker_components", "def styletalker_component"),
            "no such hook: 'styletalker_component'; did you mean 'styletalker_components'?",
        ),
        (
            GOOD.replace("@hookimpl", ""),
            "module broken implements no hook; "
            "decorate a function styletalker_components with @hookimpl",
        ),
        (
            GOOD.replace("styletalker_components()", "styletalker_components(config)"),
            "PluginValidationError: Plugin 'broken' for hook 'styletalker_components' hookimpl "
            "definition: styletalker_components(config) Argument(s) {'config'} are declared in the "
            "hookimpl but can not be found in the hookspec",
        ),
        (GOOD.replace("[record()]", "3"), "TypeError: 'int' object is not iterable"),
        (
            GOOD.replace("[record()]", "[3]"),
            "component 3: a hook must return Component records, not int",
        ),
        (
            GOOD.replace("record()]", "record(role='genrator')]"),
            "component 'wave': no such role: 'genrator'; did you mean 'generator'?",
        ),
        (
            GOOD.replace("record()]", "record(name='My Wave')]"),
            "component 'My Wave': name must be snake_case, not 'My Wave'",
        ),
        (
            GOOD.replace("record()]", "record(target='a.b.C')]"),
            "component 'wave': target must be package.module:Class, not 'a.b.C'",
        ),
        (
            GOOD.replace("record()]", "record(config=int)]"),
            "component 'wave': config must be an attrs class, not <class 'int'>",
        ),
        (
            GOOD.replace("record()]", "record(licence='')]"),
            "component 'wave': licence must be a non-empty text, not ''",
        ),
        (
            GOOD.replace("record()]", "record(smoke=3)]"),
            "component 'wave': smoke must be a mapping of options, not 3",
        ),
    ],
)
def test_a_broken_plugin_is_refused_by_name_and_the_rest_works(
    modules: Modules, text: str, reason: str
) -> None:
    modules.add("broken", text)
    modules.add("waves", GOOD)
    found = modules.discover()
    assert reasons(found) == [f"plug-in 'broken' (broken-dist 1.0) was refused: {reason}"]
    assert [offer.component.name for offer in found.offers] == ["wave"]


def test_a_refusal_keeps_the_traceback(modules: Modules) -> None:
    modules.add("broken", GOOD.replace("[record()]", "1 / 0"))
    (refusal,) = modules.discover().refusals
    assert "broken.py" in refusal.details
    assert "return 1 / 0" in refusal.details


def test_ctrl_c_is_not_a_refusal(modules: Modules) -> None:
    modules.add("broken", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        modules.discover()


def test_one_bad_record_does_not_take_the_others(modules: Modules) -> None:
    modules.add("mixed", GOOD.replace("[record()]", "[record(), record(name='B')]"))
    found = modules.discover()
    assert [offer.component.name for offer in found.offers] == ["wave"]
    assert len(found.refusals) == 1


def test_two_distributions_claim_one_name(modules: Modules) -> None:
    modules.add("one", GOOD, version="1.0")
    modules.add("two", GOOD, version="2.0")
    registry = Registry(modules.discover())
    with pytest.raises(PluginError) as caught:
        registry.get("generator", "wave")
    assert str(caught.value) == (
        "generator 'wave' is claimed by plug-in 'one' (one-dist 1.0) and plug-in 'two' "
        "(two-dist 2.0). Write 'one-dist/wave' or 'two-dist/wave'."
    )
    assert registry.get("generator", "two-dist/wave").plugin.version == "2.0"
    assert registry.names("generator") == ("one-dist/wave", "two-dist/wave")
    assert len(registry.conflicts()) == 1


def test_one_distribution_claims_a_name_twice(modules: Modules) -> None:
    modules.add("one", GOOD, "dist")
    modules.add("two", GOOD, "dist")
    with pytest.raises(PluginError, match="One distribution claims it twice"):
        Registry(modules.discover()).get("generator", "dist/wave")


def test_the_same_distribution_twice_on_the_path_is_no_duplicate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("first", "second"):
        info = tmp_path / place / "waves_dist-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: waves_dist\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[styletalker.plugins]\nwaves = waves\n")
        (tmp_path / place / "waves.py").write_text(textwrap.dedent(GOOD))
        monkeypatch.syspath_prepend(tmp_path / place)
    importlib.invalidate_caches()
    found = discover(environment={})
    waves = [offer for offer in found.offers if offer.component.name == "wave"]
    assert len(waves) == 1
    assert Registry(found).get("generator", "wave") is waves[0]


@pytest.mark.parametrize(
    ("allowed", "loaded"),
    [
        ("", []),
        ("One.Dist", ["one_dist"]),
        ("one-dist, two-dist", ["one_dist", "two-dist"]),
        ("other", []),
    ],
)
def test_the_environment_limits_third_parties(
    modules: Modules, allowed: str, loaded: list[str]
) -> None:
    modules.add("one", GOOD, "one_dist")
    modules.add("two", GOOD, "two-dist")
    modules.add("own", GOOD, "styletalker")
    found = modules.discover(STYLETALKER_PLUGINS=allowed)
    assert [plugin.distribution for plugin in found.plugins] == ["styletalker", *loaded]
    assert len(found.skipped) == 2 - len(loaded)


def test_own_plugins_come_through_the_same_entry_points() -> None:
    points = importlib.metadata.entry_points(group="styletalker.plugins")
    own = {point.name for point in points if point.dist and point.dist.name == "styletalker"}
    found = discover(environment={"STYLETALKER_PLUGINS": ""})
    assert {plugin.name for plugin in found.plugins} == own
    assert found.refusals == ()
