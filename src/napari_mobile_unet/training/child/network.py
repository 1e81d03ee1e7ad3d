"""The mobile U-Net: an encoder of inverted residuals, and a light decoder.

The encoder follows MobileNetV2 and V3 [1]_ [2]_ with three changes that were
measured to pay on a CPU: the first stages use full 3×3 convolutions instead of
depthwise ones (few channels on large maps are bound by memory, not by
arithmetic); the decoder ends at half resolution, from where depth-to-space
gives every pixel its value; and residual blocks of full convolutions [4]_ at half
resolution, after the stem and before the head, resolve the fine seams between
small objects.

References
----------
.. [1] Sandler et al., MobileNetV2: inverted residuals and linear bottlenecks,
   CVPR 2018. https://doi.org/10.1109/CVPR.2018.00474
.. [2] Howard et al., Searching for MobileNetV3, ICCV 2019.
   https://doi.org/10.1109/ICCV.2019.00140
.. [3] Ronneberger et al., U-Net, MICCAI 2015.
   https://doi.org/10.1007/978-3-319-24574-4_28
.. [4] He et al., Deep residual learning for image recognition, CVPR 2016.
   https://doi.org/10.1109/CVPR.2016.90
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari_mobile_unet.types import Floats
    from napari_mobile_unet.unet.card import Architecture

Tensor = Any
"""A symbolic Keras tensor (batch, y, x, channels)."""


@keras.saving.register_keras_serializable("napari_mobile_unet")
class Upsample(layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Doubles height and width, bilinearly.

    ``keras.layers.UpSampling2D`` fails in graph mode when height and width are
    unknown; ``tf.image.resize`` does not.
    """

    def call(self, inputs: Tensor) -> Tensor:
        """Return ``inputs`` (b, y, x, c) as (b, 2y, 2x, c)."""
        shape = tf.shape(inputs)
        return tf.image.resize(inputs, (2 * shape[1], 2 * shape[2]))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> Any:
        """Return the shape of the output."""
        batch, height, width, channels = input_shape
        return (
            batch,
            None if height is None else 2 * height,
            None if width is None else 2 * width,
            channels,
        )


@keras.saving.register_keras_serializable("napari_mobile_unet")
class DepthToSpace(layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Rearranges each group of four channels into a block of 2×2 pixels."""

    def call(self, inputs: Tensor) -> Tensor:
        """Return ``inputs`` (b, y, x, 4c) as (b, 2y, 2x, c)."""
        return tf.nn.depth_to_space(inputs, 2)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> Any:
        """Return the shape of the output."""
        batch, height, width, channels = input_shape
        return (
            batch,
            None if height is None else 2 * height,
            None if width is None else 2 * width,
            None if channels is None else channels // 4,
        )


@keras.saving.register_keras_serializable("napari_mobile_unet")
class BatchNormalization(layers.BatchNormalization):  # type: ignore[misc]  # as above
    """Batch normalization as a single operation in training.

    That of Keras makes a dozen passes over the maps, which took a third of the time of
    a step. The class has the same name because weights files refer to it.
    """

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        """Return ``inputs`` (b, y, x, c), each channel normalised."""
        if not training or not self.trainable:
            return super().call(inputs, training=False)
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=self.gamma,
            offset=self.beta,
            mean=self.moving_mean,
            variance=self.moving_variance,
            epsilon=self.epsilon,
            exponential_avg_factor=1 - self.momentum,
            is_training=True,
        )
        self.moving_mean.assign(mean)
        self.moving_variance.assign(variance)
        return outputs


def _conv(
    x: Tensor,
    channels: int,
    kernel: int,
    name: str,
    stride: int = 1,
    scale: str = "ones",
) -> Tensor:
    x = layers.Conv2D(
        channels, kernel, stride, "same", use_bias=False, name=f"{name}_conv"
    )(x)
    return BatchNormalization(
        momentum=0.98, gamma_initializer=scale, name=f"{name}_bn"
    )(x)


def _depthwise(x: Tensor, kernel: int, name: str, stride: int = 1) -> Tensor:
    x = layers.DepthwiseConv2D(
        kernel, stride, "same", use_bias=False, name=f"{name}_dw"
    )(x)
    x = BatchNormalization(momentum=0.98, name=f"{name}_dw_bn")(x)
    return layers.ReLU(name=f"{name}_dw_relu")(x)


def _inverted_residual(
    x: Tensor,
    channels: int,
    name: str,
    *,
    expansion: int,
    kernel: int = 3,
    stride: int = 1,
    fused: bool = False,
) -> Tensor:
    """Expand, convolve, project; add the input where the shapes allow it."""
    entry, wide = x, expansion * x.shape[-1]
    if fused:
        x = _conv(x, wide, kernel, f"{name}_fused", stride)
        x = layers.ReLU(name=f"{name}_fused_relu")(x)
    else:
        x = _conv(x, wide, 1, f"{name}_expand")
        x = layers.ReLU(name=f"{name}_expand_relu")(x)
        x = _depthwise(x, kernel, name, stride)
    x = _conv(x, channels, 1, f"{name}_project")
    if stride == 1 and entry.shape[-1] == channels:
        x = layers.Add(name=f"{name}_add")([entry, x])
    return x


def _residual(x: Tensor, name: str) -> Tensor:
    """Add the output of two full convolutions, which is zero at first.

    So a trained network that gets such a block starts with its old output.
    """
    channels = x.shape[-1]
    y = layers.ReLU(name=f"{name}_relu")(_conv(x, channels, 3, f"{name}_first"))
    y = _conv(y, channels, 3, f"{name}_second", scale="zeros")
    x = layers.Add(name=f"{name}_add")([x, y])
    return layers.ReLU(name=f"{name}_out_relu")(x)


def _mobile(inputs: Tensor, architecture: Architecture) -> Tensor:
    """Return the features (b, y/2, x/2, c) of the mobile encoder and decoder."""
    widths, depths = architecture.widths, architecture.depths
    x = _conv(inputs, widths[0], 3, "stem", stride=2)
    x = layers.ReLU(name="stem_relu")(x)
    for block in range(architecture.stem_depth):
        x = _residual(x, f"stem_{block}")
    skips = []
    for stage, (width, depth) in enumerate(
        zip(widths[1:], depths, strict=True), start=1
    ):
        skips.append(x)
        for block in range(depth):
            x = _inverted_residual(
                x,
                width,
                f"stage_{stage}_block_{block}",
                expansion=architecture.expansion,
                kernel=3 if stage <= 2 else 5,
                stride=2 if block == 0 else 1,
                fused=stage == 1,
            )
    for stage, skip in reversed(list(enumerate(skips))):
        width = architecture.decoder[stage]
        x = Upsample(name=f"up_{stage}")(_conv(x, width, 1, f"up_{stage}"))
        x = layers.Add(name=f"merge_{stage}")(
            [x, _conv(skip, width, 1, f"skip_{stage}")]
        )
        x = layers.ReLU(name=f"merge_{stage}_relu")(x)
        for block in range(architecture.decoder_depth):
            y = _depthwise(x, 3, f"decode_{stage}_{block}")
            y = _conv(y, width, 1, f"decode_{stage}_{block}")
            x = layers.Add(name=f"decode_{stage}_{block}_add")([x, y])
        x = layers.ReLU(name=f"decode_{stage}_relu")(x)
    for block in range(architecture.head_depth):
        x = _residual(x, f"head_{block}")
    return x


def build(architecture: Architecture, size: int | None = None) -> keras.Model:
    """Return an untrained network.

    Parameters
    ----------
    architecture : Architecture
        Which network, and its sizes.
    size : int, optional
        Height and width of the input in pixels, a multiple of 32; by default
        the network takes any multiple of 32.

    Returns
    -------
    keras.Model
        From (batch, y, x, channels), normalised, float32, to logits
        (batch, y, x, maps).
    """
    inputs = keras.Input((size, size, architecture.channels), name="image")
    features = NETWORKS[architecture.kind](inputs, architecture)
    logits = layers.Conv2D(4 * len(architecture.maps), 1, name="head")(features)
    return keras.Model(inputs, DepthToSpace(name="maps")(logits), name="mobile_unet")


def load_weights(
    model: keras.Model,
    weights: Path,
    architecture: Architecture | None = None,
    *,
    head: bool = True,
) -> None:
    """Load weights, also those of another network where its layers fit.

    Layers that the other network lacks stay as they are. Weights for another number
    of input channels, or of maps, are adapted.

    Parameters
    ----------
    model : keras.Model
        Of ``build``.
    weights : Path
        Its weights, or those of another network.
    architecture : Architecture, optional
        What the weights belong to, if not to ``model`` itself.
    head : bool
        Whether the last layer is loaded, too: not if its maps mean something else.

    Raises
    ------
    ValueError
        If a layer has another size in the other network.
    """
    if architecture is None:
        model.load_weights(weights)
        return
    other = build(architecture)
    other.load_weights(weights)
    given = {weight.path: np.asarray(weight) for weight in other.weights}
    for own in model.weights:
        if own.path in given and (head or not own.path.startswith("head/")):
            own.assign(_fitted(given[own.path], np.array(own), own.path))


def _fitted(given: Floats, own: Floats, path: str) -> Floats:
    """Return the other network's weights of a layer, in the shape of the own ones."""
    if given.shape == own.shape:
        return given
    if path.startswith("stem_conv/") and given.shape[3:] == own.shape[3:]:
        # The sum over the channels is shared equally, so grey gives the same output.
        share = given.sum(2, keepdims=True) / own.shape[2]
        return np.repeat(share, own.shape[2], 2)
    if path.startswith("head/") and given.shape[:-1] == own.shape[:-1]:
        # Depth-to-space takes the maps of each of four pixels from adjacent channels.
        maps = given.reshape(*given.shape[:-1], 4, -1)
        fitted = own.reshape(*own.shape[:-1], 4, -1).copy()
        both = min(maps.shape[-1], fitted.shape[-1])
        fitted[..., :both] = maps[..., :both]
        return fitted.reshape(own.shape)
    raise ValueError(
        f"a network to start from must have layers of the same sizes; {path} is "
        f"{given.shape} there and {own.shape} here; start from another model, or none"
    )


NETWORKS: dict[str, Callable[[Tensor, Architecture], Tensor]] = {"mobile": _mobile}
"""Builders by name; ``Architecture.kind`` names one of them."""
