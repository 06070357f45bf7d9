"""The stages of vidfx.stages on a GPU: torch tensors in, small results out.

Modules are named like their counterparts on the CPU and give the same results, within a few grey
levels; tests run them on the device "cpu". Nothing here is imported unless the engines of a run are
on a device.
"""
