"""Benchmarks and the clips that they use; not installed. ``python -m benchmarks`` lists them."""
