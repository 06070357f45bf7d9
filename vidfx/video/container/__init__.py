"""What a file says before a frame is decoded: streams, times, key frames, metadata."""
