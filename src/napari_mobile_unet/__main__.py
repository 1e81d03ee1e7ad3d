"""``python -m napari_mobile_unet``: the command line, without a script on the path."""

from napari_mobile_unet.commands import main

if __name__ == "__main__":
    main()
