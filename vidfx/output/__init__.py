"""What is written beside the video: rows and the summary."""
