"""One id for one object over Z or T."""
