"""The choice of device and precision, with the device query faked: no GPU is needed, and none is used."""

from __future__ import annotations

import pytest
import torch

from core.errors import UserError
from core.training.device import choose_device, lightning_precision


def pretend(monkeypatch: pytest.MonkeyPatch, cuda: bool, mps: bool, bf16: bool = False) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: bf16)


@pytest.mark.parametrize(
    ("cuda", "mps", "chosen"),
    [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu"), (True, False, "cuda")],
)
def test_auto_takes_the_fastest(monkeypatch: pytest.MonkeyPatch, cuda: bool, mps: bool, chosen: str) -> None:
    pretend(monkeypatch, cuda, mps)
    assert choose_device("auto").type == chosen
    assert choose_device("cpu").type == "cpu"


def test_an_absent_device_is_said_with_those_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, cuda=False, mps=True)
    with pytest.raises(UserError, match="offers mps, cpu"):
        choose_device("cuda")


@pytest.mark.parametrize(
    ("wanted", "device", "bf16", "precision"),
    [
        ("auto", "cpu", False, "32-true"),
        ("auto", "mps", False, "32-true"),
        ("auto", "cuda", True, "bf16-mixed"),
        ("auto", "cuda", False, "16-mixed"),
        ("fp32", "cuda", True, "32-true"),
        ("fp16", "cuda", True, "16-mixed"),
    ],
)
def test_precision(monkeypatch: pytest.MonkeyPatch, wanted: str, device: str, bf16: bool, precision: str) -> None:
    pretend(monkeypatch, cuda=True, mps=True, bf16=bf16)
    assert lightning_precision(wanted, torch.device(device)) == precision


def test_half_precision_is_refused_on_a_cpu() -> None:
    with pytest.raises(UserError, match="needs a CUDA device"):
        lightning_precision("bf16", torch.device("cpu"))
