"""Training: configuration, samples, the loop, checkpoints."""
