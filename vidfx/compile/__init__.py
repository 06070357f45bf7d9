"""``vidfx build-engine``: a model in another precision or as a plan, compared with its source.

What libraries do for it stands in vidfx_engines.
"""
