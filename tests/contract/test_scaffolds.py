"""What ``toolkit new`` writes passes the kit, for every role."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from styletalker.core.contract.case import _BY_ROLE, checks_of
from styletalker.core.errors import InputError, PluginError
from styletalker.core.recipe.locate import find_recipe
from styletalker.core.registry import Registry
from styletalker.core.roles import ROLES
from styletalker.core.scaffold.write import write_plugin
from support.scaffolds import registry_of_scaffolds

ROLE_NAMES = [role.name for role in ROLES]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scaffolds")


@pytest.fixture(scope="module")
def scaffolds(folder: Path) -> Registry:
    return registry_of_scaffolds(folder)


def test_the_kit_knows_every_role() -> None:
    assert list(_BY_ROLE) == sorted(ROLE_NAMES, key=list(_BY_ROLE).index)
    assert set(_BY_ROLE) == set(ROLE_NAMES)


@pytest.mark.parametrize("role", ROLE_NAMES)
def test_a_scaffold_keeps_its_contract(scaffolds: Registry, role: str) -> None:
    checks = checks_of(scaffolds, [f"scaffold-{role.replace('_', '-')}"])
    assert len(checks) >= 6
    for check in checks:
        if "plugin_is_light" not in check.label:  # it is not on the path of other processes
            check()


def test_what_is_written_is_clean(folder: Path, scaffolds: Registry) -> None:
    assert scaffolds.offers()
    settings = ["--isolated", "--line-length", "100", "--select", "E,F,I,UP,B,W"]
    isort = ["--config", 'lint.isort.known-third-party=["styletalker"]']
    for project in sorted(folder.iterdir()):
        command = [sys.executable, "-m", "ruff", "check", *settings, *isort, "."]
        answer = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
        assert answer.returncode == 0, answer.stdout


def test_recipes_come_with_it(folder: Path, scaffolds: Registry) -> None:
    assert scaffolds.offers()
    found = find_recipe("recipes/example.yaml", beside=folder / "scaffold-generator")
    assert found.path.read_text().startswith("# Draws a contact sheet")


def test_wrong_names(tmp_path: Path) -> None:
    for arguments, message in (
        (
            ("My Plugin", "prior", None),
            "not a package name; expected lower-case words joined by '-', such as "
            "styletalker-ripple, got 'My Plugin'",
        ),
        (
            ("waves", "prior", "My-Wave"),
            "not a component name; expected snake_case, such as ripple, got 'My-Wave'",
        ),
        (
            ("waves", "prior", "class"),
            "not a component name; expected snake_case, such as ripple, got 'class'",
        ),
    ):
        name, role, component = arguments
        with pytest.raises(InputError) as caught:
            write_plugin(name, role, component, tmp_path)
        assert str(caught.value) == message
    with pytest.raises(PluginError, match="no such role: 'piror'; did you mean 'prior'"):
        write_plugin("waves", "piror", None, tmp_path)
    write_plugin("waves", "prior", None, tmp_path)
    with pytest.raises(InputError, match="waves: exists already; choose another name or --output"):
        write_plugin("waves", "prior", None, tmp_path)


def test_the_component_is_named_after_the_package(tmp_path: Path) -> None:
    write_plugin("styletalker-blue-noise", "prior", None, tmp_path)
    text = (tmp_path / "styletalker-blue-noise/styletalker_blue_noise/__init__.py").read_text()
    assert 'name="noise"' in text
    assert 'target="styletalker_blue_noise.component:Noise"' in text
    write_plugin("my-prior", "prior", None, tmp_path)
    text = (tmp_path / "my-prior/my_prior/component.py").read_text()
    assert "class MyPrior(Prior):" in text
