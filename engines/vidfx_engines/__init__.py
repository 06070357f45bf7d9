"""Engines: weights with a contract, and the libraries that run them."""

from vidfx_engines.backends.fake import FakeEngine, brightness_classifier
from vidfx_engines.base import Backend, Engine, Precision
from vidfx_engines.detector_files import detector_spec_for
from vidfx_engines.embedded import embedded
from vidfx_engines.errors import EngineError, EngineFileError, EngineRunError, EngineUnavailable
from vidfx_engines.select import Selection, select
from vidfx_engines.spec import CropSpec, EngineSpec, InputSpec, Thresholds

__all__ = [
    "Backend",
    "CropSpec",
    "Engine",
    "EngineError",
    "EngineFileError",
    "EngineRunError",
    "EngineSpec",
    "EngineUnavailable",
    "FakeEngine",
    "InputSpec",
    "Precision",
    "Selection",
    "Thresholds",
    "brightness_classifier",
    "detector_spec_for",
    "embedded",
    "select",
]
