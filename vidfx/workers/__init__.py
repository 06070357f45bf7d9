"""Worker processes: started, given tasks, watched, ended; what goes wrong with one costs one.

Knows processes, memory and cores; not what a task does with a video.
"""
