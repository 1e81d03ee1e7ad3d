"""The dock *Batch*: many files by one recipe."""
