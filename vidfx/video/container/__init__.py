"""Demuxing: streams, packets, timestamps, key frames, metadata. No frame is decoded here."""
