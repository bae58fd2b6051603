"""The repository keeps its own rules."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
MOST_LINES = 300
PACKAGES = ("core", "plugins", "recipes", "evaluation")


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def test_the_top_level_is_the_design_cards() -> None:
    allowed = {"core", "plugins", "recipes", "evaluation", "tests", "docs", "pyproject.toml"}
    allowed |= {"tox.ini", "README.md", "LICENSE", ".ci", ".git", ".gitignore"}
    ignored = {line.strip("/\n") for line in (ROOT / ".gitignore").read_text().splitlines()}
    found = {path.name for path in ROOT.iterdir() if not path.name.endswith(".egg-info")}
    assert found - ignored - allowed - {"__pycache__"} == set()
    assert allowed - found <= {".git"}


def test_the_list_of_packages_is_complete() -> None:
    listed = set(project()["tool"]["setuptools"]["packages"])
    folders = {
        "styletalker." + ".".join(path.parent.relative_to(ROOT).parts)
        for path in sources(*PACKAGES)
        if path.name == "__init__.py" and path.parent.name != "_package"
    }
    assert listed == folders | {"styletalker"}


def test_every_folder_with_python_is_a_package() -> None:
    bare = {p.parent for p in sources(*PACKAGES) if not (p.parent / "__init__.py").exists()}
    assert bare == set()


@pytest.mark.parametrize(
    "path", sources(*PACKAGES, "tests"), ids=lambda p: str(p.relative_to(ROOT))
)
def test_a_file_is_short_and_imports_absolutely(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    limit = MOST_LINES if "tests" not in path.relative_to(ROOT).parts else 2 * MOST_LINES
    assert len(text.splitlines()) <= limit
    relative = [
        node.lineno
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []


def test_core_names_no_plugin() -> None:
    from styletalker.core.registry import Registry
    from styletalker.core.roles import ROLES

    own = [o for o in Registry.installed().offers() if o.plugin.distribution == "styletalker"]
    roles = {role.name for role in ROLES}
    words = roles | {"sync", "talker"}  # a loss and an artifact, besides stages
    names = {o.component.name for o in own if o.component.name not in words}
    modules = {o.plugin.module for o in own}
    assert names
    for path in sources("core"):
        code = ast.parse(path.read_text(encoding="utf-8"))
        docs = {id(node.value) for node in ast.walk(code) if isinstance(node, ast.Expr)}
        for node in ast.walk(code):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and id(node) not in docs
            ):
                assert node.value not in names, f"{path} names the component {node.value!r}"
            if isinstance(node, ast.ImportFrom):
                assert node.module not in modules, f"{path} imports the plug-in {node.module}"
                assert not str(node.module).startswith(
                    ("styletalker.plugins", "styletalker.recipes", "styletalker.evaluation")
                ), f"{path} imports {node.module}"


def test_core_imports_no_torch_where_it_must_be_light() -> None:
    light = [p for p in sources("core") if p.parent.name in ("core", "config", "recipe", "cli")]
    heavy = {"checkpoint.py"}
    for path in light:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            imports_torch = any(name.split(".")[0] == "torch" for name in names)
            assert not imports_torch or path.name in heavy, f"{path} imports torch"


def test_readme_and_ci_run_the_same_command() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    start = readme.index("## Quick start")
    section = readme[start : readme.index("\n## ", start + 1)]
    commands = re.findall(r"^python3 .+$", section, re.MULTILINE)
    assert len(commands) == 2
    assert commands[1] in (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()


def test_the_version_is_said_once() -> None:
    from styletalker import __version__

    assert project()["project"]["version"] == __version__


def test_entry_points_exist() -> None:
    points = project()["project"]["entry-points"]["styletalker.plugins"]
    for name, module in points.items():
        path = ROOT / Path(*module.split(".")[1:])
        assert (path / "__init__.py").exists() or path.with_suffix(".py").exists(), name


def test_nothing_of_this_machine_is_in_the_repository() -> None:
    forbidden = re.compile(r"/work/|/root/|/home/|pypi\.org|\bfiles\.pythonhosted\b")
    for path in [*sources(*PACKAGES, "tests"), *ROOT.glob("docs/**/*.md"), ROOT / "README.md"]:
        if path != Path(__file__):
            assert not forbidden.search(path.read_text(encoding="utf-8")), path
