"""Finished results read back from their files: which there are, and their frames and faces."""
