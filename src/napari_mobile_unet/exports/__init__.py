"""Results for other programs, and for the eye."""
