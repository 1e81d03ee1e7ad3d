"""Objects that other programs drew or saved, as labels."""
