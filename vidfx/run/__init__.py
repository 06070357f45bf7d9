"""Runs: from inputs to jobs, from a job to its results."""
