"""ONNX graphs read, checked and edited, without any library that runs them."""
