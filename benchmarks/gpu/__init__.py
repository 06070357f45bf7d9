"""``python -m benchmarks gpu``: what a GPU gains, against its own limits and the CPU beside it."""
