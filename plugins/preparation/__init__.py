"""From raw videos to a training corpus."""
