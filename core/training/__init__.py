"""Training: the engine that every training stage uses. Importing this package imports no torch."""
