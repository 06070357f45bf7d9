"""What people corrected in finished results, applied to the rows as they are read.

Begin with ``line.py``, then ``read.py`` and ``apply.py``.
"""
