"""Sphinx configuration: Markdown pages, and the interfaces straight from their docstrings."""

from __future__ import annotations

import importlib.metadata

project = "styletalker"
author = "the styletalker authors"
release = importlib.metadata.version("styletalker")
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown"}
html_theme = "furo"
html_title = f"styletalker {release}"
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True, "exclude-members": "forward"}
exclude_patterns = ["_build"]
