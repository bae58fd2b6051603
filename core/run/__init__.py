"""Runs: a recipe's stages in order, in a directory that says what happened."""
