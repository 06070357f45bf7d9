"""Read, check and edit ONNX graphs, without an inference library.

Only ``quantise.py`` needs ONNX Runtime, for calibration.
"""
