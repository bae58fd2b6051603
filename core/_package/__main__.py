"""``python -m styletalker``: the same as ``toolkit``."""

from __future__ import annotations

from styletalker.core.cli.main import main

main()
