"""The mobile U-Net."""
