"""Recipes: YAML with positions, inheritance and overrides, validated into plain objects."""
