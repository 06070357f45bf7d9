"""Reads and writes video files. Only this package uses decord and FFmpeg."""
