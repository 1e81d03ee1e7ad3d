"""The page *Correct*: labels mended by hand, whoever made them."""
