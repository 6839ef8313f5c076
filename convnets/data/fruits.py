"""Draws fruits: the images of a folder data set that needs no download.

Every fruit is made of a few bodies. A body has an outline, a colour for each of its points, and a normal like that of
a half sphere, so that light falls on it as on something round. All of it is NumPy on float64: its rounding errors are
too small to change a pixel from one processor to the next.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

SIDES = (48, 120)
"""Shortest and longest side of an image, in pixels."""

_SAMPLES = 2  # canvas pixels along each side of an image's pixel


class _Frame(NamedTuple):
    """Where a body lies: its own coordinates are u to its right, v to its foot, 1 long at a radius."""

    x: float
    y: float
    size: float  # canvas pixels
    angle: float = 0.0

    def point(self, u, v):
        """Return the canvas position of a point of the body."""
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        return self.x + self.size * (u * cos - v * sin), self.y + self.size * (u * sin + v * cos)

    def part(self, u, v, size=1.0, angle=0.0):
        """Return the frame of a part of the body."""
        return _Frame(*self.point(u, v), self.size * size, self.angle + angle)

    def direction(self, x, y):
        """Turn a direction on the canvas into one of the body's own."""
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        return x * cos + y * sin, y * cos - x * sin


def _rgb(*parts):
    return np.array(parts, dtype=float)[:, None, None] / 255


def _mix(first, second, share):
    """Blend two colours, or pictures of colours, by a share for each point."""
    return first + share * (second - first)


def _step(value, start, stop):
    """Rise smoothly from 0 at start to 1 at stop."""
    share = np.clip((value - start) / (stop - start), 0, 1)
    return share * share * (3 - 2 * share)


def _circle(theta):
    return np.ones_like(theta)


def _ellipse(wide, high):
    return lambda theta: 1 / np.sqrt((np.sin(theta) / wide) ** 2 + (np.cos(theta) / high) ** 2)


def _from_top(theta, width):
    """A bump of that width at the top of an outline."""
    return np.exp(-((theta / width) ** 2))


def _from_foot(theta, width):
    return _from_top(np.pi - np.abs(theta), width)


class _Picture:
    """A canvas with a light over it."""

    def __init__(self, height, width, rng):
        self.rng = rng
        self.height, self.width = height * _SAMPLES, width * _SAMPLES
        self.pixels = np.empty((3, self.height, self.width))  # channels first: NumPy is faster so
        angle, slope = rng.uniform(-0.85, -0.15) * np.pi, rng.uniform(0.6, 1.0)
        light = np.array([np.cos(angle) * slope, np.sin(angle) * slope, 1.0])
        self.light = light / np.linalg.norm(light)
        middle = self.light + np.array([0, 0, 1])  # between the light and the eye: what looks there, shines
        self.shine = middle / np.linalg.norm(middle)

    # ------------------------------------------------------------ what everything is drawn with

    def window(self, frame, reach):
        """Return the part of the canvas around a frame, and the frame's own coordinates of each of its pixels."""
        left, right = (int(frame.x + sign * reach * frame.size) for sign in (-1, 1))
        top, bottom = (int(frame.y + sign * reach * frame.size) for sign in (-1, 1))
        rows = slice(max(0, top), max(0, min(self.height, bottom + 2)))
        columns = slice(max(0, left), max(0, min(self.width, right + 2)))
        y = np.arange(rows.start, rows.stop)[:, None] + 0.5 - frame.y
        x = np.arange(columns.start, columns.stop)[None, :] + 0.5 - frame.x
        u, v = frame.direction(x / frame.size, y / frame.size)
        return self.pixels[:, rows, columns], u, v

    @staticmethod
    def blend(place, mask, colour):
        """Lay a colour over a part of the canvas where a mask says so."""
        place += mask * (colour - place)

    def lit(self, frame, normal, colour, gloss, dark=0.36):
        """Let the light fall on a colour."""
        lights = [*frame.direction(*self.light[:2]), self.light[2]]
        diffuse = np.clip(sum(n * part for n, part in zip(normal, lights, strict=True)), 0, 1)
        shines = [*frame.direction(*self.shine[:2]), self.shine[2]]
        facing = np.clip(sum(n * part for n, part in zip(normal, shines, strict=True)), 0, 1)
        for _ in range(5):
            facing = facing * facing  # to the power of 32, without the cost of a power
        return colour * (dark + (1.12 - dark) * diffuse) + (gloss * facing)

    def body(self, frame, outline, paint, gloss=0.35, reach=1.35, flat=False):
        """Draw a body.

        ``outline(theta)`` is its radius in a direction, 0 being the top; ``paint(u, v, rho, theta)`` its colour, rho
        going from 0 in the middle to 1 at the outline.
        """
        place, u, v = self.window(frame, reach)
        if not place.size:
            return
        theta = np.arctan2(u, -v)
        edge = outline(theta)
        rho = np.hypot(u, v) / edge
        mask = np.clip((1 - rho) * edge * frame.size + 0.5, 0, 1)
        colour = paint(u, v, rho, theta) if callable(paint) else paint
        if not flat:
            normal = u / edge, v / edge, np.sqrt(np.clip(1 - rho * rho, 0, 1))
            colour = self.lit(frame, normal, colour, gloss)
        self.blend(place, mask, colour)

    def leaf(self, frame, width=0.38, colour=None):
        """Draw a leaf from the frame's middle upwards, one radius long."""
        colour = _rgb(70, 130, 45) if colour is None else colour
        place, u, v = self.window(frame, 1.05)
        if not place.size:
            return
        along = np.clip(-v, 0, 1)
        half = width * np.sqrt(along) * (1 - along) * 2.2 + 1e-9
        mask = np.clip((half - np.abs(u)) * frame.size + 0.5, 0, 1) * ((-v > 0) & (-v < 1))
        across = u / half
        vein = _step(np.abs(u) * frame.size, 0.4, 1.6)
        shade = (0.82 + 0.22 * across * np.sign(self.light[0])) * (0.86 + 0.14 * vein)
        self.blend(place, mask, colour * shade)

    def stroke(self, points, start, stop, colour):
        """Draw a line along points of the canvas, with a radius at either end."""
        points = np.asarray(points, dtype=float)
        middle = points.mean(axis=0)
        reach = np.abs(points - middle).max() + max(start, stop) + 1
        place, x, y = self.window(_Frame(*middle, 1.0), reach)
        if not place.size:
            return
        points = points - middle
        mask, light = np.zeros_like(x), np.zeros_like(x)
        for number, (a, b) in enumerate(pairwise(points)):
            dx, dy = b - a
            length = max(dx * dx + dy * dy, 1e-9)
            share = np.clip(((x - a[0]) * dx + (y - a[1]) * dy) / length, 0, 1)
            off_x, off_y = x - a[0] - share * dx, y - a[1] - share * dy
            radius = start + (stop - start) * (number + share) / (len(points) - 1)
            here = np.clip(radius - np.hypot(off_x, off_y) + 0.5, 0, 1)
            side = (off_x * self.light[0] + off_y * self.light[1]) / radius
            light = np.where(here > mask, side, light)
            mask = np.maximum(mask, here)
        self.blend(place, mask, colour * (0.85 + 0.35 * light))

    def curve(self, frame, start, bend, stop, thick, thin, colour):
        """Draw a bent line between two points of a body, by way of a third."""
        a, b, c = (np.array(frame.point(*point)) for point in (start, bend, stop))
        share = np.linspace(0, 1, 6)[:, None]
        points = a * (1 - share) ** 2 + 2 * b * share * (1 - share) + c * share**2
        self.stroke(points, thick * frame.size, thin * frame.size, colour)

    def shadow(self, frame, wide=0.95, high=0.55, drop=0.62, strength=0.5):
        """Darken the ground below a body, on the side away from the light."""
        frame = _Frame(
            frame.x - 0.3 * frame.size * self.light[0], frame.y + (drop - 0.1 * self.light[1]) * frame.size, frame.size
        )
        place, u, v = self.window(frame, 2.2)
        place *= 1 - strength * np.exp(-((u / wide) ** 2 + (v / high) ** 2) * 1.6)

    # ------------------------------------------------------------ what lies behind

    def ground(self):
        """Paint the background."""
        rng = self.rng
        y = np.linspace(0, 1, self.height)[:, None]
        x = np.linspace(0, 1, self.width)[None, :]
        kind = rng.choice(["wall", "wood", "cloth", "plate", "garden", "paper"])
        tint = rng.choice(_GROUNDS) * rng.uniform(0.75, 1.1)
        if kind == "wall":
            edge = rng.uniform(0.3, 0.6)
            table = rng.choice(_GROUNDS) * rng.uniform(0.6, 1.05)
            self.pixels[:] = _mix(tint * 1.05, table, _step(y, edge, edge + 0.03) + 0 * x)
            self.pixels *= 0.9 + 0.2 * np.abs(y - edge) + 0 * x
        elif kind == "wood":
            count, tilt = rng.uniform(2.5, 5), rng.uniform(-0.12, 0.12)
            across = (y + tilt * x) * count + rng.uniform(0, 1)
            board = np.floor(across)
            grain = np.sin(across * 46 + 5 * np.sin(x * 5 + board * 2.7) + 2.1 * board)
            tone = 0.88 + 0.09 * np.sin(board * 12.9) + 0.045 * grain
            gap = _step(np.abs(across - board - 0.5), 0.5, 0.46)
            wood = _rgb(*rng.choice([[176, 128, 84], [128, 86, 56], [206, 170, 124], [150, 140, 128]]))
            self.pixels[:] = wood * (tone * (0.55 + 0.45 * gap))
        elif kind == "cloth":
            count, angle = rng.uniform(4, 9), rng.uniform(0, np.pi / 2)
            along = (x * self.width + 0 * y) / self.height * np.cos(angle) + y * np.sin(angle)
            across = y * np.cos(angle) - (x * self.width + 0 * y) / self.height * np.sin(angle)
            stripes = _step(np.sin(along * count * 2 * np.pi), -0.12, 0.12)
            if rng.random() < 0.6:
                stripes = (stripes + _step(np.sin(across * count * 2 * np.pi), -0.12, 0.12)) / 2
            self.pixels[:] = _mix(rng.choice(_GROUNDS) * 0.95, _rgb(238, 234, 226), stripes)
        elif kind == "garden":
            self.pixels[:] = tint * 0.75
        else:
            self.pixels[:] = tint * (1.08 - 0.25 * y + 0 * x)
        self.pixels *= self.cloud(0.16, 3)
        if kind == "garden":
            for _ in range(rng.integers(10, 18)):
                spot = _Frame(
                    rng.uniform(0, self.width), rng.uniform(0, self.height), rng.uniform(0.1, 0.3) * self.height
                )
                place, u, v = self.window(spot, 1.0)
                green = _rgb(*rng.choice([[96, 140, 62], [54, 92, 44], [148, 176, 90], [120, 110, 70]]))
                self.blend(place, 0.6 * _step(np.hypot(u, v), 1.0, 0.55), green * rng.uniform(0.6, 1.2))
        if kind == "plate":
            plate = _Frame(self.width / 2, self.height * 0.56, 0.55 * max(self.height, self.width))
            self.shadow(plate, 1.1, 0.75, 0.12, 0.35)
            china = _rgb(*rng.choice([[244, 243, 238], [206, 222, 232], [236, 222, 200]]))
            high = rng.uniform(0.62, 0.9)
            rings = rng.uniform(0.68, 0.74)
            self.body(
                plate,
                _ellipse(1.0, high),
                lambda u, v, rho, theta: (
                    china * (0.93 + 0.07 * _step(rho, rings, rings + 0.05) - 0.1 * _step(rho, 0.95, 1.0))
                ),
                reach=1.02,
                flat=True,
            )

    def cloud(self, strength, cells):
        """Return a soft random pattern around 1, as large as the canvas."""
        from PIL import Image

        coarse = self.rng.integers(0, 256, (cells + 1, cells + 1)).astype(np.uint8)
        fine = Image.fromarray(coarse).resize((self.width, self.height), Image.Resampling.BICUBIC)
        return 1 + strength * (np.asarray(fine, dtype=float) / 255 - 0.5)

    def finish(self):
        """Return the picture, as a camera would: with a tint, and not quite clean."""
        rng = self.rng
        shape = 3, self.height // _SAMPLES, _SAMPLES, self.width // _SAMPLES, _SAMPLES
        image = self.pixels.reshape(shape).mean(axis=(2, 4)).transpose(1, 2, 0)
        warmth = rng.uniform(-0.07, 0.07)
        image = image * rng.uniform(0.78, 1.12) * np.array([1 + warmth, 1, 1 - warmth])
        image = (image - 0.5) * rng.uniform(0.85, 1.1) + 0.5
        image += rng.normal(0, rng.uniform(0.004, 0.022), image.shape)
        return (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)


_GROUNDS = np.array(
    [
        _rgb(222, 214, 200), _rgb(196, 206, 214), _rgb(160, 176, 150), _rgb(120, 132, 150), _rgb(214, 190, 160),
        _rgb(90, 96, 104), _rgb(200, 170, 176), _rgb(236, 232, 224), _rgb(142, 118, 98), _rgb(110, 150, 160),
        _rgb(232, 206, 140), _rgb(74, 80, 70),
    ]
)  # fmt: skip

_STEM = _rgb(104, 76, 44)


# ---------------------------------------------------------------- the fruits
# Each draws one piece, or one bunch, in a frame whose radius it about fills.


def _apple(picture, frame):
    rng = picture.rng
    skin, other = ([_rgb(*colour) for colour in pair] for pair in zip(*_APPLES, strict=True))
    kind = rng.choice(len(skin), p=[0.45, 0.3, 0.25])
    dent, wide = rng.uniform(0.2, 0.3), rng.uniform(1.0, 1.08)
    streaks = rng.uniform(0, 2 * np.pi)
    cheek = rng.uniform(-1, 1)

    def outline(theta):
        shoulders = 0.05 * np.exp(-(((np.abs(theta) - 0.75) / 0.4) ** 2))
        return _ellipse(wide, 0.97)(theta) * (0.92 + shoulders - dent * _from_top(theta, 0.3)) - 0.07 * _from_foot(
            theta, 0.28
        )

    def paint(u, v, rho, theta):
        across = u / np.sqrt(np.clip(1 - v * v * 0.8, 0.1, 1))  # meridians of a ball
        lines = 0.5 + 0.25 * np.sin(across * 17 + streaks) + 0.25 * np.sin(across * 29 + 2 * streaks)
        share = np.clip(_step(u * cheek - 0.3 * v, -0.9, 0.7) * 0.8 + 0.25 * lines - 0.1, 0, 1)
        hollow = 1 - 0.55 * np.exp(-((u / 0.3) ** 2 + ((v + 0.72) / 0.13) ** 2))
        return _mix(other[kind], skin[kind], share) * hollow

    picture.body(frame, outline, paint, gloss=0.5)
    lean = rng.uniform(-0.25, 0.25)
    picture.curve(frame, (0, -0.66), (0, -0.9), (lean, -1.12), 0.035, 0.06, _STEM)
    if rng.random() < 0.65:
        side = np.sign(lean) or 1
        picture.leaf(frame.part(lean * 0.4, -0.88, 0.62, -side * rng.uniform(0.9, 1.3)))


_APPLES = [([190, 28, 36], [222, 150, 70]), ([128, 176, 52], [176, 204, 90]), ([214, 60, 44], [232, 200, 96])]


def _avocado(picture, frame):
    rng = picture.rng
    if rng.random() < 0.35:  # the other half, from outside
        picture.body(
            frame.part(rng.choice([-0.5, 0.5]), -0.16, 0.88, rng.uniform(-0.4, 0.4)),
            _pear_outline,
            lambda u, v, rho, theta: _rgb(50, 66, 34) * (1 + 0.25 * np.sin(u * 31 + 9 * v) * np.sin(v * 37)),
            gloss=0.25,
        )
    green, cream = _rgb(140, 170, 62), _rgb(232, 226, 142)

    def paint(u, v, rho, theta):
        flesh = _mix(cream, green, _step(rho, 0.45, 0.93))
        return _mix(flesh, _rgb(46, 62, 30), _step(rho, 0.925, 0.955))

    picture.body(frame, _pear_outline, paint, flat=True)
    pit = frame.part(0, 0.3, 0.42)
    if rng.random() < 0.8:
        picture.body(pit, _circle, _rgb(126, 74, 40) * rng.uniform(0.85, 1.1), gloss=0.4)
    else:
        picture.body(
            pit, _circle, lambda u, v, rho, theta: _mix(_rgb(168, 152, 78), cream * 0.95, _step(rho, 0.2, 1)), flat=True
        )


def _pear_outline(theta):
    return (
        0.8
        + 0.3 * _from_top(theta, 0.62)
        + 0.02 * np.cos(2 * theta)
        - 0.09 * np.exp(-(((np.abs(theta) - 1) / 0.4) ** 2))
    )


def _banana(picture, frame):
    rng = picture.rng
    ripe = _rgb(*rng.choice([[244, 208, 58], [250, 222, 92], [226, 208, 70], [236, 190, 46]]))
    count = rng.choice([1, 2, 3], p=[0.5, 0.25, 0.25])
    bend, spots = rng.uniform(0.8, 1.15), rng.random() < 0.35
    for number in range(count):
        part = frame.part(0, 0.1 - 0.26 * (count - 1) / 2 + 0.26 * number, 1.0, 0.1 * (number - (count - 1) / 2))
        _one_banana(picture, part, ripe, bend, spots, 0.27 if count == 1 else 0.23)


def _one_banana(picture, frame, ripe, bend, spots, width):
    place, u, v = picture.window(frame, 1.3)
    if not place.size:
        return
    radius = 1.0 / bend  # of the bow that runs along the middle
    x, y = u, v + radius - 0.28  # seen from the middle of the bow, which is above
    turn = np.arctan2(x, y) / bend  # -1 … 1 from end to end
    taper = np.clip(1 - np.abs(turn), 0, 1)
    half = width * np.clip(1 - 0.82 * (1 - _step(taper, 0.0, 0.5)), 0.02, 1)
    across = (np.hypot(x, y) - radius) / half
    mask = np.clip((1 - np.abs(across)) * half * frame.size + 0.5, 0, 1)
    mask *= np.clip(taper * bend * radius * frame.size + 0.5, 0, 1) * (np.abs(turn) < 1.2)
    length = np.hypot(x, y) + 1e-9
    normal = across * x / length, across * y / length, np.sqrt(np.clip(1 - across * across, 0, 1))
    ridges = 0.12 * np.exp(-(((across + 0.25) / 0.07) ** 2)) + 0.1 * np.exp(-(((across - 0.45) / 0.06) ** 2))
    colour = ripe * (1 - ridges)
    colour = _mix(colour, _rgb(150, 168, 60), 0.55 * _step(np.abs(turn), 0.7, 0.95))
    if spots:
        dots = np.sin(turn * 23 + 3 * np.sin(across * 3)) * np.sin(across * 6 + turn * 9)
        colour = _mix(colour, _rgb(120, 80, 36), 0.7 * _step(dots, 0.72, 0.9))
    colour = _mix(colour, _rgb(70, 52, 30), _step(np.abs(turn), 0.93, 0.97))
    picture.blend(place, mask, picture.lit(frame, normal, colour, 0.2, dark=0.42))


def _cherry(picture, frame):
    rng = picture.rng
    red = _rgb(*rng.choice([[168, 14, 34], [124, 10, 30], [206, 30, 40]]))
    top = rng.uniform(-0.3, 0.3), -1.0
    spots = [(-0.52, rng.uniform(0.3, 0.5)), (0.5, rng.uniform(0.2, 0.55))]
    if rng.random() < 0.2:
        spots.append((0.02, rng.uniform(0.05, 0.2)))
    for u, v in reversed(spots):
        picture.curve(frame, (u, v - 0.32), (u * 0.9, -0.5), top, 0.03, 0.035, _rgb(104, 132, 54))
        size = rng.uniform(0.44, 0.5)
        picture.body(
            frame.part(u, v, size, rng.uniform(-0.2, 0.2)),
            lambda theta: 1 - 0.16 * _from_top(theta, 0.32),
            lambda u, v, rho, theta: red * (1 - 0.5 * np.exp(-((u / 0.26) ** 2 + ((v + 0.78) / 0.12) ** 2))),
            gloss=0.75,
        )
        picture.curve(frame.part(u, v, size), (0, -0.76), (0, -1.1), (-u * 0.2, -1.4), 0.05, 0.06, _rgb(104, 132, 54))
    if rng.random() < 0.6:
        picture.leaf(frame.part(*top, 0.75, rng.choice([-1, 1]) * rng.uniform(1.2, 1.9)))


def _grapes(picture, frame):
    rng = picture.rng
    skin = _rgb(*[[88, 44, 112], [60, 40, 92], [164, 190, 86], [130, 40, 70]][rng.choice(4, p=[0.35, 0.2, 0.3, 0.15])])
    picture.curve(frame, (0, -0.7), (0.02, -0.95), (rng.uniform(-0.2, 0.2), -1.15), 0.05, 0.05, _rgb(120, 104, 56))
    if rng.random() < 0.5:
        picture.leaf(frame.part(0.0, -0.8, 0.8, rng.choice([-1, 1]) * rng.uniform(1.0, 1.5)), width=0.6)
    rows = [3, 4, 4, 3, 2, 1] if rng.random() < 0.5 else [2, 4, 3, 3, 2, 1]
    for number, count in enumerate(rows):
        for place in range(count):
            u = (place - (count - 1) / 2) * 0.4 + rng.uniform(-0.05, 0.05)
            v = -0.62 + 0.32 * number + rng.uniform(-0.05, 0.05)
            tone = skin * rng.uniform(0.8, 1.2)
            bloom = rng.uniform(0, 0.3)
            picture.body(
                frame.part(u, v, rng.uniform(0.235, 0.275)),
                _circle,
                lambda u, v, rho, theta, tone=tone, bloom=bloom: (
                    _mix(tone, _rgb(190, 196, 216), bloom * _step(rho, 1.0, 0.2)) * (1.05 - 0.45 * rho**6)
                ),
                gloss=0.5,
                reach=1.1,
            )


def _kiwi(picture, frame):
    rng = picture.rng
    brown = _rgb(128, 98, 58) * rng.uniform(0.85, 1.15)
    if rng.random() < 0.45:  # a whole one behind it
        picture.body(
            frame.part(rng.choice([-0.6, 0.6]), -0.4, 0.8, rng.uniform(-1.5, 1.5)),
            _ellipse(0.86, 1.1),
            lambda u, v, rho, theta: brown * (1 + 0.14 * np.sin(47 * u + 13 * v) * np.sin(41 * v - 17 * u)),
            gloss=0.05,
        )
    flesh = _rgb(*rng.choice([[124, 172, 40], [148, 184, 58], [104, 156, 44]]))
    seeds, phase = rng.integers(18, 26), rng.uniform(0, 2 * np.pi)
    high = rng.uniform(0.86, 1.0)

    def paint(u, v, rho, theta):
        streaks = 1 + 0.1 * np.sin(theta * seeds + phase) * _step(rho, 0.25, 0.5)
        colour = _mix(flesh * 1.25, flesh * 0.82, _step(rho, 0.2, 0.9)) * streaks
        colour = _mix(colour, _rgb(226, 230, 180), 0.95 * _step(rho, 0.31, 0.19))
        turn = (theta * seeds + phase) / (2 * np.pi)
        slot = np.floor(turn)
        off = (turn - slot - 0.5) * 2 * np.pi / seeds * rho
        at = 0.42 + 0.05 * np.sin(slot * slot * 1.7 + phase)
        seed = np.hypot(off / 0.042, (rho - at) / 0.075)
        colour = _mix(colour, _rgb(30, 24, 18), _step(seed, 1.15, 0.75))
        return _mix(colour, brown * 0.8, _step(rho, 0.93, 0.97))

    picture.body(frame.part(0, 0, 0.95), _ellipse(1.0, high), paint, flat=True)


def _lemon(picture, frame):
    rng = picture.rng
    skin = _rgb(*rng.choice([[248, 220, 50], [242, 226, 86], [236, 206, 40]]))
    wide = rng.uniform(0.66, 0.76)
    spots = rng.uniform(0, 9)

    def outline(theta):
        return _ellipse(wide, 0.88)(theta) + 0.17 * _from_top(theta, 0.2) + 0.13 * _from_foot(theta, 0.17)

    def paint(u, v, rho, theta):
        pores = np.sin(43 * u + 11 * np.sin(9 * v) + spots) * np.sin(39 * v + 7 * np.sin(11 * u))
        tip = 0.5 * _step(-v, 0.86, 1.05)
        return _mix(skin, _rgb(150, 160, 60), tip) * (1 - 0.07 * _step(pores, 0.3, 0.9))

    half = rng.random() < 0.4
    whole = frame.part(0.32, -0.2, 0.9) if half else frame
    picture.body(whole, outline, paint, gloss=0.3)
    if half:
        face = frame.part(-0.38, 0.38, 0.6, rng.uniform(-0.4, 0.4))
        _slice(picture, face, skin, _rgb(246, 226, 112), rng.integers(8, 11))


def _slice(picture, frame, skin, flesh, count):
    """Draw the cut face of a citrus fruit."""
    rng = picture.rng
    phase = rng.uniform(0, 2 * np.pi)

    def paint(u, v, rho, theta):
        turn = (theta + phase) / (2 * np.pi) * count
        off = np.abs(turn - np.floor(turn) - 0.5) * 2  # 1 at a membrane
        gap = (1 - off) * np.pi / count * rho
        inside = _step(gap, 0.015, 0.05) * _step(rho, 0.1, 0.16) * _step(rho, 0.83, 0.78)
        juice = 1 + 0.07 * np.sin(theta * 61) * np.sin(rho * 23 + 3 * np.sin(theta * 17))
        colour = _mix(_rgb(250, 240, 214), flesh * juice, inside)
        return _mix(colour, skin, _step(rho, 0.88, 0.93))

    picture.shadow(frame, 0.9, 0.6, 0.5, 0.3)
    picture.body(frame, _ellipse(1.0, rng.uniform(0.85, 1.0)), paint, flat=True)


def _orange(picture, frame):
    rng = picture.rng
    skin = _rgb(*rng.choice([[242, 138, 24], [248, 156, 44], [232, 116, 18]]))
    phase = rng.uniform(0, 9)
    navel = rng.uniform(-0.35, 0.35), rng.uniform(-0.6, -0.2)

    def paint(u, v, rho, theta):
        bulge = 1 + 0.5 * rho * rho  # pores crowd together where the skin turns away
        pores = np.sin(40 * u * bulge + 9 * np.sin(8 * v) + phase) * np.sin(40 * v * bulge + 9 * np.sin(7 * u))
        colour = skin * (1 - 0.13 * _step(pores, 0.2, 0.9))
        distance = np.hypot(u - navel[0], v - navel[1])
        star = distance * (1 + 0.25 * np.cos(5 * np.arctan2(v - navel[1], u - navel[0])))
        colour = colour * (1 - 0.3 * np.exp(-((distance / 0.17) ** 2)))
        return _mix(colour, _rgb(96, 112, 44), _step(star, 0.1, 0.06))

    cut = rng.random() < 0.6
    whole = frame.part(0.3, -0.22, 0.8) if cut else frame.part(0, 0, 0.98)
    picture.body(whole, lambda theta: 1 + 0.012 * np.cos(3 * theta + phase), paint, gloss=0.3)
    if not cut or rng.random() < 0.3:
        picture.leaf(whole.part(*navel, 0.8, rng.uniform(-1.4, 1.4)), colour=_rgb(52, 112, 40))
    if cut:
        face = frame.part(-0.34, 0.34, 0.66, rng.uniform(-0.4, 0.4))
        _slice(picture, face, skin, skin * 1.04 + 0.03, rng.integers(9, 12))


def _pear(picture, frame):
    rng = picture.rng
    skin, blush = (_rgb(*colour) for colour in _PEARS[rng.choice(len(_PEARS))])
    phase, side = rng.uniform(0, 9), rng.choice([-1, 1])
    neck, waist = rng.uniform(0.34, 0.44), rng.uniform(0.1, 0.17)

    def outline(theta):
        hip = np.exp(-(((np.abs(theta) - 0.85) / 0.42) ** 2))
        return 0.74 + neck * _from_top(theta, 0.52) - waist * hip + 0.05 * _from_foot(theta, 1.2)

    def paint(u, v, rho, theta):
        speckles = np.sin(57 * u + 7 * np.sin(13 * v) + phase) * np.sin(53 * v + 9 * np.sin(11 * u))
        colour = _mix(skin, blush, 0.65 * _step(side * u + 0.3 * v, -0.2, 0.7))
        return colour * (1 - 0.16 * _step(speckles, 0.5, 0.9))

    body = frame.part(0, 0.2)
    picture.body(body, outline, paint, gloss=0.25)
    lean = rng.uniform(-0.25, 0.25)
    picture.curve(body, (0, -1.04), (0, -1.2), (lean, -1.38), 0.04, 0.055, _STEM)
    if rng.random() < 0.4:
        picture.leaf(body.part(lean * 0.5, -1.18, 0.55, -(np.sign(lean) or 1) * rng.uniform(0.8, 1.3)))


_PEARS = [
    ([178, 190, 70], [196, 150, 70]), ([206, 200, 90], [214, 160, 70]), ([150, 172, 66], [160, 170, 70]),
    ([200, 176, 80], [190, 90, 60]),
]  # fmt: skip


def _pineapple(picture, frame):
    rng = picture.rng
    gold = _rgb(*rng.choice([[222, 156, 44], [206, 138, 46], [190, 146, 60]]))
    green = _rgb(72, 122, 62) * rng.uniform(0.85, 1.15)
    body = frame.part(0, 0.42, 0.72)
    for reach, count, long in ((1.15, 6, 0.82), (0.75, 5, 1.0), (0.35, 3, 1.1)):
        for turn in np.linspace(-reach, reach, count):
            foot = body.part(turn * 0.2, -0.78, long * rng.uniform(0.9, 1.1), turn + rng.uniform(-0.1, 0.1))
            picture.leaf(foot, 0.17, green * rng.uniform(0.75, 1.25))
    phase = rng.uniform(0, 2 * np.pi)

    def paint(u, v, rho, theta):
        high = np.arcsin(np.clip(v, -1, 1)) * 0.9
        across = np.arcsin(np.clip(u / (0.74 * np.sqrt(np.clip(1.02 - (v / 1.02) ** 2, 0.05, 1))), -1, 1))
        first, second = (across * 3.4 + sign * high * 4.6 + phase for sign in (-1, 1))
        eye = np.abs(np.cos(first)) * np.abs(np.cos(second))
        lines = np.minimum(np.abs(np.cos(first)), np.abs(np.cos(second)))
        colour = gold * (0.62 + 0.5 * _step(lines, 0.05, 0.5))
        colour = _mix(colour, _rgb(120, 116, 48), 0.45 * _step(v, 0.3, 0.9))
        return _mix(colour, _rgb(94, 58, 26), 0.75 * _step(eye, 0.82, 0.96))

    picture.body(body, _ellipse(0.76, 1.0), paint, gloss=0.15)


def _strawberry(picture, frame):
    rng = picture.rng
    red = _rgb(*rng.choice([[214, 26, 38], [232, 48, 48], [190, 20, 40]]))
    long = rng.uniform(0.2, 0.32)
    pale = rng.random() < 0.4

    def outline(theta):
        shoulders = 0.1 * np.exp(-(((np.abs(theta) - 1.0) / 0.5) ** 2))
        return 0.76 + shoulders + long * _from_foot(theta, 0.62) - 0.06 * _from_top(theta, 0.5)

    def paint(u, v, rho, theta):
        row = v * 4.6
        shift = 0.5 * (np.floor(row) % 2)
        column = u / (1 - 0.25 * v) * (1 + 0.25 * rho**3) * 4.2 + shift
        off_row, off_column = row - np.floor(row) - 0.5, column - np.floor(column) - 0.5
        seed = np.hypot(off_row / 0.2, off_column / 0.13)
        pit = _step(np.hypot(off_row, off_column), 0.34, 0.12)
        colour = _mix(red, _rgb(244, 170, 130), (0.6 if pale else 0.15) * _step(-v, 0.35, 0.8))
        colour = colour * (1 - 0.25 * pit)
        return _mix(colour, _rgb(240, 214, 110), _step(seed, 1.1, 0.7) * _step(rho, 0.97, 0.9))

    picture.body(frame.part(0, 0, 1.0), outline, paint, gloss=0.45)
    crown = frame.part(0, -0.62)
    green = _rgb(84, 144, 50) * rng.uniform(0.85, 1.15)
    for turn in rng.permutation(np.linspace(-2.0, 2.0, 7)):
        leaf = crown.part(0, 0, rng.uniform(0.5, 0.64), np.pi - turn * 0.98 if abs(turn) < 1.5 else turn)
        picture.leaf(leaf, 0.24, green * rng.uniform(0.8, 1.2))
    picture.curve(crown, (0, 0), (0, -0.2), (rng.uniform(-0.2, 0.2), -0.38), 0.05, 0.06, green)


def _watermelon(picture, frame):
    rng = picture.rng
    red = _rgb(*rng.choice([[228, 54, 62], [240, 82, 82], [214, 40, 60]]))
    dark = _rgb(34, 92, 48) * rng.uniform(0.8, 1.3)
    kind = rng.choice(["half", "wedge", "whole"], p=[0.4, 0.4, 0.2])
    if kind == "whole":
        phase = rng.uniform(0, 9)

        def rind(u, v, rho, theta):
            across = np.arcsin(np.clip(u / np.sqrt(np.clip(1 - v * v, 0.03, 1)), -1, 1))
            wave = np.sin(across * 7 + 0.5 * np.sin(v * 17 + 3 * across) + phase)
            return _mix(_rgb(122, 172, 88), dark, _step(wave, -0.25, 0.35))

        picture.body(frame, _ellipse(1.0, rng.uniform(0.84, 0.98)), rind, gloss=0.35)
        return
    spread = np.pi / 2 if kind == "half" else rng.uniform(0.45, 0.72)
    body = frame.part(0, -0.42) if kind == "half" else frame.part(0, -0.72, 1.5)
    place, u, v = picture.window(body, 1.05)
    if not place.size:
        return
    rho, turn = np.hypot(u, v), np.arctan2(u, v)  # 0 straight down: the rind is at the foot
    inside = np.minimum(1 - rho, np.sin(np.clip(spread - np.abs(turn), -np.pi / 2, np.pi / 2)) * rho)
    mask = np.clip(inside * body.size + 0.5, 0, 1)
    row = (1 - rho) * 6.5
    column = turn * 5.5 * (1 - 0.35 * np.floor(row) / 6.5) + 0.5 * (np.floor(row) % 2)
    seed = np.hypot((row - np.floor(row) - 0.5) / 0.3, (column - np.floor(column) - 0.5) / 0.13)
    where = (np.floor(row) >= 1) & (np.floor(row) <= 3)
    colour = _mix(red * 1.08, red, rho) * (1 + 0.05 * np.sin(31 * u + 3 * np.sin(23 * v)) * np.sin(29 * v))
    colour = _mix(colour, _rgb(36, 22, 20), _step(seed, 1.15, 0.8) * where)
    colour = _mix(colour, _rgb(236, 240, 206), _step(rho, 0.83, 0.87))
    stripes = _step(np.sin(turn * 19), -0.2, 0.3)
    colour = _mix(colour, _mix(_rgb(96, 150, 74), dark, stripes), _step(rho, 0.9, 0.925))
    picture.blend(place, mask, colour * (0.95 + 0.12 * (u * picture.light[0] + v * picture.light[1])))


FRUITS = {
    "apple": _apple,
    "avocado": _avocado,
    "banana": _banana,
    "cherry": _cherry,
    "grapes": _grapes,
    "kiwi": _kiwi,
    "lemon": _lemon,
    "orange": _orange,
    "pear": _pear,
    "pineapple": _pineapple,
    "strawberry": _strawberry,
    "watermelon": _watermelon,
}
"""What draws each class, in the order of its number."""


_LARGER = {"banana": 1.25, "pineapple": 1.2, "cherry": 1.1, "watermelon": 1.1}  # those that leave much of a frame empty


def draw(name, rng):
    """Draw an image of a fruit: one piece or some, in a pose and a light of its own.

    Parameters
    ----------
    name : str
        One of `FRUITS`.
    rng : numpy.random.Generator

    Returns
    -------
    numpy.ndarray
        uint8, shape ``(height, width, 3)``, sides within `SIDES`.

    Examples
    --------
    >>> import numpy as np
    >>> from convnets.data.fruits import SIDES, draw
    >>> image = draw("banana", np.random.default_rng(0))
    >>> image.dtype, image.shape[2]
    (dtype('uint8'), 3)
    >>> all(SIDES[0] <= side <= SIDES[1] for side in image.shape[:2])
    True
    >>> np.array_equal(image, draw("banana", np.random.default_rng(0)))
    True
    """
    height, width = (int(side) for side in rng.integers(SIDES[0], SIDES[1] + 1, 2))
    if max(height, width) > 1.6 * min(height, width):
        height = width = min(height, width) + 8
    picture = _Picture(height, width, rng)
    picture.ground()
    count = rng.choice([1, 2, 3], p=[0.72, 0.18, 0.1])
    side = min(picture.height, picture.width)
    for spot in _spots(count, picture, rng):
        size = side * rng.uniform(0.3, 0.46) / (1, 1.3, 1.55)[count - 1]
        angle = rng.uniform(-0.5, 0.5) if rng.random() < 0.8 else rng.uniform(-np.pi, np.pi)
        frame = _Frame(*spot, size * _LARGER.get(name, 1.0), angle)
        picture.shadow(frame)
        FRUITS[name](picture, frame)
    return picture.finish()


def _spots(count, picture, rng):
    """Choose where some pieces lie: those behind come first."""
    middle = np.array([picture.width, picture.height]) / 2
    side = min(picture.height, picture.width)
    turn = rng.uniform(-0.4, 0.4)
    around = [turn + 2 * np.pi * number / count for number in range(count)]
    away = 0 if count == 1 else 0.24 * side
    spots = [
        middle + away * np.array([np.cos(angle), 0.8 * np.sin(angle)]) + rng.uniform(-0.09, 0.09, 2) * side
        for angle in around
    ]
    return sorted(map(tuple, spots), key=lambda spot: spot[1])
