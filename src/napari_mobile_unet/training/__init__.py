"""Models are trained, in a child process."""
