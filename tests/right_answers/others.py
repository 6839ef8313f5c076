"""Right answers to assignments 3 to 8, as in `convolution.py`."""

import numpy as np


def trace_shapes__table(layers, input_shape):
    shape, found = tuple(input_shape), []
    for layer in layers:
        kind = layer["type"]
        if kind == "dense":
            shape = (*shape[:-1], layer["units"])
        elif kind == "flatten":
            numbers = 1
            for side in shape:
                numbers *= side
            shape = (numbers,)
        elif kind in ("conv2d", "max_pool", "avg_pool"):
            window = layer["kernel_size"] if kind == "conv2d" else layer.get("pool_size", 2)
            window = (window, window) if np.isscalar(window) else tuple(window)
            strides = layer.get("strides") or (1 if kind == "conv2d" else window)
            strides = (strides, strides) if np.isscalar(strides) else tuple(strides)
            channels = layer["filters"] if kind == "conv2d" else shape[2]
            if layer.get("padding", "valid") == "same":
                sides = [-(-shape[axis] // strides[axis]) for axis in (0, 1)]
            else:
                sides = [(shape[axis] - window[axis]) // strides[axis] + 1 for axis in (0, 1)]
                if min(sides) < 1:
                    raise ValueError("a window does not fit")
            shape = (sides[0], sides[1], channels)
        else:
            raise ValueError(f"unknown: {kind}")
        found.append(shape)
    return found


def flatten__filling(images):
    images = np.asarray(images)
    count = len(images)
    length = images[0].size if count else 0
    rows = np.empty((count, length), dtype=images.dtype)
    for number, image in enumerate(images):
        rows[number] = image.ravel()
    return rows


def max_pool__best(images, size, stride=None):
    images = np.asarray(images)
    step = size if stride is None else stride
    if size < 1 or step < 1 or size > min(images.shape[1], images.shape[2]):
        raise ValueError("the window does not fit")
    tops = range(0, images.shape[1] - size + 1, step)
    lefts = range(0, images.shape[2] - size + 1, step)
    rows = []
    for top in tops:
        band = images[:, top : top + size].max(axis=1)
        rows.append([band[:, left : left + size].max(axis=1) for left in lefts])
    return np.array(rows).transpose(2, 0, 1, 3)


def max_pool__axes(images, size, stride=None):
    pooled = np.array(images)
    step = stride if stride is not None else size
    if size < 1 or step < 1 or size > min(pooled.shape[1:3]):
        raise ValueError("the window does not fit")
    for axis in (1, 2):
        places = (pooled.shape[axis] - size) // step + 1
        moved = np.moveaxis(pooled, axis, 0)
        moved = np.stack([moved[k * step : k * step + size].max(axis=0) for k in range(places)])
        pooled = np.moveaxis(moved, 0, axis)
    return pooled


def avg_pool__sums(images, size, stride=None):
    images = np.asarray(images, dtype=float)
    step = size if stride is None else stride
    if size < 1 or step < 1 or size > min(images.shape[1:3]):
        raise ValueError("the window does not fit")
    sums = np.zeros((len(images), images.shape[1] + 1, images.shape[2] + 1, images.shape[3]))
    sums[:, 1:, 1:] = images.cumsum(axis=1).cumsum(axis=2)
    full = sums[:, size:, size:] - sums[:, :-size, size:] - sums[:, size:, :-size] + sums[:, :-size, :-size]
    return full[:, ::step, ::step] / (size * size)


def avg_pool__loops(images, size, stride=None):
    images = np.array(images, dtype=float)
    step = size if stride is None else stride
    if size < 1 or step < 1 or size > min(images.shape[1:3]):
        raise ValueError("the window does not fit")
    rows = 1 + (images.shape[1] - size) // step
    columns = 1 + (images.shape[2] - size) // step
    out = np.zeros((images.shape[0], rows, columns, images.shape[3]))
    for i in range(rows):
        for j in range(columns):
            out[:, i, j] = images[:, i * step : i * step + size, j * step : j * step + size].mean((1, 2))
    return out


def max_pool_backward__first(grad_output, images, size, stride=None):
    images, slopes = np.asarray(images, dtype=float), np.asarray(grad_output, dtype=float)
    step = size if stride is None else stride
    if size < 1 or step < 1 or size > min(images.shape[1:3]):
        raise ValueError("the window does not fit")
    back = np.zeros(images.shape)
    for n, i, j, c in np.ndindex(slopes.shape):
        window = images[n, i * step : i * step + size, j * step : j * step + size, c]
        u, v = divmod(int(window.argmax()), size)
        back[n, i * step + u, j * step + v, c] += slopes[n, i, j, c]
    return back


def sgd_step__pairs(weights, gradient, learning_rate=0.01):
    weights, gradient = np.array(weights, dtype=float), np.array(gradient, dtype=float)
    step = np.multiply(gradient, -learning_rate)
    moved = np.add(weights, step)
    return moved


def sgd_step__flat(weights, gradient, learning_rate=0.01):
    weights = np.array(weights, dtype=float)
    moved = []
    for weight, slope in zip(weights.flat, np.asarray(gradient, dtype=float).flat, strict=True):
        moved.append(weight - learning_rate * slope)
    return np.array(moved).reshape(weights.shape)


def momentum_step__inplace(weights, gradient, velocity, learning_rate=0.01, momentum=0.9):
    speed = np.array(velocity, dtype=float)
    speed *= momentum
    speed -= learning_rate * np.asarray(gradient, dtype=float)
    moved = np.array(weights, dtype=float)
    moved += speed
    return moved, speed


def momentum_step__stacked(weights, gradient, velocity, learning_rate=0.01, momentum=0.9):
    parts = np.stack([np.array(each, dtype=float) for each in (velocity, gradient)])
    factors = np.array([momentum, -learning_rate])
    speed = np.tensordot(factors, parts, axes=1)
    return np.asarray(weights, dtype=float) + speed, speed


def rmsprop_step__lerp(weights, gradient, average, learning_rate=0.001, rho=0.9, epsilon=1e-7):
    gradient, average = np.asarray(gradient, dtype=float), np.asarray(average, dtype=float)
    squares = gradient * gradient
    mean = squares + rho * (average - squares)
    root = np.sqrt(mean)
    step = learning_rate * gradient / (root + epsilon)
    return np.asarray(weights, dtype=float) - step, mean


def rmsprop_step__inplace(weights, gradient, average, learning_rate=0.001, rho=0.9, epsilon=1e-7):
    slope = np.array(gradient, dtype=float)
    mean = np.array(average, dtype=float)
    mean *= rho
    mean += (1 - rho) * np.square(slope)
    moved = np.array(weights, dtype=float)
    moved -= learning_rate * slope / (mean**0.5 + epsilon)
    return moved, mean


def adam_step__unpacked(weights, gradient, state, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    weights, gradient = np.asarray(weights, dtype=float), np.asarray(gradient, dtype=float)
    zeros = np.zeros(weights.shape)
    m, v, t = (zeros, zeros, 0) if state is None else (np.asarray(state["m"]), np.asarray(state["v"]), state["t"])
    t += 1
    m = gradient + beta_1 * (m - gradient)
    v = gradient**2 + beta_2 * (v - gradient**2)
    shrunk_m, shrunk_v = 1 - beta_1**t, 1 - beta_2**t
    step = learning_rate * (m / shrunk_m) / (np.sqrt(v / shrunk_v) + epsilon)
    return weights - step, {"m": m, "v": v, "t": t}


def minimize__filled(gradient, start, steps, learning_rate):
    position = np.array(start, dtype=float)
    path = np.zeros((steps + 1, position.size))
    path[0] = position
    m, v = np.zeros(position.size), np.zeros(position.size)
    for t in range(1, steps + 1):
        slope = np.asarray(gradient(path[t - 1].copy()), dtype=float)
        m = 0.9 * m + 0.1 * slope
        v = 0.999 * v + 0.001 * slope**2
        path[t] = path[t - 1] - learning_rate * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-7)
    return path


def dataset_bytes__loop(count, height, width, channels=3, dtype="float32"):
    numbers = count
    for side in (height, width, channels):
        numbers = numbers * side
    each = np.zeros(1, dtype=dtype).nbytes
    return numbers * each


def dataset_bytes__image(count, height, width, channels=3, dtype="float32"):
    pixels = height * width
    image = pixels * channels * np.dtype(dtype).itemsize
    return image * count


def split__shuffled(paths, labels, validation_split, seed):
    if validation_split < 0 or validation_split > 1:
        raise ValueError("a share is between 0 and 1")
    labels = np.asarray(labels)
    chance = np.random.default_rng(seed)
    training, validation = [], []
    for label in sorted(set(labels.tolist())):
        members = [place for place, each in enumerate(labels) if each == label]
        chance.shuffle(members)
        cut = round(len(members) * validation_split)
        validation += members[:cut]
        training += members[cut:]
    return np.array(sorted(training), dtype=int), np.array(sorted(validation), dtype=int)


def flip_horizontal__loop(image):
    image = np.asarray(image)
    width = image.shape[1]
    flipped = np.empty_like(image)
    for column in range(width):
        flipped[:, width - 1 - column] = image[:, column]
    return flipped


def flip_vertical__take(image):
    image = np.asarray(image)
    height = len(image)
    order = np.arange(height - 1, -1, -1)
    return np.take(image, order, axis=0)


def flip_vertical__loop(image):
    image = np.asarray(image)
    rows = [image[-1 - number] for number in range(image.shape[0])]
    return np.stack(rows)


def rotate90__loop(image, times=1):
    image = np.array(image)
    for _ in range(times % 4):
        turned = np.swapaxes(image, 0, 1)
        image = turned[::-1].copy()
    return image


def adjust_brightness__where(image, delta):
    brighter = np.array(image, dtype=float) + delta
    brighter = np.where(brighter > 1, 1.0, brighter)
    brighter[brighter < 0] = 0.0
    return brighter


def adjust_contrast__channels(image, factor):
    image = np.array(image, dtype=float)
    flat = image.reshape(image.shape[0] * image.shape[1], -1)
    middle = flat.mean(axis=0)
    spread = flat - middle
    stretched = middle + factor * spread
    return np.clip(stretched, 0, 1).reshape(image.shape)


def blur__separable(image, size=3):
    image = np.asarray(image, dtype=float)
    if size % 2 == 0 or size < 1:
        raise ValueError("the size must be odd")
    half = size // 2
    for axis in (0, 1):
        length = image.shape[axis]
        places = np.arange(length)
        total = 0
        for shift in range(-half, half + 1):
            total = total + np.take(image, np.clip(places + shift, 0, length - 1), axis=axis)
        image = total / size
    return image


def blur__neighbours(image, size=3):
    image = np.asarray(image, dtype=float)
    if size % 2 == 0 or size < 1:
        raise ValueError("the size must be odd")
    around = size // 2
    height, width = image.shape[:2]
    out = np.zeros(image.shape)
    for i in range(height):
        rows = np.clip(np.arange(i - around, i + around + 1), 0, height - 1)
        for j in range(width):
            columns = np.clip(np.arange(j - around, j + around + 1), 0, width - 1)
            out[i, j] = image[np.ix_(rows, columns)].mean(axis=(0, 1))
    return out


def sharpen__padded(image, amount=1.0):
    image = np.asarray(image, dtype=float)
    height, width = image.shape[:2]
    border = [(1, 1), (1, 1)] + [(0, 0)] * (image.ndim - 2)
    padded = np.pad(image, border, mode="edge")
    smooth = np.zeros(image.shape)
    for u in range(3):
        for v in range(3):
            smooth += padded[u : u + height, v : v + width] / 9
    detail = image - smooth
    return np.clip(image + amount * detail, 0, 1)


def stretch__gather(image, factor):
    image = np.asarray(image, dtype=float)
    old = image.shape[1]
    new = round(old * factor)
    columns = []
    for k in range(new):
        x = min(max((k + 0.5) * old / new - 0.5, 0), old - 1)
        left = int(x)
        right = min(left + 1, old - 1)
        share = x - left
        columns.append((1 - share) * image[:, left] + share * image[:, right])
    return np.stack(columns, axis=1)


def ablate__signs(measure, changes, seeds):
    verdicts = {}
    for change in changes:
        without = [other for other in changes if other != change]
        signs = set()
        for seed in seeds:
            gain = measure(list(changes), seed) - measure(without, seed)
            signs.add(int(np.sign(gain)))
        verdicts[change] = {(1,): "helps", (-1,): "harms"}.get(tuple(signs), "unclear")
    return verdicts


def global_average_pool__sums(features):
    features = np.asarray(features, dtype=float)
    places = features.shape[1] * features.shape[2]
    total = features.sum(axis=1)
    total = total.sum(axis=1)
    return total / places


def global_average_pool__loop(features):
    features = np.asarray(features, dtype=float)
    means = np.zeros((features.shape[0], features.shape[3]))
    for number, image in enumerate(features):
        pixels = image.reshape(-1, image.shape[-1])
        means[number] = pixels.mean(axis=0)
    return means


def max_pool__running(images, size, stride=None):
    images = np.array(images)
    step = size if stride is None else stride
    if size < 1 or step < 1 or size > min(images.shape[1:3]):
        raise ValueError("the window does not fit")
    h, w = images.shape[1] - size + 1, images.shape[2] - size + 1
    best = images[:, :h, :w].copy()
    for u in range(size):
        for v in range(size):
            best = np.maximum(best, images[:, u : u + h, v : v + w])
    return best[:, ::step, ::step].copy()


def adam_step__inplace(weights, gradient, state, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    moved, slope = np.array(weights, dtype=float), np.array(gradient, dtype=float)
    before = state if state is not None else {"m": 0 * moved, "v": 0 * moved, "t": 0}
    t = before["t"] + 1
    m, v = np.array(before["m"], dtype=float), np.array(before["v"], dtype=float)
    m *= beta_1
    m += (1 - beta_1) * slope
    v *= beta_2
    v += (1 - beta_2) * slope * slope
    root = np.sqrt(v / (1 - beta_2**t)) + epsilon
    moved -= learning_rate * m / (1 - beta_1**t) / root
    return moved, {"m": m, "v": v, "t": t}


def rotate90__places(image, times=1):
    image = np.asarray(image)
    quarter = times % 4
    if quarter % 2:
        image = image.swapaxes(0, 1)
    if quarter in (1, 2):
        image = image[::-1]
    if quarter in (2, 3):
        image = image[:, ::-1]
    return image.copy()


def stretch__matrix(image, factor):
    image = np.asarray(image, dtype=float)
    old = image.shape[1]
    new = round(old * factor)
    mixing = np.zeros((old, new))
    for k in range(new):
        x = min(max((k + 0.5) * old / new - 0.5, 0), old - 1)
        left = int(np.floor(x))
        mixing[left, k] += 1 - (x - left)
        mixing[min(left + 1, old - 1), k] += x - left
    return np.moveaxis(np.tensordot(image, mixing, axes=(1, 0)), -1, 1)


def split__sorted(paths, labels, validation_split, seed):
    if not 0 <= validation_split <= 1:
        raise ValueError("a share is between 0 and 1")
    labels = np.array(labels)
    order = np.random.default_rng(seed).permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]
    _kinds, starts, sizes = np.unique(labels[order], return_index=True, return_counts=True)
    held_out = np.zeros(len(labels), dtype=bool)
    for start, size in zip(starts, sizes, strict=True):
        held_out[order[start : start + round(size * validation_split)]] = True
    return np.flatnonzero(held_out == 0), np.flatnonzero(held_out)


def flatten__joined(images):
    rows = []
    for image in np.asarray(images):
        lines = [line.reshape(-1) for line in image]
        row = np.concatenate(lines)
        rows.append(row)
    return np.array(rows)
