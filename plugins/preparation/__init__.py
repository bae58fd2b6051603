"""Preparation of a training corpus from raw videos."""
