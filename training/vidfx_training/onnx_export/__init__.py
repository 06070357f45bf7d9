"""Export a trained network to an engine: ONNX file, spec and model card."""
