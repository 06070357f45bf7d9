"""Counts what a GPU would be given, on the CPU: launches of kernels and copies, and waits for them.

A launch is an operation that writes memory. Views only change shapes and strides, and allocations
are served from torch's cache: they launch nothing and are not counted.

A wait is whatever makes the host wait until the device has done what was queued: the reading of
one value, operations whose result's size depends on values, checks of errors, copies that block,
and ``vidfx.device.transfers.Transfers.synchronize``.
"""

# torch leaves the types of many functions open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from vidfx.device.transfers import Transfers

ALLOCATIONS = frozenset(
    ("empty", "empty_like", "empty_strided", "new_empty", "new_empty_strided", "resize_")
)
VIEWS = frozenset(("_reshape_alias", "_unsafe_view", "alias", "detach", "lift_fresh", "view_as"))
"""Those that torch does not declare as views."""
WAITING = frozenset(
    (
        "_linalg_check_errors", "_local_scalar_dense", "_unique2", "bincount", "equal",
        "is_nonzero", "masked_select", "nonzero", "repeat_interleave", "unique_consecutive",
        "unique_dim",
    )
)  # fmt: skip


class DeviceWork(TorchDispatchMode):
    """Counts within ``with counted() as work``, by name of the operation; in one thread."""

    def __init__(self) -> None:
        super().__init__()
        self.launches: Counter[str] = Counter()
        self.waits: Counter[str] = Counter()
        self._paused = False

    @contextmanager
    def paused(self) -> Generator[None]:
        """Count nothing: for what a test has in place of an engine's network."""
        self._paused, before = True, self._paused
        try:
            yield
        finally:
            self._paused = before

    def wait(self, name: str) -> None:
        if not self._paused:
            self.waits[name] += 1

    def launch(self, name: str) -> None:
        if not self._paused:
            self.launches[name] += 1

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        with self:  # what is made of other operations: torch hides these in inference mode
            made = func.decompose(*args, **(kwargs or {}))
        if made is not NotImplemented:
            return made
        name = func.overloadpacket.__name__
        if not (func.is_view or name in VIEWS or name in ALLOCATIONS):
            self.launch(name)
        sized = (kwargs or {}).get("output_size") is not None
        if (name in WAITING and not sized) or (name.startswith("index") and _has_mask(args)):
            self.wait(name)
        return func(*args, **(kwargs or {}))

    def uploads(self, name: str, sent: bool) -> None:
        """Memory of the host is copied to the device, with a wait: it is not pinned."""
        if sent:
            self.launch(name)
            self.wait(name)


def _has_mask(args: Sequence[Any]) -> bool:
    lists = [a for a in args if isinstance(a, list | tuple)]
    return any(getattr(i, "dtype", None) == torch.bool for some in lists for i in some)


@contextmanager
def counted() -> Generator[DeviceWork]:
    """Also counts what the CPU need not do, since its tensors are on the host already."""
    work = DeviceWork()

    def watch(owner: Any, name: str, note: Callable[[Any, Sequence[Any]], None]) -> None:
        real = getattr(owner, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            note(name, (*args, *kwargs.values()))
            return real(*args, **kwargs)

        stack.enter_context(patch.object(owner, name, call))

    def moved(name: str, given: Sequence[Any]) -> None:
        work.uploads(name, any(isinstance(a, str | torch.device) for a in given))

    real_staged = Transfers.staged

    def staged(*args: Any, **kwargs: Any) -> Any:
        with work.paused():  # memory of the host
            return real_staged(*args, **kwargs)

    with ExitStack() as stack:
        for name in ("cpu", "numpy", "tolist", "__array__"):
            watch(torch.Tensor, name, lambda name, _: work.wait(name))
        watch(torch.Tensor, "to", moved)
        watch(torch, "tensor", moved)
        watch(Transfers, "synchronize", lambda name, _: work.wait(name))
        stack.enter_context(patch.object(Transfers, "staged", staged))
        stack.enter_context(work)
        yield work
