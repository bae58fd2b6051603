"""Fixtures for all tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from styletalker.core.registry import Registry
from support.parts import make_registry

pytest_plugins = ["pytester"]

collect_ignore = ["plugin_example", "benchmarks"]
"""An outside package with tests of its own, and measurements that are run by hand."""


@pytest.fixture
def registry() -> Registry:
    """The registry of the test components."""
    return make_registry()


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """Write a recipe into an empty current directory."""
    monkeypatch.chdir(tmp_path)

    def write_file(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a process that has the example plug-in installed by pip."""
    target, source = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("source") / "example"
    shutil.copytree(Path(__file__).parent / "plugin_example", source)
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "install", *options, "--target", str(target)]
    silent = {**os.environ, "PYTHONWARNINGS": "ignore"}
    subprocess.run([*command, str(source)], check=True, env=silent)
    scripts = str(Path(sys.executable).parent)
    path = scripts + os.pathsep + os.environ.get("PATH", "")
    return {**os.environ, "PYTHONPATH": str(target), "PATH": path}
