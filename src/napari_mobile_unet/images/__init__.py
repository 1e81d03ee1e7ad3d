"""Images: named axes, planes and parts of planes, whatever array holds them."""
