"""MANY videos: the batch, what a worker process runs, Ray, and what measures this machine.

One video is vidfx.annotation's; jobs and processes as such are vidfx.jobs' and vidfx.workers'.
"""
