"""Training of our face detector: labelled images, mosaics, network, loss, export.

``python -m vidfx_training.detector`` runs it. Classifiers do not belong here.
"""
