"""Where work is done, and with how many cores."""
