"""The one value that carries every setting, and where a result comes from."""
