"""How many cases run, what arrays they are of, and which errors are ours.

``CASES`` in the environment says how many cases all tests of this folder run together;
`make fuzz` runs 100,000, new ones each time. Without it two thousand run, always the
same.
"""

from __future__ import annotations

import functools
import os
import traceback
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

import numpy as np
from hypothesis import HealthCheck, Phase, assume, settings
from hypothesis import strategies as st
from pydantic import ValidationError

import napari_mobile_unet
from napari_mobile_unet.messages import INPUT_ERRORS, one_line
from napari_mobile_unet.settings import Params

try:
    import resource
except ImportError:  # Windows has no such limits
    resource = None

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HOME = str(Path(napari_mobile_unet.__file__).parent)
FEW = 2000
"""Cases among the other tests."""
MEMORY = 3 * 2**30
"""Bytes that a case may take beyond what the process has."""
STATUS = Path("/proc/self/statm")
"""Where Linux says how much memory a process has."""
ran: Counter[str] = Counter()
"""How many cases of each test ran."""


def cases(share: float, *, shrink: bool = True) -> Callable[[Any], Any]:
    """Return a decorator for a test that takes a share, of 100, of all cases."""
    wanted = os.environ.get("CASES")
    most = max(1, round(int(wanted or FEW) * share / 100))

    def decorate(test: Any) -> Any:
        inner = test.hypothesis.inner_test

        @functools.wraps(inner)
        def counted(*args: Any, **kwargs: Any) -> Any:
            ran[inner.__name__] += 1
            return inner(*args, **kwargs)

        test.hypothesis.inner_test = counted
        return settings(
            max_examples=most,
            deadline=None,
            derandomize=not wanted,
            database=None,
            phases=[Phase.generate, *[Phase.shrink] * shrink],
            suppress_health_check=list(HealthCheck),
        )(test)

    return decorate


@contextmanager
def refused_or_right() -> Iterator[None]:
    """Let the block end in one of our own errors, which are one line."""
    try:
        with limited_memory():
            yield
    except INPUT_ERRORS as error:
        if not is_ours(error):
            raise
        assert "\n" not in one_line(error)


def is_ours(error: BaseException) -> bool:
    """Return whether an error was raised on purpose: by a line of the package."""
    if isinstance(error, ValidationError | MemoryError):
        return True
    return traceback.extract_tb(error.__traceback__)[-1].filename.startswith(HOME)


@contextmanager
def limited_memory() -> Iterator[None]:
    """Refuse this process much more memory than it has, where the system can."""
    if not STATUS.exists():
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_AS)
    now = int(STATUS.read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + MEMORY, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


KINDS = (
    "?", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8", "g",
    "c8", "O", "U3", "S3", "M8[s]", "i4,f4",
)  # fmt: skip
REAL = KINDS[:13]


def fill(random: np.random.Generator, kind: str, shape: tuple[int, ...], what: str):
    """Return an array with ordinary or with the most extreme values."""
    dtype = np.dtype(kind)
    small = np.asarray(random.integers(0, 200, shape))
    if dtype.kind == "O":
        return np.array([None, "a", 3, 2.5], object)[small % 4]
    if dtype.kind not in "biuf" or what == "constant":
        return np.zeros(shape, dtype) if what != "constant" else np.ones(shape, dtype)
    if what == "blobs":
        coarse = tuple(-(-n // 4) for n in shape)
        values = random.integers(0, 3, coarse)
        for axis in range(len(shape)):
            values = values.repeat(4, axis)
        values = values[tuple(slice(n) for n in shape)]
        return (values * 40).astype(dtype)
    array = small.astype(dtype)
    if what == "extreme":
        if dtype.kind == "f":
            top = np.finfo(dtype).max
            odd = np.array([np.nan, np.inf, -np.inf, top, -top, 0, -0.0, 1], dtype)
        elif dtype.kind == "b":
            odd = np.array([True, False])
        else:
            odd = np.array([np.iinfo(dtype).min, np.iinfo(dtype).max, 0, 1], dtype)
        most = random.random()
        array = np.where(random.random(shape) < most, random.choice(odd, shape), array)
    if what == "nan" and dtype.kind == "f":
        array = np.full(shape, np.nan, dtype)
    return array


@st.composite
def arrays(
    draw: Any,
    kinds: tuple[str, ...] = KINDS,
    dims: tuple[int, int] = (0, 6),
    most: int = 6,
    planes: int | None = None,
    layouts: tuple[str, ...] | None = None,
) -> Any:
    """Draw an array of any kind, shape, values and layout.

    The last two axes have up to ``planes`` pixels, the others up to ``most``.
    """
    count = draw(st.integers(*dims))
    sizes = [draw(st.integers(0, most)) for _ in range(count)]
    if planes:
        sizes[-2:] = [draw(st.integers(1, planes)) for _ in sizes[-2:]]
        sizes[:-2] = [max(1, size) for size in sizes[:-2]]
    what = draw(st.sampled_from(["small", "blobs", "extreme", "constant", "nan"]))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    array = fill(random, draw(st.sampled_from(kinds)), tuple(sizes), what)
    return laid_out(np.array(array), draw(st.sampled_from(layouts or LAYOUTS)))


LAYOUTS = (
    "plain", "plain", "fortran", "strided", "backwards", "swapped", "read-only",
    "masked", "unmasked", "list", "dask", "unknown", "zarr",
)  # fmt: skip
NUMPY = LAYOUTS[:7]


def laid_out(array: np.ndarray, layout: str) -> Any:
    """Return the same numbers in another layout, or another kind of array."""
    import dask.array as da
    import zarr

    if layout == "fortran":
        return np.asfortranarray(array)
    if layout == "strided" and array.ndim:
        return np.repeat(array, 2, axis=-1)[..., ::2]
    if layout == "backwards" and array.ndim:
        return array[::-1].copy()[::-1]
    if layout == "swapped":
        return array.astype(array.dtype.newbyteorder())
    if layout == "read-only":
        array.flags.writeable = False
    if layout == "masked":
        return np.ma.masked_array(array, np.indices(array.shape).sum(0) % 2 == 1)
    if layout == "unmasked":
        return np.ma.masked_array(array)
    if layout == "list":
        return array.tolist()
    if layout in ("dask", "unknown"):
        lazy = da.from_array(array, chunks=-1 if 0 in array.shape else 3)
        if layout == "unknown" and array.ndim:
            return lazy[da.from_array(np.arange(len(array)) % 3 < 2, chunks=3)]
        return lazy
    if layout == "zarr" and array.ndim and 0 not in array.shape and kind_fits(array):
        return zarr.array(array, chunks=tuple(min(3, n) for n in array.shape))
    return array


def kind_fits(array: np.ndarray) -> bool:
    """Return whether Zarr keeps this type."""
    return array.dtype.kind in "biuf" and array.dtype.itemsize <= 8


def settings_of(kind: type[Params], **own: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for settings: each field by default, or inside its range."""

    @st.composite
    def build(draw: Any) -> Any:
        values = {}
        for name, field in kind.model_fields.items():
            if name in own:
                values[name] = draw(own[name])
            elif field.is_required() or draw(st.booleans()):
                bounds = [m for m in field.metadata if hasattr(m, "__slots__")]
                values[name] = draw(values_of(field.annotation, tuple(bounds)))
        try:
            return kind.model_validate(values)
        except ValidationError:
            assume(False)

    return build()


def values_of(annotation: Any, bounds: tuple[Any, ...] = ()) -> st.SearchStrategy[Any]:
    """Return a strategy for the values of a type within its bounds."""
    if get_origin(annotation) is Annotated:
        first, *more = get_args(annotation)
        return values_of(first, (*more, *bounds))
    if isinstance(annotation, type) and issubclass(annotation, Params):
        return settings_of(annotation)
    if get_origin(annotation) in (Union, UnionType):
        return st.one_of([values_of(each, bounds) for each in get_args(annotation)])
    if annotation in (int, float):
        low = next((b.ge for b in bounds if hasattr(b, "ge")), None)
        high = next((b.le for b in bounds if hasattr(b, "le")), None)
        above = next((b.gt for b in bounds if hasattr(b, "gt")), None)
        below = next((b.lt for b in bounds if hasattr(b, "lt")), None)
        if annotation is int:
            return st.integers(low, high)
        return st.floats(
            low if above is None else above,
            high if below is None else below,
            exclude_min=above is not None,
            exclude_max=below is not None,
            allow_nan=False,
            allow_infinity=False,
        )
    if annotation is None or annotation is type(None):
        return st.none()
    if get_origin(annotation) is tuple:
        first, *rest = get_args(annotation)
        if rest == [...]:
            return st.lists(values_of(first), max_size=4).map(tuple)
        return st.tuples(*map(values_of, (first, *rest)))
    return st.from_type(annotation)
