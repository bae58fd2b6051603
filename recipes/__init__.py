"""Recipes that ship with the package, and the stages they are made of."""
