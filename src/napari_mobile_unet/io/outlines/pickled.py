"""The arrays in a pickle, of which nothing is run.

Loading a pickle runs what it says. Here the few things that an array is written with
are stood in for by records that do nothing, and all others are refused; not even NumPy
is called before the whole was read, since a forged type can crash it.
"""

from __future__ import annotations

import math
import pickle
import pickletools
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

LARGEST = 4 * 2**30
"""Bytes of a pickle at most."""


class StoredType:
    """What is stored of a ``numpy.dtype``."""

    def __init__(self, code: Any = "", *_: Any) -> None:
        self.code = code
        self.order = "="

    def __setstate__(self, state: Any) -> None:
        """Take the byte order, and nothing else."""
        self.order = state[1]

    def dtype(self) -> np.dtype[Any]:
        """Return it as a type of numbers."""
        if not isinstance(self.code, str) or self.code[:1] not in "biuf":
            raise ValueError(f"arrays of numbers are read; received type {self.code!r}")
        dtype = np.dtype(self.code)
        return dtype.newbyteorder(">") if self.order == ">" else dtype


class StoredArray:
    """What is stored of an array."""

    def __init__(self, *_: Any) -> None:
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        """Take version, shape, type, order and bytes."""
        self.state = state

    def array(self) -> NDArray[Any]:
        """Return it as an array of numbers, which may be read only."""
        _, shape, kind, columns_first, content = self.state
        if not isinstance(content, bytes):
            raise ValueError("arrays of numbers are read; received one of objects")
        dtype = kind.dtype()
        if math.prod(shape) * dtype.itemsize != len(content):
            raise ValueError(f"an array of {shape} has other than {len(content)} bytes")
        flat: NDArray[Any] = np.frombuffer(content, dtype)
        shape = tuple(map(int, shape))
        return flat.reshape(shape[::-1]).T if columns_first else flat.reshape(shape)


def _of_buffer(content: Any, kind: Any, shape: Any, order: Any) -> StoredArray:
    stored = StoredArray()
    stored.state = (1, shape, kind, order == "F", bytes(content))
    return stored


def _scalar(*_: Any) -> None:
    """Leave a single number out."""


def _encode(text: str, encoding: str = "latin1") -> bytes:
    return text.encode("latin1")


_NUMPY = ("numpy._core.", "numpy.core.")
_STAND_INS: dict[tuple[str, str], Any] = {
    ("numpy", "dtype"): StoredType,
    ("numpy", "ndarray"): StoredArray,
    ("_codecs", "encode"): _encode,
    **{(f"{home}multiarray", "_reconstruct"): StoredArray for home in _NUMPY},
    **{(f"{home}multiarray", "scalar"): _scalar for home in _NUMPY},
    **{(f"{home}numeric", "_frombuffer"): _of_buffer for home in _NUMPY},
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _STAND_INS:
            raise ValueError(f"it wants to run {module}.{name}")
        # Anew each time, since a pickle can change what it finds.
        return partial(_STAND_INS[module, name])

    def persistent_load(self, _: Any) -> NoReturn:
        raise ValueError("it names something outside of the file")


def read_pickled(path: Path) -> Any:
    """Return the one object in a NPY file that holds a pickle.

    Arrays in it are ``StoredArray``; ``.array()`` gives their numbers.

    Raises
    ------
    OSError
        If it holds anything but arrays, numbers, texts, lists and dictionaries, or
        more than 4 GiB.
    """
    if path.stat().st_size > LARGEST:
        raise OSError(
            f"a file with a pickle has at most {LARGEST} bytes; {path} has "
            f"{path.stat().st_size}; save its masks as TIFF"
        )
    try:
        with path.open("rb") as file:
            version = np.lib.format.read_magic(file)
            if version != (1, 0):
                raise ValueError(f"a NPY file of version {version}")
            np.lib.format.read_array_header_1_0(file)
            start = file.tell()
            _check_codes(file)
            file.seek(start)
            stored = _Unpickler(file).load()
        return _content(stored)
    except OSError:
        raise
    except Exception as error:  # a forged pickle raises anything
        fault = " ".join(str(error).split()) or type(error).__name__
        raise OSError(
            f"{path} is refused: a pickle is read only if it holds nothing but arrays, "
            f"numbers and texts ({fault}); save its masks as TIFF where it comes from"
        ) from error


def _check_codes(file: Any) -> None:
    """Refuse what makes a reader take memory for nothing, before anything is read."""
    for number, (code, value, _) in enumerate(pickletools.genops(file)):
        if "PUT" in code.name and int(str(value)) > number:
            raise ValueError("it numbers parts that it does not have")
        if code.name.startswith("EXT") or code.name in ("INST", "OBJ", "NEWOBJ_EX"):
            raise ValueError(f"it uses {code.name}")


def _content(stored: Any) -> Any:
    """Return the object in an array of one object."""
    if isinstance(stored, StoredArray):
        _, shape, _, _, content = stored.state
        if tuple(shape) == () and isinstance(content, list) and len(content) == 1:
            return content[0]
    raise ValueError("it is not one object")
