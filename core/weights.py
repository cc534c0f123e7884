"""Reading weight files, and fetching torchvision's own ImageNet weights into the workspace."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import torch
from safetensors.torch import save
from torch import Tensor
from torchvision.models import get_weight

from core.control import Control
from core.errors import UserError
from core.events import Event
from core.fetch import Remote, discard, fetch
from core.files import write_atomically
from core.readable import size
from models import MODELS

ADDRESS_VARIABLE = "SENSORIUM_WEIGHTS_URL"  # a mirror's folder instead of torchvision's server
WRAPPED_AS = ("state_dict", "model", "network")  # where checkpoints keep the tensors among other things


def read_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a .safetensors, .pth or .pt file by name, on the CPU. Nothing in the file is executed.

    Raises:
        UserError: missing, truncated, of another format, or it holds more than tensors.
    """
    if path.suffix not in (".safetensors", ".pth", ".pt", ".ckpt"):
        raise UserError(f"{path} is no weights file: choose a .safetensors, .pth or .pt file.")
    try:
        with path.open("rb"):
            pass
    except FileNotFoundError:
        raise UserError(f"There is no weights file {path}. Check the path.") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from None
    content = _read_safetensors(path) if path.suffix == ".safetensors" else _read_pickle(path)
    tensors = _unwrapped(content)
    if not tensors:
        raise UserError(f"{path} holds no tensors. Choose a file that was saved with a network's state_dict.")
    return tensors


def write_tensors(tensors: Mapping[str, Tensor], path: Path) -> None:
    """Write a .safetensors file atomically.

    Raises:
        UserError: the disk is full, or the folder cannot be written to.
    """
    # safetensors' own writing to a file hides the system's error in an exception of its own.
    write_atomically(path, save({name: tensor.contiguous() for name, tensor in tensors.items()}))


def torchvision_file(architecture: str) -> tuple[str, int]:
    """Address and size in bytes of torchvision's ImageNet weights, e.g. `https://…/resnet50-11ad3fa6.pth`.

    Raises:
        UserError: there are none for this architecture.
    """
    info = MODELS[architecture]
    if not info.imagenet:
        raise UserError(f"There are no ImageNet weights for {info.title}: choose weights = “none” or a file.")
    weights = get_weight(info.imagenet)
    return weights.url, round(weights.meta["_file_size"] * 2**20)


def imagenet_weights(
    architecture: str,
    folder: Path,
    control: Control | None = None,
    report: Callable[[Event], None] = lambda event: None,
    address: str = "",
    beside: Path | None = None,
) -> Path:
    """The file of torchvision's ImageNet weights; fetched into `folder` where it is not there yet, and checked.

    For machines without internet it may lie in `beside` too, and where it is in neither, a file
    `ARCHITECTURE-…imagenet….safetensors` in one of the two is taken, also if it holds a part of the network only.

    Args:
        architecture: a row of MODELS.
        folder: the workspace's weights folder.
        control: the download stops at its checkpoints; what has arrived is kept and continued later.
        report: is given `Progress` in bytes.
        beside: another folder to look in, such as `weights` next to a dataset.
        address: folder on a server that has the file; empty = `$SENSORIUM_WEIGHTS_URL`, else torchvision's.

    Raises:
        UserError: there are none, they cannot be fetched (the sentence says which file to put where), or the file is
            not what its name promises.
        Cancelled: as `control` says.
    """
    official, about = torchvision_file(architecture)
    name = official.rpartition("/")[2]
    here = imagenet_file(architecture, folder, beside)
    if here is not None:
        if here.name == name and not _digest_agrees(here, name):
            raise UserError(f"{here} is damaged (its checksum is wrong). Delete it; it is then fetched again.")
        return here
    path = folder / name
    _fetch(_url(architecture, address), about, path, control or Control(), report)
    return path


def imagenet_file(architecture: str, folder: Path, beside: Path | None = None) -> Path | None:
    """The file that `imagenet_weights` takes, not checked yet; None where it has to be fetched."""
    name = torchvision_file(architecture)[0].rpartition("/")[2]
    folders = [place for place in (folder, beside) if place]
    whole = (place / name for place in folders if (place / name).exists())
    partial = (file for place in folders for file in sorted(place.glob(f"{architecture}-*imagenet*.safetensors")))
    return next(whole, None) or next(partial, None)


def imagenet_to_fetch(architecture: str, folder: Path, beside: Path | None = None) -> str:
    """What `imagenet_weights` will fetch, from where, and what to do without internet; "" where the file is here.

    Raises:
        UserError: there are none for this architecture.
    """
    if imagenet_file(architecture, folder, beside) is not None:
        return ""
    url, about = _url(architecture), torchvision_file(architecture)[1]
    name = url.rpartition("/")[2]
    return (
        f"The ImageNet weights of {MODELS[architecture].title} are not here yet: {name}, {size(about)}, will be "
        f"fetched from {urlsplit(url).netloc}. Without internet, put the file into {folder} first."
    )


def _url(architecture: str, address: str = "") -> str:
    """Where the weights are fetched from: a mirror's folder, if there is one, instead of torchvision's server."""
    official = torchvision_file(architecture)[0]
    mirror = address or os.environ.get(ADDRESS_VARIABLE, "")
    return f"{mirror.rstrip('/')}/{official.rpartition('/')[2]}" if mirror else official


def _fetch(url: str, about: int, path: Path, control: Control, report: Callable[[Event], None]) -> None:
    """Bring a weights file to `path`, and only when its checksum is right."""
    remedy = f"Put {path.name} into {path.parent} yourself, or name a mirror in ${ADDRESS_VARIABLE}."
    part = path.with_name(f"{path.name}.part")
    fetch(Remote(path.name, url, about, most=2 * about, room=0, remedy=remedy), part, control, report)
    if not _digest_agrees(part, path.name):
        discard(part)
        raise UserError(f"{path.name} did not arrive whole (its checksum is wrong) and was deleted. Try again.")
    part.replace(path)
    discard(part)


def _digest_agrees(path: Path, name: str) -> bool:
    """Whether the SHA-256 begins with the eight digits at the end of torchvision's file name."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return digest.startswith(Path(name).stem.rpartition("-")[2])


def _read_safetensors(path: Path) -> Mapping[str, Any]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise UserError(f"{path} is truncated or no safetensors file ({error}). Copy or download it again.") from error


def _read_pickle(path: Path) -> Mapping[str, Any]:
    import pickle

    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise UserError(
            f"{path} was not loaded: it is no weights file, or it holds more than tensors, which could run a "
            "programme. Save only the state_dict, or save it as .safetensors."
        ) from error
    except Exception as error:  # a torn archive fails in many ways
        raise UserError(f"{path} is truncated or no weights file of PyTorch. Copy or download it again.") from error
    return content if isinstance(content, Mapping) else {}


def _unwrapped(content: Mapping[str, Any]) -> dict[str, Tensor]:
    for key in WRAPPED_AS:
        if isinstance(content.get(key), Mapping):
            return _unwrapped(content[key])
    return {str(name): tensor for name, tensor in content.items() if isinstance(tensor, Tensor)}
