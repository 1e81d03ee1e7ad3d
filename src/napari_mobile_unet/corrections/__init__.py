"""Labels corrected by hand: changes, their one history, locks, journal and replay."""
