"""What the training stages minimise, and where their batches come from."""
