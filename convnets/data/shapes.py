"""Drawn pictures of shapes that mean nothing: what the small backbone is trained on.

Each picture shows one thing on some ground. The thing has an outline, a surface, a colour, and now and then something
that is attached to it; these four are what a network has to name. Size, place, turn, light, ground and noise are left
to chance, and mean nothing.
"""

import numpy as np

_TURN = 2 * np.pi


def _radius(x, y):
    return np.hypot(x, y)


def _angle(x, y):
    return np.arctan2(y, x)


def _polygon(x, y, corners):
    step = _TURN / corners
    turned = (_angle(x, y) + np.pi / 2) % step - step / 2
    return _radius(x, y) * np.cos(turned) - 0.85


def _box(x, y, wide, tall, rounded=0.0):
    across, down = np.abs(x) - wide + rounded, np.abs(y) - tall + rounded
    outside = np.hypot(np.maximum(across, 0), np.maximum(down, 0))
    return outside + np.minimum(np.maximum(across, down), 0) - rounded


def _disc(x, y, across=0.0, down=0.0, radius=1.0):
    return np.hypot(x - across, y - down) - radius


def _arc(x, y, radius, half, thick):
    """A bent rod: the part of a ring that lies within ``half`` radians of the upward direction."""
    beside = np.abs(np.arctan2(x, -y))
    end = radius * np.sin(half), -radius * np.cos(half)
    to_end = np.hypot(np.abs(x) - end[0], y - end[1])
    return np.where(beside < half, np.abs(_radius(x, y) - radius), to_end) - thick


def _star(x, y, points, inner):
    step = _TURN / points
    wave = np.abs((_angle(x, y) + np.pi / 2 + step / 2) % step - step / 2) / (step / 2)  # 1 at a tip, 0 between two
    return _radius(x, y) - (inner + (1 - inner) * wave)


def _spiral(x, y):
    radius = _radius(x, y)
    arm = (radius / 0.42 - _angle(x, y) / _TURN) % 1
    return np.maximum(np.minimum(arm, 1 - arm) * 0.42 - 0.1, radius - 1)


def _heap(x, y):
    return np.minimum.reduce(
        [_disc(x, y, 0.5 * (column + row % 2 / 2), 0.43 * row, 0.26) for row in (-1, 0, 1) for column in (-1, 0, 1)]
    )


def _cloud(x, y):
    places = [(-0.55, 0.15, 0.42), (0.0, -0.2, 0.55), (0.55, 0.1, 0.45), (0.0, 0.25, 0.4), (-0.3, 0.3, 0.35)]
    return np.minimum.reduce([_disc(x, y, *place) for place in places])


OUTLINES = {
    "disc": lambda x, y: _disc(x, y, radius=0.9),
    "ellipse": lambda x, y: 0.6 * (np.hypot(x, y / 0.55) - 1),
    "ring": lambda x, y: np.abs(_radius(x, y) - 0.68) - 0.26,
    "half disc": lambda x, y: np.maximum(_disc(x, y, down=-0.35, radius=0.95), -0.35 - y),
    "crescent": lambda x, y: np.maximum(_disc(x, y, radius=0.95), 0.8 - np.hypot(x - 0.5, y)),
    "square": lambda x, y: _box(x, y, 0.78, 0.78),
    "plate": lambda x, y: _box(x, y, 1.0, 0.5, 0.25),
    "triangle": lambda x, y: _polygon(x, y - 0.15, 3) + 0.3,
    "pentagon": lambda x, y: _polygon(x, y, 5),
    "star": lambda x, y: 0.5 * _star(x, y, 5, 0.42),
    "burr": lambda x, y: 0.5 * _star(x, y, 12, 0.72),
    "cross": lambda x, y: np.minimum(_box(x, y, 0.95, 0.3), _box(x, y, 0.3, 0.95)),
    "heart": lambda x, y: 0.8 * (np.hypot(1.05 * x, 0.15 - 1.15 * y - 0.65 * np.sqrt(np.abs(x))) - 0.85),
    "drop": lambda x, y: 0.8 * (_radius(x, y) - (0.72 + 0.28 * np.maximum(0, -np.sin(_angle(x, y))) ** 6)),
    "egg": lambda x, y: 0.8 * (np.hypot(x * (1.28 + 0.32 * y), y) - 0.95),
    "bean": lambda x, y: _arc(x, y - 0.35, 0.75, 0.9, 0.36),
    "bow": lambda x, y: _arc(x, y - 0.3, 0.85, 1.25, 0.15),
    "wave": lambda x, y: np.maximum(0.75 * (np.abs(y - 0.42 * np.sin(3.2 * x)) - 0.24), np.abs(x) - 1),
    "spiral": _spiral,
    "flower": lambda x, y: 0.6 * (_radius(x, y) - (0.7 + 0.28 * np.cos(6 * _angle(x, y)))),
    "clover": lambda x, y: 0.6 * (_radius(x, y) - (0.68 + 0.32 * np.cos(3 * _angle(x, y) + 1.57))),
    "gear": lambda x, y: _radius(x, y) - (0.82 + 0.14 * np.tanh(4 * np.sin(9 * _angle(x, y)))),
    "cloud": _cloud,
    "heap": _heap,
    "blade": lambda x, y: np.maximum(_disc(x, y, down=0.75, radius=1.2), _disc(x, y, down=-0.75, radius=1.2)),
    "bottle": lambda x, y: np.minimum(_box(x, y - 0.3, 0.45, 0.65, 0.2), _box(x, y + 0.6, 0.17, 0.4)),
    "dumb-bell": lambda x, y: np.minimum.reduce(
        [_disc(x, y, -0.62, 0, 0.38), _disc(x, y, 0.62, 0, 0.38), _box(x, y, 0.62, 0.14)]
    ),
    "skittle": lambda x, y: np.minimum(
        0.9 * _disc(x, y, 0, 0.32, 0.62), np.maximum(_box(x, y + 0.4, 0.36, 0.55, 0.36), -2 + y)
    ),
}
"""Name → a function of two coordinates that is negative inside and, near the edge, about the distance to it."""

SURFACES = (
    "plain", "slope", "ball", "stripes", "rings", "checks", "dots", "specks", "net", "blotches", "grain", "sectors",
    "rim", "halves", "hatch",
)  # fmt: skip
"""What covers the thing."""

# hue from … to, saturation from … to, brightness from … to
COLOURS = {
    "red": (-0.03, 0.02, 0.75, 1.0, 0.65, 1.0),
    "orange": (0.055, 0.09, 0.8, 1.0, 0.85, 1.0),
    "yellow": (0.13, 0.165, 0.7, 1.0, 0.85, 1.0),
    "lime": (0.2, 0.25, 0.6, 0.95, 0.7, 0.95),
    "green": (0.3, 0.38, 0.55, 0.95, 0.35, 0.7),
    "teal": (0.46, 0.52, 0.6, 0.95, 0.45, 0.8),
    "blue": (0.58, 0.66, 0.55, 0.95, 0.5, 0.95),
    "violet": (0.73, 0.8, 0.45, 0.9, 0.35, 0.8),
    "pink": (0.88, 0.95, 0.35, 0.7, 0.8, 1.0),
    "brown": (0.04, 0.09, 0.5, 0.8, 0.25, 0.5),
    "white": (0.0, 1.0, 0.0, 0.15, 0.85, 1.0),
    "grey": (0.0, 1.0, 0.0, 0.15, 0.2, 0.6),
}
"""Name → the range that hue, saturation and brightness are drawn from."""

ATTACHMENTS = ("nothing", "stick", "curl", "tuft", "blades")
"""What sticks out of the thing."""

FACTORS = {
    "outline": tuple(OUTLINES),
    "surface": SURFACES,
    "colour": tuple(COLOURS),
    "attachment": ATTACHMENTS,
}
"""What there is to name in a picture, and the names."""


def _rgb(hue, saturation, brightness):
    """Turn hue, saturation and brightness into red, green and blue, as in Foley and van Dam."""
    shares = np.abs((hue + np.array([0, 2 / 3, 1 / 3])) % 1 * 6 - 3) - 1
    return (brightness * (1 + saturation * (np.clip(shares, 0, 1) - 1))).astype(np.float32)


def _some_colour(rng, name=None):
    low_h, high_h, low_s, high_s, low_v, high_v = COLOURS[name or rng.choice(list(COLOURS))]
    return _rgb(rng.uniform(low_h, high_h), rng.uniform(low_s, high_s), rng.uniform(low_v, high_v))


def _smooth_noise(rng, size, cells):
    """Draw noise that changes over 1 / cells of the picture: random numbers on a grid, and straight lines between."""
    grid = rng.random((cells + 2, cells + 2), dtype=np.float32)
    places = np.arange(size, dtype=np.float32) * (cells / size)
    low = places.astype(int)
    part = (places - low)[:, None]
    rows = grid[low] * (1 - part) + grid[low + 1] * part
    return rows[:, low] * (1 - part.T) + rows[:, low + 1] * part.T


def _cover(pixel, edge):
    """How much of each pixel lies inside, from the distance to the edge."""
    return np.clip(0.5 - edge / pixel, 0, 1)


def _surface(rng, name, x, y, size, first, second):
    """Paint the whole plane, in the coordinates of the thing."""
    angle = rng.uniform(0, np.pi)
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    count = rng.uniform(2.2, 5)
    soft = 8 / count
    if name == "plain":
        share = np.zeros_like(x)
    elif name == "slope":
        share = np.clip(0.5 + 0.55 * along, 0, 1)
    elif name == "ball":
        share = np.clip(_disc(x, y, rng.uniform(-0.4, 0.4), rng.uniform(-0.4, 0.4), 0) - 0.25, 0, 1)
    elif name == "stripes":
        share = np.clip(0.5 + soft * np.sin(np.pi * count * along + rng.uniform(0, _TURN)), 0, 1)
    elif name == "rings":
        share = np.clip(0.5 + soft * np.sin(np.pi * count * _radius(x, y)), 0, 1)
    elif name == "checks":
        share = np.clip(0.5 + 2 * soft * np.sin(np.pi * count * along) * np.sin(np.pi * count * across), 0, 1)
    elif name == "dots":
        wave = np.cos(np.pi * count * along) * np.cos(np.pi * count * across)
        share = np.clip(4 * np.abs(wave) - 2.2, 0, 1)
    elif name == "specks":
        share = (rng.random(x.shape) < rng.uniform(0.06, 0.2)).astype(np.float32)
    elif name == "net":
        points = rng.uniform(-1, 1, (int(rng.integers(8, 20)), 2))
        distances = np.sort([np.hypot(x - px, y - py) for px, py in points], axis=0)
        share = np.clip(1.3 - 12 * (distances[1] - distances[0]), 0, 1)
    elif name == "blotches":
        share = np.clip(6 * (_smooth_noise(rng, size, int(rng.integers(5, 10))) - 0.55), 0, 1)
    elif name == "grain":
        warp = _smooth_noise(rng, size, 4)
        share = 0.5 + 0.5 * np.sin(np.pi * 1.6 * count * (along + 0.7 * warp))
    elif name == "sectors":
        share = np.clip(0.5 + 3 * np.sin(int(rng.integers(4, 10)) * _angle(x, y)), 0, 1)
    elif name == "rim":
        share = np.clip(12 * (_radius(x, y) - rng.uniform(0.5, 0.7)), 0, 1)
    elif name == "halves":
        share = np.clip(0.5 + 12 * (along - rng.uniform(-0.15, 0.15)), 0, 1)
    else:  # hatch
        lines = np.minimum(np.abs(np.sin(np.pi * count * along)), np.abs(np.sin(np.pi * count * across)))
        share = np.clip(1.4 - 5 * lines, 0, 1)
    return first + share[..., None].astype(np.float32) * (second - first)


def _ground(rng, size):
    """Paint what the thing lies on."""
    ends = np.linspace(-1, 1, size, dtype=np.float32)
    y, x = np.meshgrid(ends, ends, indexing="ij")
    first = _some_colour(rng) if rng.random() < 0.5 else _rgb(rng.random(), 0.15 * rng.random(), rng.random())
    second = np.clip(first + rng.normal(0, 0.18, 3), 0, 1).astype(np.float32)
    kind = rng.choice(["plain", "slope", "grain", "blotches", "checks", "stripes", "table"], p=[0.25, *[0.125] * 6])
    if kind == "table":
        height = rng.uniform(-0.5, 0.5)
        share = np.clip(20 * (y + 0.15 * rng.normal() * x - height), 0, 1)
        other = _some_colour(rng)
        return first + share[..., None] * (other - first)
    return _surface(rng, str(kind), x * 1.3, y * 1.3, size, first, second)


def _attachment(rng, name, x, y, pixel):
    """Where something is attached, at the upper end of the thing: a mask of what can be seen of it."""
    if name == "nothing":
        return np.zeros_like(x)
    x, y = x - rng.uniform(-0.1, 0.1), y + 0.78
    lean = rng.uniform(-0.5, 0.5)
    if name == "stick":
        edge = _box(x + lean * y, y + 0.22, rng.uniform(0.05, 0.09), 0.34)
    elif name == "curl":
        side = rng.choice([-1, 1])
        edge = np.where(side * x > -0.05, _arc(side * x - 0.3, y + 0.1, 0.3, 1.9, 0.06), 1)
    elif name == "tuft":
        width = np.maximum(0.13 * (1 + y * 1.4), 0)
        edge = np.minimum.reduce([_box(x - k * (y - 0.25) * -0.55, y + 0.22, width, 0.36) for k in (-1, 0, 1)])
    else:  # blades
        edges = []
        for side in (-1, 1):
            u, v = side * x * 0.8 - y * 0.6, y * 0.8 + side * x * 0.6
            edges.append(
                np.maximum(_disc(u - 0.35, v, down=0.4, radius=0.56), _disc(u - 0.35, v, down=-0.4, radius=0.56))
            )
        edge = np.minimum.reduce(edges[: int(rng.integers(1, 3))])
    return _cover(pixel, edge)


def draw(rng, size, outline, surface, colour, attachment):
    """Draw one picture.

    Parameters
    ----------
    rng : numpy.random.Generator
        Decides everything that the other arguments leave open.
    size : int
        Height and width, in pixels.
    outline, surface, colour, attachment : str
        From `FACTORS`.

    Returns
    -------
    numpy.ndarray, shape (size, size, 3), uint8
    """
    picture = _ground(rng, size)
    ends = np.linspace(-1, 1, size, dtype=np.float32)
    down, right = np.meshgrid(ends, ends, indexing="ij")
    scale, turn = rng.uniform(0.42, 0.8), rng.normal(0, 0.5) if rng.random() < 0.6 else rng.uniform(0, _TURN)
    right, down = right - rng.uniform(-1, 1) * (0.9 - scale), down - rng.uniform(-1, 1) * (0.9 - scale)
    squeeze = np.exp(rng.normal(0, 0.12))
    x = (right * np.cos(turn) + down * np.sin(turn)) / scale * squeeze
    y = (down * np.cos(turn) - right * np.sin(turn)) / scale / squeeze
    if rng.random() < 0.5:
        x = -x
    pixel = 2 / size / scale

    first = _some_colour(rng, colour)
    if rng.random() < 0.6:  # of the same kind, lighter or darker
        second = np.clip(first * rng.uniform(0.25, 0.65) if first.max() > 0.45 else first + 0.35, 0, 1)
    else:
        second = _some_colour(rng)
    thing = _surface(rng, surface, x, y, size, first, second.astype(np.float32))
    edge = OUTLINES[outline](x, y)
    mask = _cover(pixel, edge)

    light = rng.normal(0, 1, 2)
    light /= np.hypot(*light) + 1e-6
    if rng.random() < 0.7:  # round: darker on the side that is turned away
        bend = rng.uniform(0.2, 0.65)
        height = np.clip(-edge * 1.6, 0, 1)
        shade = 1 - bend * np.clip(0.5 - 0.6 * (x * light[0] + y * light[1]) + 0.3 * (1 - height), 0, 1)
        thing = thing * shade[..., None]
        if rng.random() < 0.6:  # and it shines
            gloss = np.exp(-((x - 0.4 * light[0]) ** 2 + (y - 0.4 * light[1]) ** 2) / rng.uniform(0.01, 0.06))
            thing = thing + rng.uniform(0.3, 0.8) * gloss[..., None]
    stuck = _attachment(rng, attachment, x, y, pixel)
    if rng.random() < 0.6:  # a shadow on the ground
        shift = rng.uniform(0.05, 0.25)
        shadow = _cover(pixel * rng.uniform(4, 10), OUTLINES[outline](x + shift * light[0], y + shift * light[1]))
        picture = picture * (1 - rng.uniform(0.2, 0.6) * shadow[..., None])
    if attachment != "nothing":
        picture = picture + stuck[..., None] * (_some_colour(rng) - picture)
    picture = picture + mask[..., None] * (thing - picture)
    picture = (picture - 0.5) * rng.uniform(0.75, 1.15) + 0.5 + rng.normal(0, 0.06)
    picture = picture * (1 + rng.normal(0, 0.04, 3)) + rng.normal(0, rng.uniform(0, 0.035), picture.shape)
    return (np.clip(picture, 0, 1) * 255).round().astype(np.uint8)


def figures(count, size=64, seed=0):
    """Draw pictures, and say what is in them.

    Parameters
    ----------
    count : int
    size : int
        Height and width, in pixels.
    seed : int
        Decides what is drawn; the same seed always draws the same.

    Returns
    -------
    images : numpy.ndarray, shape (count, size, size, 3), uint8
    labels : dict of str to numpy.ndarray of int64, shape (count,)
        For each of `FACTORS` the places of the names, each name about equally often.

    Raises
    ------
    ValueError
        When count or size is below 1.

    Examples
    --------
    >>> from convnets.data.shapes import figures
    >>> images, labels = figures(2, size=32)
    >>> images.shape, sorted(labels)
    ((2, 32, 32, 3), ['attachment', 'colour', 'outline', 'surface'])
    """
    if count < 1 or size < 1:
        raise ValueError(f"There must be a picture at least, of a pixel at least; count is {count}, size is {size}.")
    rng = np.random.default_rng(seed)
    labels = {name: rng.permutation(np.arange(count) % len(values)) for name, values in FACTORS.items()}
    images = np.empty((count, size, size, 3), np.uint8)
    for number, own in enumerate(rng.spawn(count)):  # so that a picture does not depend on how many came before
        names = {factor: values[labels[factor][number]] for factor, values in FACTORS.items()}
        images[number] = draw(own, size, **names)
    return images, labels
