"""The stages on a device: torch tensors in, small results out. "cuda" is meant; "cpu" is for tests.

Everything here gives what vidfx.stages gives on the host, within a grey level; nothing here is
imported unless a run's engines are on a device.
"""
