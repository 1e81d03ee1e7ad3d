"""The dock that runs the mobile U-Net."""
