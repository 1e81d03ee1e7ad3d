"""Tables of objects as files: CSV, and Parquet where pyarrow is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_mobile_unet.exports.naming import Naming, rename
from napari_mobile_unet.io.atomic import atomic_path, check_apart
from napari_mobile_unet.objects.columns import unit_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pandas as pd

    from napari_mobile_unet.objects.calibration import Calibration

SUFFIXES = (".csv", ".parquet")
"""Of the files that a table can be written to."""


def check_table(output: Path, inputs: Iterable[Path] = ()) -> None:
    """Refuse a table in another format, or over one of the inputs.

    Raises
    ------
    ValueError
        If the suffix is not one of ``SUFFIXES``, or the output is an input; or if
        Parquet is asked for and pyarrow is not installed.
    """
    if output.suffix.lower() not in SUFFIXES:
        raise ValueError(
            f"tables are written as {' or '.join(SUFFIXES)}; received {output}; "
            "change it"
        )
    if output.suffix.lower() == ".parquet":
        _pyarrow()
    check_apart(output, inputs)


def write_table(
    table: pd.DataFrame,
    output: Path,
    calibration: Calibration,
    naming: Naming = "ours",
) -> None:
    """Write a table, whole or not at all.

    Parameters
    ----------
    table : DataFrame
        As ``measure`` gives it, with any further columns.
    output : Path
        Ending in .csv, in UTF-8; or .parquet, whose fields have their units as
        metadata.
    calibration : Calibration
        Of the table.
    naming : str
        Whose names the columns have; see ``rename``.

    Raises
    ------
    ValueError
        As ``check_table``.
    OSError
        If it cannot be written.
    """
    check_table(output)
    renamed = rename(table, naming, calibration)
    with atomic_path(output) as beside:
        if output.suffix.lower() == ".csv":
            renamed.to_csv(beside, index=False)
        else:
            _write_parquet(renamed, beside, calibration)


def _write_parquet(table: pd.DataFrame, path: Path, calibration: Calibration) -> None:
    arrow, parquet = _pyarrow()
    content = arrow.Table.from_pandas(table, preserve_index=False)
    schema = content.schema
    for place, field in enumerate(schema):
        if unit := unit_of(field.name, calibration.unit):
            schema = schema.set(place, field.with_metadata({"unit": unit}))
    parquet.write_table(content.cast(schema), path)


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise ValueError(
            "Parquet is written by pyarrow, which is not installed; run pip install "
            "'napari-mobile-unet[parquet]', or choose .csv"
        ) from error
    return pyarrow, parquet
