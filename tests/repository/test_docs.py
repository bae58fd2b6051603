"""Every snippet in the README and the documentation runs or is checked; nothing is left out."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
from styletalker.core import hookspecs
from styletalker.core.cli.main import _BUILT_IN
from styletalker.core.config.describe import describe
from styletalker.core.recipe.locate import packaged_recipes
from styletalker.core.recipe.model import RecipeKeys
from styletalker.core.recipe.nodes import parse_yaml
from styletalker.core.registry import Registry
from styletalker.core.roles import ROLES

ROOT = Path(__file__).parent.parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INSTALLS = re.compile(r"(python3 -m venv|pip install|git clone) ")


@attrs.frozen
class Snippet:
    language: str
    text: str


def snippets(page: Path) -> Iterator[Snippet]:
    for language, text in FENCE.findall(page.read_text(encoding="utf-8")):
        if not language.startswith("{"):
            yield Snippet(language, text)


def page_name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_every_snippet(page: Path, tmp_path: Path, installed: dict[str, str]) -> None:
    shutil.copytree(ROOT / "tests" / "plugin_example", tmp_path / "plugin_example")
    code = ""
    for snippet in snippets(page):
        if snippet.language == "console":
            run_session(snippet.text, tmp_path, installed)
        elif snippet.language == "python":
            code += snippet.text
        elif snippet.language == "yaml":
            parse_yaml(snippet.text, page.name)
            named = re.match(r"# file: (\S+)\n", snippet.text)
            (tmp_path / (named[1] if named else "unnamed.yaml")).write_text(snippet.text)
            if named is None:
                command = [sys.executable, "-m", "styletalker", "check", "unnamed.yaml"]
                subprocess.run(command, cwd=tmp_path, env=installed, check=True)
        elif snippet.language == "toml":
            tomllib.loads(snippet.text)
        elif snippet.language == "sh":
            for line in snippet.text.splitlines():
                assert INSTALLS.match(line), f"{page.name}: {line!r} is run by no test"
        else:
            raise AssertionError(f"{page.name}: a {snippet.language!r} block is checked by nothing")
    if code:
        subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=installed, check=True)


def run_session(text: str, folder: Path, environment: dict[str, str]) -> None:
    """Run the commands of a console session and compare what they print."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        answer = subprocess.run(
            ["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True
        )
        status = f"[exit status {answer.returncode}]\n" if answer.returncode else ""
        shown = answer.stdout if not status else answer.stdout + answer.stderr + status
        assert matches(shown, expected), f"$ {command}\n{shown}\n--- expected ---\n{expected}"


def matches(shown: str, expected: str) -> bool:
    """Whether *shown* is *expected*, where a line ``...`` stands for any lines."""
    lines = [line.rstrip() for line in shown.strip().splitlines()]
    wanted = [line.rstrip() for line in expected.strip().splitlines()]
    pattern = "".join("(?:.*\n)*" if line == "..." else re.escape(line) + "\n" for line in wanted)
    return (
        re.fullmatch(pattern, "".join(line + "\n" for line in lines)) is not None
        if wanted
        else True
    )


def test_the_matcher_does_not_match_everything() -> None:
    assert matches("a\nb\nc\n", "a\n...\nc\n")
    assert not matches("a\nb\nc\n", "a\nc\n")
    assert not matches("a\n", "b\n")
    assert matches("anything", "")


def documentation() -> str:
    return "\n".join(page.read_text(encoding="utf-8") for page in PAGES)


def names_to_document() -> list[str]:
    hooks = [name for name in hookspecs.__all__ if name.startswith("styletalker_")]
    own = [o for o in Registry.installed().offers() if o.plugin.distribution == "styletalker"]
    return [
        *hooks,
        *(role.name for role in ROLES),
        *(f"toolkit {command}" for command in _BUILT_IN),
        *(field.name for field in describe(RecipeKeys)),
        *(offer.component.name for offer in own),
        *packaged_recipes(),
    ]


@pytest.mark.parametrize("name", names_to_document())
def test_everything_is_documented(name: str) -> None:
    assert re.search(rf"`[^`\n]*\b{re.escape(name)}\b[^`\n]*`", documentation()), (
        f"{name} stands nowhere in the documentation, in code font"
    )


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_packaged_recipes_have_a_header() -> None:
    for name, path in packaged_recipes().items():
        header = path.read_text(encoding="utf-8").split("\n\n")[0]
        for word in ("Needs:", "Run:", "Override:", "Takes:", "Result:"):
            assert word in header, f"recipe {name}: the header says nothing about {word}"
