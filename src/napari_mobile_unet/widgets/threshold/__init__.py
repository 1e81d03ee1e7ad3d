"""The dock with the histogram and the threshold."""
