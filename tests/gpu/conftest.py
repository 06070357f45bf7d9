"""What only a GPU can show. Without one these tests are skipped by name, and FAIL where
FAIL_WITHOUT_CUDA=1 says that there should be one."""

from __future__ import annotations

import os

import pytest


def _why_not() -> str | None:
    try:
        import torch
    except ImportError:
        return "torch is not installed"
    return None if torch.cuda.is_available() else "torch finds no CUDA device"


@pytest.fixture(autouse=True)
def cuda(request: pytest.FixtureRequest) -> str:
    """The device; every test in this folder has it."""
    reason = _why_not()
    if reason:
        if os.environ.get("FAIL_WITHOUT_CUDA") == "1":
            pytest.fail(f"{request.node.name}: {reason}")
        pytest.skip(f"{request.node.name}: {reason}")
    return "cuda:0"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/gpu" in item.path.as_posix():
            item.add_marker(pytest.mark.gpu)
