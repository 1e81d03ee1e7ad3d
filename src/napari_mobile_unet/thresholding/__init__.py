"""Grey values are split by thresholds, and drawn as a histogram."""
