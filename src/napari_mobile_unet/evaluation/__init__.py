"""Labels compared with the truth."""
