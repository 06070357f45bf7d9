"""Training of the classifiers that vidfx runs: pictures in folders -> checkpoint -> engine file."""
