"""The networks that are trained, and their initial weights."""
