"""Training of the classifiers that vidfx runs: pictures in folders -> checkpoint -> engine.

``train_run.py`` is ``vidfx train``. Running engines on videos does not belong here.
"""
