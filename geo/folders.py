"""Folders of arrays that are written once, whole or not at all, and read by any number of processes.

A folder is made beside its place and takes it by being renamed. What is open stays good when its folder is replaced:
the files are mapped into memory and never changed. What a killed writer has left is removed by the next one.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from registers.disk import sync

_BUILDING = ".building-"


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A folder to write in, beside `folder`, whose place it takes when all is written."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    _remove_left(folder.parent)
    new, old = (folder.parent / f"{_BUILDING}{secrets.token_hex(8)}" for _ in range(2))
    new.mkdir()
    with _held(new):
        try:
            yield new
            sync(new)
            if folder.exists():
                folder.rename(old)
            # If we crash here, no folder has the name; the next build makes one. Where none had it, nothing is lost.
            new.rename(folder)
            sync(folder.parent)
        finally:
            shutil.rmtree(new, ignore_errors=True)
            shutil.rmtree(old, ignore_errors=True)


def _remove_left(parent: Path) -> None:
    """Remove the folders of builds that no longer run: nobody holds them."""
    for left in parent.glob(f"{_BUILDING}*"):
        try:
            with _held(left):
                shutil.rmtree(left, ignore_errors=True)
        except OSError:
            continue  # it is being written, or another build has just removed it


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold a folder, as long as this process lives. Raises OSError when another process holds it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def write(path: Path, array: NDArray[Any]) -> None:
    """Write an array to a new file, down to the disk."""
    with writing(path) as file:
        np.save(file, array, allow_pickle=False)


@contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """A new file to write bytes to one after the other, down to the disk when all are written."""
    with path.open("xb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def mapped(path: Path) -> NDArray[Any]:
    """The file's array, as a plain one over the mapped memory: a memmap is slow to slice."""
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))


def mapped_bytes(path: Path) -> mmap.mmap | bytes:
    """The file's bytes, mapped into memory; what is sliced out of them is bytes."""
    with path.open("rb") as file:
        if not os.fstat(file.fileno()).st_size:
            return b""  # of which nothing can be mapped
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
