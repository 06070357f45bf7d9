"""Engines: weights with a contract, and the libraries that run them.

Nothing is imported here, so that what needs no engine, such as ``files``, imports no NumPy.
"""
