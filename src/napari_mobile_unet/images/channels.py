"""What a channel is called, and the colour that it is shown in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ChannelInfo:
    """What a file says of a channel.

    Parameters
    ----------
    name : str
        Such as "DAPI"; empty if it has none.
    colour : str
        As "#rrggbb"; empty if it has none.
    """

    name: str = ""
    colour: str = ""
