"""What is said of a taught model beside the one it was taught from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

BEGINNINGS = {
    "better": "Better",
    "worse": "Worse",
    "no difference": "No sure difference",
    "too few": "Too little to tell by",
    "new": "A new model",
}
"""The verdict in words."""


def sentence(gate: Mapping[str, Any]) -> str:
    """Return a verdict with its numbers.

    Parameters
    ----------
    gate : mapping
        Fields of a `GateRecord`.

    Examples
    --------
    >>> sentence(
    ...     {
    ...         "verdict": "too few",
    ...         "objects": 3,
    ...         "old_ap": 0.4,
    ...         "old_tuned_ap": 0.5,
    ...         "new_ap": 0.6,
    ...         "gain_low": -0.2,
    ...         "gain_high": 0.4,
    ...     }
    ... )
    'Too little to tell by: AP at IoU 0.5 was 0.40 (0.50 with thresholds tuned), is 0.60 (gain -0.20 to +0.40) on 3 objects that were not taught, though they chose when to stop'
    """  # noqa: E501  what the example prints is one line
    text = BEGINNINGS[gate["verdict"]]
    measure = gate.get("measure", "AP at IoU 0.5")
    counted = "objects" if measure == "AP at IoU 0.5" else "blocks with any class"
    if gate["new_ap"] is None:
        return f"{text}: nothing was kept apart to measure on"
    before = ""
    if gate.get("old_ap") is not None:
        before = (
            f"was {gate['old_ap']:.2f} ({gate['old_tuned_ap']:.2f} with thresholds "
            "tuned), "
        )
    gain = ""
    if gate.get("gain_low") is not None:
        gain = f" (gain {gate['gain_low']:+.2f} to {gate['gain_high']:+.2f})"
    text += (
        f": {measure} {before}is {gate['new_ap']:.2f}{gain} on "
        f"{gate['objects']} {counted} that were not taught"
    )
    if not gate.get("apart_from_choice") and gate.get("share") != 0:
        text += ", though they chose when to stop"
    if gate.get("share") == 0:
        text += "; of all that was tried the old weights were best, and are kept"
    if gate.get("old_kinds_before") is not None:
        text += (
            f". On what it knew before it was {gate['old_kinds_before']:.2f}, is "
            f"{gate['old_kinds_after']:.2f}"
        )
    return text
