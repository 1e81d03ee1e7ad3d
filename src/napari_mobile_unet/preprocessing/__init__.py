"""Planes are prepared with OpenCV, step by step."""
