"""Models as things: named, renamed, deleted, given away and taken in."""
