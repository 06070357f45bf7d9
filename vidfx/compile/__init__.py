"""``vidfx build-engine``: a model in another precision or as a plan, compared with its source.

``build`` is the order of the steps, ``precisions`` makes and compares the candidates by ``parity``
and ``speed``, ``samples`` has their pictures, ``engine_files`` writes the result. The libraries are
in vidfx_engines.
"""
