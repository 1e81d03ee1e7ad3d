"""From a recipe and an image to results: the one runner, and where it keeps them."""
