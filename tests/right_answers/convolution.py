"""Right answers to assignments 1 and 2 in forms that the catalogue does not have, which stand behind ``__``."""

import numpy as np


def convolve__matrix(sequence, weights):
    s, w = np.asarray(sequence, dtype=float), np.asarray(weights, dtype=float)
    if w.size == 0 or w.size > s.size:
        raise ValueError("the weights do not fit")
    rows = s.size - w.size + 1
    matrix = np.zeros((rows, s.size))
    for row in range(rows):
        matrix[row, row : row + w.size] = w
    return matrix @ s


def convolve__accumulating(sequence, weights):
    s = [float(each) for each in sequence]
    w = [float(each) for each in weights]
    places = len(s) - len(w) + 1
    if not w or places < 1:
        raise ValueError("the weights do not fit")
    out = np.zeros(places)
    for shift, weight in enumerate(w):
        out += weight * np.array(s[shift : shift + places])
    return out


def convolve__while(sequence, weights):
    n = len(weights)
    if n < 1 or n > len(sequence):
        raise ValueError("the weights do not fit")
    k, found = 0, []
    while k + n <= len(sequence):
        total = 0.0
        for t in range(n):
            total = total + float(sequence[k + t]) * weights[t]
        found.append(total)
        k += 1
    return np.array(found)


def convolve2d__shifts(image, kernel):
    image, kernel = np.array(image, dtype=float), np.array(kernel, dtype=float)
    if image.ndim != 2 or kernel.ndim != 2 or kernel.size == 0:
        raise ValueError("two tables are needed")
    rows = image.shape[0] - kernel.shape[0] + 1
    columns = image.shape[1] - kernel.shape[1] + 1
    if min(rows, columns) < 1:
        raise ValueError("the kernel is too large")
    total = np.zeros((rows, columns))
    for (u, v), weight in np.ndenumerate(kernel):
        total = total + weight * image[u : u + rows, v : v + columns]
    return total


def convolve2d__rowwise(image, kernel):
    image, kernel = np.array(image, dtype=float), np.array(kernel, dtype=float)
    if image.ndim != 2 or kernel.ndim != 2 or kernel.size == 0:
        raise ValueError("two tables are needed")
    kh, kw = kernel.shape
    if kh > image.shape[0] or kw > image.shape[1]:
        raise ValueError("the kernel is too large")
    rows = []
    for top in range(image.shape[0] - kh + 1):
        band = image[top : top + kh]
        rows.append([(band[:, left : left + kw] * kernel).sum() for left in range(image.shape[1] - kw + 1)])
    return np.array(rows)


def true_convolution2d__scattering(image, kernel):
    image, kernel = np.array(image, dtype=float), np.array(kernel, dtype=float)
    if image.ndim != 2 or kernel.ndim != 2 or kernel.size == 0:
        raise ValueError("two tables are needed")
    kh, kw = kernel.shape
    if kh > image.shape[0] or kw > image.shape[1]:
        raise ValueError("the kernel is too large")
    full = np.zeros((image.shape[0] + kh - 1, image.shape[1] + kw - 1))
    for i in range(image.shape[0]):
        for j in range(image.shape[1]):
            full[i : i + kh, j : j + kw] += image[i, j] * kernel
    return full[kh - 1 : image.shape[0], kw - 1 : image.shape[1]].copy()


def true_convolution2d__turned(image, kernel):
    image, turned = np.array(image, dtype=float), np.rot90(np.array(kernel, dtype=float), 2)
    if image.ndim != 2 or turned.ndim != 2 or turned.size == 0:
        raise ValueError("two tables are needed")
    rows, columns = np.subtract(image.shape, turned.shape) + 1
    if rows < 1 or columns < 1:
        raise ValueError("the kernel is too large")
    out = np.empty((rows, columns))
    for place in np.ndindex(rows, columns):
        i, j = place
        out[place] = np.vdot(image[i : i + turned.shape[0], j : j + turned.shape[1]], turned)
    return out


def sobel__loops(image):
    image = np.asarray(image, dtype=float)
    if image.ndim != 2 or min(image.shape) < 3:
        raise ValueError("at least 3 by 3")
    across = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    rows, columns = image.shape[0] - 2, image.shape[1] - 2
    h, v = np.zeros((rows, columns)), np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            window = image[i : i + 3, j : j + 3]
            h[i, j] = (window * across.T).sum()
            v[i, j] = (window * across).sum()
    return h, v, np.hypot(h, v)


def sobel__separable(image):
    image = np.asarray(image, dtype=float)
    if image.ndim != 2 or min(image.shape) < 3:
        raise ValueError("at least 3 by 3")
    smooth_rows = image[:-2] + 2 * image[1:-1] + image[2:]
    smooth_columns = image[:, :-2] + 2 * image[:, 1:-1] + image[:, 2:]
    v = smooth_rows[:, 2:] - smooth_rows[:, :-2]
    h = smooth_columns[2:] - smooth_columns[:-2]
    return h, v, (h**2 + v**2) ** 0.5


def convolve2d_fast__strides(image, kernel):
    image, kernel = np.ascontiguousarray(image, dtype=float), np.asarray(kernel, dtype=float)
    if image.ndim != 2 or kernel.ndim != 2 or kernel.size == 0:
        raise ValueError("two tables are needed")
    (h, w), (kh, kw) = image.shape, kernel.shape
    if kh > h or kw > w:
        raise ValueError("the kernel is too large")
    down, across = image.strides
    shape = (h - kh + 1, w - kw + 1, kh, kw)
    windows = np.lib.stride_tricks.as_strided(image, shape, (down, across, down, across))
    return np.tensordot(windows, kernel, axes=2)


def convolve2d_fast__shifts(image, kernel):
    image, kernel = np.asarray(image, dtype=float), np.asarray(kernel, dtype=float)
    if image.ndim != 2 or kernel.ndim != 2 or kernel.size == 0:
        raise ValueError("two tables are needed")
    rows, columns = image.shape[0] - kernel.shape[0] + 1, image.shape[1] - kernel.shape[1] + 1
    if rows < 1 or columns < 1:
        raise ValueError("the kernel is too large")
    out = np.zeros((rows, columns))
    for u, weights in enumerate(kernel):
        for v, weight in enumerate(weights):
            out += weight * image[u : u + rows, v : v + columns]
    return out


def pad__frame(images, padding):
    images = np.asarray(images)
    n, h, w, c = images.shape
    frame = np.zeros((n, h + 2 * padding, w + 2 * padding, c), dtype=images.dtype)
    frame[:, padding : padding + h, padding : padding + w] = images
    return frame


def pad__stacked(images, padding):
    images = np.array(images)
    for axis in (1, 2):
        shape = list(images.shape)
        shape[axis] = padding
        border = np.zeros(shape, dtype=images.dtype)
        images = np.concatenate([border, images, border], axis=axis)
    return images


def conv_output_size__counting(size, kernel, padding=0, stride=1, dilation=1):
    if min(size, kernel, stride, dilation) < 1 or padding < 0:
        raise ValueError("out of range")
    reach = (kernel - 1) * dilation
    last = size + 2 * padding - 1 - reach
    if last < 0:
        raise ValueError("the kernel does not fit")
    count, start = 0, 0
    while start <= last:
        count += 1
        start += stride
    return count


def conv_output_size__divmod(size, kernel, padding=0, stride=1, dilation=1):
    for value, lowest in ((size, 1), (kernel, 1), (padding, 0), (stride, 1), (dilation, 1)):
        if value < lowest:
            raise ValueError("out of range")
    room = size + padding + padding - ((kernel - 1) * dilation + 1)
    if room < 0:
        raise ValueError("the kernel does not fit")
    steps, _cut_off = divmod(room, stride)
    return steps + 1


def same_padding__loop(size, kernel, stride=1):
    if min(size, kernel, stride) < 1:
        raise ValueError("out of range")
    outputs = (size + stride - 1) // stride
    before = after = 0
    while size + before + after < (outputs - 1) * stride + kernel:
        if after > before:
            before += 1
        else:
            after += 1
    return before, after


def same_padding__ceil(size, kernel, stride=1):
    if stride < 1 or size < 1 or kernel < 1:
        raise ValueError("out of range")
    needed = int(np.ceil(size / stride)) * stride - stride + kernel
    missing = needed - size if needed > size else 0
    half = missing >> 1
    return half, missing - half


def conv_parameters__product(kernel, depth, filters, bias=True):
    if kernel < 1 or depth < 1 or filters < 1:
        raise ValueError("out of range")
    each = int(np.prod([kernel, kernel, depth]))
    if bias:
        each += 1
    return each * filters


def conv_parameters__sum(kernel, depth, filters, bias=True):
    if min(kernel, depth, filters) < 1:
        raise ValueError("out of range")
    total = 0
    for _ in range(filters):
        total += kernel**2 * depth
        total += 1 if bias else 0
    return total


def dense_parameters__parts(inputs, units, bias=True):
    if inputs < 1 or units < 1:
        raise ValueError("out of range")
    weights = inputs * units
    biases = units if bias else 0
    return weights + biases


def receptive_field__steps(layers):
    field, jump = 1, 1
    for kernel, stride in layers:
        grown = (kernel - 1) * jump
        field = field + grown
        jump = jump * stride
    return field


def receptive_field__edges(layers):
    first, last = 0, 0
    for kernel, stride in list(layers)[::-1]:
        first = first * stride
        last = last * stride + kernel - 1
    return last - first + 1


def conv_forward__loops(images, filters, bias, stride=1, padding=0):
    images, filters, bias = (np.asarray(each, dtype=float) for each in (images, filters, bias))
    if stride < 1 or padding < 0 or 0 in filters.shape:
        raise ValueError("out of range")
    border = ((0, 0), (padding, padding), (padding, padding), (0, 0))
    padded = np.pad(images, border)
    kh, kw, _, count = filters.shape
    rows = (padded.shape[1] - kh) // stride + 1
    columns = (padded.shape[2] - kw) // stride + 1
    if kh > padded.shape[1] or kw > padded.shape[2]:
        raise ValueError("the filters are too large")
    out = np.zeros((len(images), rows, columns, count))
    for i in range(rows):
        for j in range(columns):
            window = padded[:, i * stride : i * stride + kh, j * stride : j * stride + kw]
            out[:, i, j] = np.tensordot(window, filters, axes=3) + bias
    return out


def conv_forward__shifts(images, filters, bias, stride=1, padding=0):
    images, filters = np.asarray(images, dtype=float), np.asarray(filters, dtype=float)
    if stride < 1 or padding < 0 or 0 in filters.shape:
        raise ValueError("out of range")
    n, h, w, c = images.shape
    padded = np.zeros((n, h + 2 * padding, w + 2 * padding, c))
    padded[:, padding : padding + h, padding : padding + w] = images
    kh, kw = filters.shape[:2]
    if kh > padded.shape[1] or kw > padded.shape[2]:
        raise ValueError("the filters are too large")
    rows, columns = (padded.shape[1] - kh) // stride + 1, (padded.shape[2] - kw) // stride + 1
    total = np.zeros((n, rows, columns, filters.shape[3])) + np.asarray(bias, dtype=float)
    for u in range(kh):
        for v in range(kw):
            seen = padded[:, u : u + (rows - 1) * stride + 1 : stride, v : v + (columns - 1) * stride + 1 : stride]
            total += seen @ filters[u, v]
    return total


def conv_backward__loops(grad_output, images, filters, stride=1, padding=0):
    grad_output, images, filters = (np.asarray(each, dtype=float) for each in (grad_output, images, filters))
    if stride < 1 or padding < 0 or 0 in filters.shape:
        raise ValueError("out of range")
    padded = np.pad(images, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    kh, kw = filters.shape[:2]
    if kh > padded.shape[1] or kw > padded.shape[2]:
        raise ValueError("the filters are too large")
    grad_padded, grad_filters = np.zeros(padded.shape), np.zeros(filters.shape)
    for i in range(grad_output.shape[1]):
        for j in range(grad_output.shape[2]):
            top, left = i * stride, j * stride
            window = padded[:, top : top + kh, left : left + kw]
            slope = grad_output[:, i, j]
            grad_filters += np.einsum("nuvc,nf->uvcf", window, slope)
            grad_padded[:, top : top + kh, left : left + kw] += np.einsum("uvcf,nf->nuvc", filters, slope)
    inside = slice(padding, padding + images.shape[1]), slice(padding, padding + images.shape[2])
    return grad_padded[:, inside[0], inside[1]].copy(), grad_filters, grad_output.sum((0, 1, 2))


def numeric_gradient__flat(function, point, step=1e-5):
    point = np.array(point, dtype=float)
    slopes = []
    for number in range(point.size):
        moved = np.zeros(point.size)
        moved[number] = step
        moved = moved.reshape(point.shape)
        slopes.append((function(point + moved) - function(point - moved)) / (2 * step))
    return np.array(slopes).reshape(point.shape)


def numeric_gradient__copies(function, point, step=1e-5):
    point = np.asarray(point, dtype=float)
    gradient = np.empty(point.shape)
    for place, value in np.ndenumerate(point):
        ends = []
        for sign in (1, -1):
            there = point.copy()
            there[place] = value + sign * step
            ends.append(function(there))
        gradient[place] = (ends[0] - ends[1]) / (step + step)
    return gradient


def convolve__reduced(sequence, weights):
    n = len(weights)
    if not 0 < n <= len(sequence):
        raise ValueError("the weights do not fit")
    s = np.asarray(sequence, dtype=float)
    shifted = [s[t : len(s) - n + 1 + t] for t in range(n)]
    result = np.zeros(len(s) - n + 1)
    for part, weight in zip(shifted, weights, strict=True):
        result = result + part * weight
    return result


def convolve2d__columns(image, kernel):
    image, kernel = np.array(image, dtype=float), np.array(kernel, dtype=float)
    if image.ndim != 2 or kernel.ndim != 2 or kernel.size == 0:
        raise ValueError("two tables are needed")
    (h, w), (kh, kw) = image.shape, kernel.shape
    if kh > h or kw > w:
        raise ValueError("the kernel is too large")
    rows, columns = h - kh + 1, w - kw + 1
    table = np.zeros((kh * kw, rows * columns))
    for number in range(kh * kw):
        u, v = divmod(number, kw)
        table[number] = image[u : u + rows, v : v + columns].ravel()
    return (kernel.ravel() @ table).reshape(rows, columns)


def numeric_gradient__basis(function, point, step=1e-5):
    point = np.array(point, dtype=float)
    directions = np.eye(point.size).reshape(point.size, *point.shape)
    up = [function(point + step * direction) for direction in directions]
    down = [function(point - step * direction) for direction in directions]
    slopes = np.subtract(up, down) / (2 * step)
    return slopes.reshape(point.shape)
