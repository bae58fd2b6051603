"""The frame: roles, registry, recipes and runs. It names no plug-in and imports no torch."""
