"""Assignment 2 has a reference that agrees with TensorFlow, Keras and SciPy."""

import numpy as np
import pytest

from autograder.course.reference import reference

# images (n, h, w, depth), kernel (kh, kw), filters, stride, padding; never square, strides leave rows or columns over
LAYERS = [
    ((2, 7, 5, 3), (3, 2), 4, 1, 0),
    ((1, 6, 9, 1), (1, 4), 2, 2, 1),
    ((3, 8, 6, 2), (3, 3), 5, 3, 0),
    ((2, 2, 5, 4), (5, 3), 1, 2, 2),
    ((1, 4, 7, 2), (4, 7), 3, 1, 0),
]


@pytest.fixture(scope="module")
def ours():
    return reference("02-conv-layer")


@pytest.fixture(scope="module")
def tf():
    return pytest.importorskip("tensorflow")


def draw(shape, kernel, filters):
    rng = np.random.default_rng(len(shape) + sum(shape) + filters)
    return rng.normal(size=shape), rng.normal(size=(*kernel, shape[-1], filters)), rng.normal(size=filters)


@pytest.mark.parametrize("padding", [0, 1, 3])
def test_pad_agrees_with_tensorflow(ours, tf, padding):
    images = np.random.default_rng(0).normal(size=(2, 5, 3, 4))
    sides = [[0, 0], [padding, padding], [padding, padding], [0, 0]]
    np.testing.assert_array_equal(ours.pad(images, padding), tf.pad(images, sides).numpy())


@pytest.mark.parametrize(("shape", "kernel", "filters", "stride", "padding"), LAYERS)
def test_conv_forward_agrees_with_tensorflow(ours, tf, shape, kernel, filters, stride, padding):
    images, weights, bias = draw(shape, kernel, filters)
    sides = [[0, 0], [padding, padding], [padding, padding], [0, 0]]
    theirs = tf.nn.bias_add(tf.nn.conv2d(images, weights, stride, sides), bias).numpy()
    np.testing.assert_allclose(ours.conv_forward(images, weights, bias, stride, padding), theirs, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("shape", "kernel", "filters", "stride", "padding"), LAYERS)
def test_conv_forward_agrees_with_scipy(ours, shape, kernel, filters, stride, padding):
    from scipy.signal import correlate

    images, weights, bias = draw(shape, kernel, filters)
    padded = np.pad(images, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    theirs = [
        np.stack([correlate(image, weights[..., f], mode="valid", method="direct")[..., 0] for f in range(filters)], -1)
        for image in padded
    ]
    theirs = np.array(theirs)[:, ::stride, ::stride] + bias
    np.testing.assert_allclose(ours.conv_forward(images, weights, bias, stride, padding), theirs, rtol=1e-9, atol=1e-9)


def test_conv_forward_keeps_single_precision_and_computes_integers_in_double(ours):
    images, weights, bias = (array.astype(np.float32) for array in draw((1, 4, 5, 2), (2, 3), 3))
    assert ours.conv_forward(images, weights, bias).dtype == np.float32
    assert ours.conv_forward(images.astype(int), weights.astype(int), bias.astype(int)).dtype == np.float64
    bytes_ = np.full((1, 4, 5, 2), 200, np.uint8)
    assert ours.conv_forward(bytes_, np.ones((2, 3, 2, 1), np.uint8), np.zeros(1, np.uint8)).max() == 2400


@pytest.mark.parametrize(("shape", "kernel", "filters", "stride", "padding"), LAYERS)
def test_conv_backward_agrees_with_tensorflow(ours, tf, shape, kernel, filters, stride, padding):
    images, weights, bias = (tf.constant(array) for array in draw(shape, kernel, filters))
    sides = [[0, 0], [padding, padding], [padding, padding], [0, 0]]
    with tf.GradientTape() as tape:
        tape.watch([images, weights, bias])
        output = tf.nn.bias_add(tf.nn.conv2d(tf.pad(images, sides), weights, stride, "VALID"), bias)
    slopes = np.random.default_rng(1).normal(size=output.shape)
    theirs = tape.gradient(output, [images, weights, bias], output_gradients=slopes)
    mine = ours.conv_backward(slopes, images.numpy(), weights.numpy(), stride, padding)
    for ours_, theirs_ in zip(mine, theirs, strict=True):
        np.testing.assert_allclose(ours_, theirs_.numpy(), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("shape", "kernel", "filters", "stride", "padding"), LAYERS)
def test_conv_backward_agrees_with_numeric_gradients(ours, shape, kernel, filters, stride, padding):
    arrays = draw(shape, kernel, filters)
    slopes = np.random.default_rng(1).normal(size=ours.conv_forward(*arrays, stride, padding).shape)
    mine = ours.conv_backward(slopes, *arrays[:2], stride, padding)
    for array, gradient in zip(arrays, mine, strict=True):
        numeric, step = np.zeros_like(array), 1e-5
        for place in np.ndindex(array.shape):
            losses = []
            for sign in (1, -1):
                value = array[place]
                array[place] = value + sign * step
                losses.append(np.sum(slopes * ours.conv_forward(*arrays, stride, padding)))
                array[place] = value
            numeric[place] = (losses[0] - losses[1]) / (2 * step)
        np.testing.assert_allclose(gradient, numeric, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("size", [5, 12, 13])
@pytest.mark.parametrize("kernel", [1, 3, 4])
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (3, 1), (1, 2), (1, 3)])
def test_conv_output_size_agrees_with_tensorflow(ours, tf, size, kernel, stride, dilation):
    for padding in (0, 2):
        if dilation * (kernel - 1) + 1 > size + 2 * padding:  # some versions of TensorFlow say nothing about that
            with pytest.raises(ValueError, match="spans"):
                ours.conv_output_size(size, kernel, padding, stride, dilation)
        else:
            line = np.zeros((1, size + 2 * padding, 1))
            theirs = tf.nn.convolution(line, np.zeros((kernel, 1, 1)), stride, "VALID", dilations=dilation)
            assert ours.conv_output_size(size, kernel, padding, stride, dilation) == theirs.shape[1]


@pytest.mark.parametrize("size", [1, 4, 7, 10])
@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_same_padding_agrees_with_tensorflow(ours, tf, size, kernel, stride):
    rng = np.random.default_rng(size + 10 * kernel)
    line, weights = rng.normal(size=(1, size, 1)), rng.normal(size=(kernel, 1, 1))
    theirs = tf.nn.convolution(line, weights, stride, "SAME").numpy()
    padded = np.pad(line, ((0, 0), ours.same_padding(size, kernel, stride), (0, 0)))
    np.testing.assert_allclose(tf.nn.convolution(padded, weights, stride, "VALID").numpy(), theirs, atol=1e-12)


@pytest.mark.parametrize("bias", [True, False])
def test_parameters_agree_with_keras(ours, bias):
    import keras

    convolution = keras.layers.Conv2D(6, 5, use_bias=bias)
    convolution.build((None, 20, 30, 4))
    assert ours.conv_parameters(5, 4, 6, bias) == convolution.count_params()
    dense = keras.layers.Dense(7, use_bias=bias)
    dense.build((None, 50))
    assert ours.dense_parameters(50, 7, bias) == dense.count_params()


@pytest.mark.parametrize("layers", [[], [(3, 1)], [(3, 2), (3, 1)], [(2, 2), (2, 2), (5, 1)], [(5, 3), (1, 2), (4, 1)]])
def test_receptive_field_agrees_with_what_a_number_depends_on(ours, tf, layers):
    deep = tf.eye(200)[:, :, tf.newaxis]  # 200 lines, in each of which another pixel is lit
    for kernel, stride in layers:
        deep = tf.nn.convolution(deep, tf.ones((kernel, 1, 1)), stride, "VALID")
    pixels = np.flatnonzero(deep[:, deep.shape[1] // 2, 0])
    assert ours.receptive_field(layers) == pixels[-1] - pixels[0] + 1


@pytest.mark.parametrize(("shape", "kernel", "filters", "stride", "padding"), LAYERS[:3])
def test_numeric_gradient_agrees_with_conv_backward(ours, shape, kernel, filters, stride, padding):
    images, weights, bias = draw(shape, kernel, filters)
    slopes = np.random.default_rng(1).normal(size=ours.conv_forward(images, weights, bias, stride, padding).shape)

    def loss(weights):
        return np.sum(slopes * ours.conv_forward(images, weights, bias, stride, padding))

    of_filters = ours.conv_backward(slopes, images, weights, stride, padding)[1]
    np.testing.assert_allclose(ours.numeric_gradient(loss, weights), of_filters, rtol=1e-5, atol=1e-6)


def test_numeric_gradient_takes_the_step_it_is_given(ours):
    assert ours.numeric_gradient(lambda x: x[0, 1] ** 3, [[1, 2]], step=0.5).tolist() == [[0.0, 12.25]]
