"""Worker processes: started, given tasks, watched and ended, so that a crash costs one video.

``pool`` decides which task is next and what an answer means, ``task`` counts attempts,
``supervisor`` starts and stops processes, ``watchdog`` finds those that stall or hold too much
memory, ``channel`` and ``messages`` are how they talk. Knows processes, messages and memory; not
what a task does with a video.
"""
