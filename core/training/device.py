"""Which device, which precision, how many threads."""

from __future__ import annotations

import os

import torch

from core.errors import UserError


def choose_device(wanted: str) -> torch.device:
    """The device asked for, or with `auto` the fastest there is: CUDA, then MPS, then the CPU.

    Raises:
        UserError: a device was asked for by name and is not there.
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted == "auto":
        return torch.device(next(name for name, is_there in there.items() if is_there))
    if not there[wanted]:
        found = ", ".join(name for name, is_there in there.items() if is_there)
        raise UserError(f"device = “{wanted}” was asked for, but this machine offers {found}. Set device to “auto”.")
    return torch.device(wanted)


def lightning_precision(wanted: str, device: torch.device) -> str:
    """Lightning's name for a recipe's precision.

    `auto` is mixed precision on CUDA (bf16 where the card has it) and fp32 elsewhere: bf16 on CPUs is slower at
    best and an illegal instruction at worst.

    Raises:
        UserError: half precision was asked for where it is not safe.
    """
    if wanted == "fp32" or (wanted == "auto" and device.type != "cuda"):
        return "32-true"
    if device.type != "cuda":
        raise UserError(f"precision = “{wanted}” needs a CUDA device, and this run is on {device.type}. Use “auto”.")
    if wanted == "auto":
        wanted = "bf16" if torch.cuda.is_bf16_supported() else "fp16"
    return {"bf16": "bf16-mixed", "fp16": "16-mixed"}[wanted]


def use_threads(threads: int | None = None) -> int:
    """Set this thread's share of the cores: what is given, else all of two and all but one of more, so that the window
    stays quick."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    threads = threads or max(1, cores - 1 if cores >= 4 else cores)
    torch.set_num_threads(threads)
    return threads


def describe(device: torch.device) -> str:
    """A name a person knows the device by."""
    return (
        torch.cuda.get_device_name(device) if device.type == "cuda" else {"mps": "Apple GPU", "cpu": "CPU"}[device.type]
    )
