"""The training loop: augmentation, teacher, optimiser, schedule, and the state for --resume.

Begin with ``training_loop.py``. Reading pictures and exporting the result do not belong here.
"""
