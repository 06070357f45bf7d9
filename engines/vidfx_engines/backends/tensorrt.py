"""TensorRT: check that a plan fits this machine before any of it is deserialised, then load it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from vidfx_engines.backends.tensorrt_engine import TensorRtEngine
from vidfx_engines.backends.tensorrt_library import INSTALL, Flavour, Gpu, gpu, version
from vidfx_engines.base import Running
from vidfx_engines.built import Build
from vidfx_engines.device import Device
from vidfx_engines.errors import EngineUnavailable
from vidfx_engines.spec import EngineSpec

AMPERE = (8, 0)
RTX = {(8, 0), (8, 6), (8, 9)}
RTX_FROM = (12, 0)
"""Compute capabilities of TensorRT-RTX 1.7, from its own error message on an H100 (9.0)."""


class TensorRtBackend:
    """See vidfx_engines.base.Backend."""

    def __init__(self, flavour: Flavour) -> None:
        self.name: Flavour = flavour
        self.install = INSTALL[flavour]

    def supports(self, spec: EngineSpec, device: Device) -> str | None:
        try:
            self._check(spec, device)
        except EngineUnavailable as error:
            return f"{error} ({error.hint})" if error.hint else str(error)
        return None

    def load(self, spec: EngineSpec, folder: Path, how: Running) -> TensorRtEngine:
        found = self._check(spec, how.device)
        if how.precision != "auto":
            raise EngineUnavailable(
                "the precision of a plan was fixed when it was built",
                hint=f"{rebuild(spec, self.name)} --precision {how.precision}",
            )
        plan = spec.read_weights(folder)
        engine = TensorRtEngine(spec, plan, self.name, replace(how.device, name=found.name))
        engine.capture()
        return engine

    def _check(self, spec: EngineSpec, device: Device) -> Gpu:
        if spec.build is not None and spec.is_plan and spec.build.backend != self.name:
            raise EngineUnavailable(f"a plan for {spec.build.backend}")
        if spec.build is None or not spec.is_plan:
            raise EngineUnavailable(
                "no plan was built for it",
                hint=f"vidfx build-engine {spec.weights} --backend {self.name}",
            )
        here = version(self.name)
        if here is None:
            raise EngineUnavailable(f"{self.name} is not installed", hint=self.install)
        found = gpu(device)
        reason = misfit(spec.build, here, found)
        if reason:
            rebuilds = self.name == "tensorrt" or rtx_misfit(found) is None
            hint = rebuild(spec, self.name if rebuilds else "tensorrt")
            raise EngineUnavailable(reason, hint=hint)
        return found


def misfit(build: Build, library: str, found: Gpu) -> str | None:
    """Why a plan's record does not match ``library`` (a version) and the GPU; None if it fits.

    An unreadable version counts as a different one.
    """
    newer = build.version_compatible and _numbers(library) >= _numbers(build.library)
    if build.library != library and not newer:
        return f"built with {build.backend} {build.library}, here is {library}"
    if build.backend == "tensorrt-rtx":  # compiled for the GPU when it is loaded
        return rtx_misfit(found)
    there, here = build.compute_capability, found.compute_capability
    if build.hardware_compatibility == "ampere_plus":
        old = _numbers(here) < AMPERE
        return f"built for Ampere and later, {found.name} is {here}" if old else None
    if there != here:
        return f"built for compute capability {there} ({build.device}), {found.name} has {here}"
    if build.hardware_compatibility == "none" and build.device != found.name:
        return f"built on {build.device}, this is {found.name}"
    return None


def rtx_misfit(found: Gpu) -> str | None:
    """Why TensorRT-RTX does not support this GPU; None if it does."""
    capability = _numbers(found.compute_capability)
    if capability in RTX or capability >= RTX_FROM:
        return None
    what = f"compute capability {found.compute_capability} ({found.name})"
    return f"TensorRT-RTX does not support {what}"


def rebuild(spec: EngineSpec, flavour: Flavour) -> str:
    """The command that builds the plan again, from what its record contains."""
    precision = f" --precision {spec.build.precision}" if spec.build else ""
    return f"vidfx build-engine {spec.name}.onnx --backend {flavour}{precision}"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in version.split("."))
