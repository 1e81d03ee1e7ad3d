"""The page *Teach*: a model learns from labels that were made right."""
