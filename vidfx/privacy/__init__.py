"""Who is hidden, where and when. It fails closed: what is not surely to be shown is hidden.

``selection`` reads what is asked for, ``verdicts`` decides it for each row from all readings of its
track, ``masks`` makes boxes of it, also before, after and between rows, and ``paint`` paints them.
"""
