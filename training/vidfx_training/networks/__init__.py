"""The networks that are trained, and where their weights start."""
