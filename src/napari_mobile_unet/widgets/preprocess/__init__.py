"""The dock that prepares an image with OpenCV."""
