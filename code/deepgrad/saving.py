"""A trained θ on disk, together with the network it belongs to."""

import os
import re
import zlib
from pathlib import Path

import numpy as np

from deepgrad.checks import require_arrays, require_finite
from deepgrad.network import Network, require_network
from deepgrad.signatures import Array


def save(path: str | os.PathLike[str], net: Network, theta: Array) -> None:
    """Write θ and the network's description to path, an .npz file.

    The file is written whole or not at all: a reader never meets half of one, and a
    failure leaves an older file as it was. Raises ValueError unless θ fits the
    network and is finite.
    """
    _require_theta(net, theta, "theta")
    path = Path(path)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            np.savez(file, theta=theta, network=_description(net))
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def load(path: str | os.PathLike[str], net: Network) -> Array:
    """The θ that `save` wrote for the same network, in the dtype it had.

    Networks are the same if they print the same. Raises ValueError for another
    network's file, naming both, and for a file that `save` did not write or that is
    damaged.
    """
    require_network(net)
    import zipfile  # here, because it would make importing deepgrad slower

    try:
        with (
            Path(path).open("rb") as file,
            np.load(file, allow_pickle=False) as saved,
        ):
            theta: Array = saved["theta"]
            saved_for = str(saved["network"])
    # what is raised depends on what np.load finds in place of an archive
    except (
        ValueError,
        KeyError,
        TypeError,
        EOFError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise ValueError(
            f"{path} is damaged, or no file that deepgrad.save wrote: {error}"
        ) from error
    if saved_for != _description(net):
        raise ValueError(
            f"{path} was saved for\n{saved_for}\nbut is to be loaded into\n"
            f"{_description(net)}\nbuild the network it was saved for"
        )
    _require_theta(net, theta, f"theta in {path}")
    return theta


def _description(net: Network) -> str:
    """What the network prints, without addresses in memory: they change with every
    start.
    """
    return re.sub(r" at 0x[0-9a-fA-F]+", "", repr(net))


def _require_theta(net: Network, theta: Array, name: str) -> None:
    """ValueError unless theta is a finite vector of real numbers of the network's
    size.
    """
    require_network(net)
    require_arrays(**{name: theta})
    if theta.shape != (net.size,) or not np.issubdtype(theta.dtype, np.floating):
        raise ValueError(
            f"{name} has shape {theta.shape} and dtype {theta.dtype}, but this "
            f"network's θ is ({net.size},) of real numbers"
        )
    require_finite(name, theta)
