"""Worker processes: started, given tasks, watched and ended, so that a crash costs one video.

Knows processes, messages and memory; not what a task does with a video.
"""
