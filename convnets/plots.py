"""Pictures for the chapters: images side by side, numbers in a grid, signals.

matplotlib is imported when the first picture is drawn, so that importing the package stays quick.
"""

import numpy as np

BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#5B2A6E"
"""Colours that colour-blind readers can tell apart (the first three: Okabe and Ito, 2008)."""

SIGNED = "RdBu_r"
"""Colour map for maps with a sign: blue below zero, white at zero, red above."""

WIDTH = 5.2
"""Inches. Wider pictures would be made smaller on a page, and their text with them."""

_INK, _GRID, _MUTED = "#1b2733", "#9aa7b3", "#5b6875"


def use_style():
    """Set matplotlib up for the course: sharp pictures on white, with text that a phone still shows readably."""
    import matplotlib.pyplot as plt
    from cycler import cycler

    plt.rcParams.update(
        {
            "figure.dpi": 160,
            "figure.figsize": (WIDTH, 0.55 * WIDTH),
            "figure.facecolor": "white",
            "savefig.facecolor": "white",
            "figure.constrained_layout.use": True,
            "figure.constrained_layout.h_pad": 0.08,
            "font.size": 11,
            "axes.titlesize": 11,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.edgecolor": _INK,
            "axes.labelcolor": _INK,
            "text.color": _INK,
            "xtick.color": _INK,
            "ytick.color": _INK,
            "axes.prop_cycle": cycler(color=[BLUE, ORANGE, GREEN, PURPLE]),
            "legend.frameon": False,
        }
    )


def show_images(images, titles=None, columns=None, signed=False, limits=None, width=WIDTH):
    """Draw images side by side on one common scale, so that equal colours mean equal values.

    Parameters
    ----------
    images : list of array_like
        Each ``(height, width)``, ``(height, width, 1)`` or, in colours of 0…1, ``(height, width, 3)``.
    titles : list of str, optional
        One for each image.
    columns : int, optional
        Images in a row; all of them when left out.
    signed : bool
        Colours for maps with a sign, zero in the middle. Grey when False.
    limits : (float, float), optional
        The values drawn as the two ends of the scale. When left out, the smallest and the largest of all the images.
    width : float
        Of the picture, in inches.

    Returns
    -------
    numpy.ndarray of matplotlib.axes.Axes
        One for each image.

    Raises
    ------
    ValueError
        When there is no image, an image has another shape, or there are not as many titles as images.

    Examples
    --------
    >>> from convnets import plots
    >>> from convnets.data.images import photos
    >>> axes = plots.show_images(photos(["coffee", "chelsea"], size=64), titles=["coffee", "cat"])
    >>> len(axes)
    2
    """
    import matplotlib.pyplot as plt

    images = [_as_drawable(image) for image in images]
    if not images:
        raise ValueError("There is no image to show.")
    if titles is not None and len(titles) != len(images):
        raise ValueError(f"There are {len(images)} images but {len(titles)} titles.")
    low, high = limits or _limits(images, signed)
    columns = min(columns or len(images), len(images))
    rows = -(-len(images) // columns)
    cell = width / columns
    tallest = max(image.shape[0] / image.shape[1] for image in images)
    height = rows * (cell * tallest + (0.35 if titles else 0.1))
    _, axes = plt.subplots(rows, columns, figsize=(width, height), squeeze=False)
    for ax in axes.flat:
        ax.axis("off")
    for ax, image in zip(axes.flat, images, strict=False):
        ax.imshow(image, cmap=SIGNED if signed else "gray", vmin=low, vmax=high, interpolation="nearest")
    for ax, title in zip(axes.flat, titles or [], strict=False):
        ax.set_title(title)
    return axes.ravel()[: len(images)]


def show_numbers(ax, numbers, window=None, title=None, signed=False, colour=ORANGE, blank=None):
    """Draw an array as a grid of cells with their numbers, and frame a window in it.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    numbers : array_like, shape (height, width)
    window : (int, int, int, int), optional
        Top row, left column, height and width of the cells to frame.
    title : str, optional
    signed : bool
        Colour the cells by sign, zero in the middle; by grey, light for small numbers, when False.
    colour : str
        Of the frame.
    blank : array_like of bool, shape (height, width), optional
        Cells to leave empty, where it is True.

    Raises
    ------
    ValueError
        When the array has not two axes, or the window does not lie inside it.
    """
    from matplotlib.patches import Rectangle

    numbers = np.asarray(numbers)
    if numbers.ndim != 2:
        raise ValueError(f"A grid of numbers has two axes, but this array has shape {numbers.shape}.")
    height, width = numbers.shape
    blank = np.zeros(numbers.shape, bool) if blank is None else np.asarray(blank, bool)
    shades = np.ma.masked_array(numbers.astype(float), blank)
    if signed:
        reach = 2.6 * float(
            np.abs(numbers.astype(float)).max() or 1
        )  # pale colours, so that dark numbers stay readable on them
        ax.imshow(shades, cmap=SIGNED, vmin=-reach, vmax=reach)
    else:
        low, high = float(numbers.min()), float(numbers.max())
        ax.imshow(shades, cmap="Greys", vmin=low, vmax=low + 3.0 * ((high - low) or 1))
    size = _font_size(ax, height, width)
    for row, column in np.argwhere(~blank):
        text = f"{numbers[row, column]:.4g}".replace("-", "\N{MINUS SIGN}")
        ax.text(column, row, text, ha="center", va="center", fontsize=size, color=_INK)
    ax.set_xticks(np.arange(width + 1) - 0.5, [])
    ax.set_yticks(np.arange(height + 1) - 0.5, [])
    ax.grid(color=_GRID, linewidth=0.8)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(True)
    ax.spines[:].set_color(_GRID)
    if window is not None:
        top, left, tall, wide = window
        if top < 0 or left < 0 or tall < 1 or wide < 1 or top + tall > height or left + wide > width:
            raise ValueError(f"The window {window} does not lie inside an array of shape {numbers.shape}.")
        ax.add_patch(
            Rectangle(
                (left - 0.5, top - 0.5), wide, tall, fill=False, edgecolor=colour, linewidth=3, zorder=5, clip_on=False
            )
        )
    if title:
        ax.set_title(title)


def show_places(ax, size, kernel, padding=0, stride=1, dilation=1, title=None):
    """Draw every place of a kernel along one axis: the numbers on top, and below them one row for each place.

    Zeros of the padding are drawn as such, the others as their index. Numbers that no place covers are hatched.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    size, kernel : int
        How many numbers there are along the axis, and how many weights.
    padding, stride, dilation : int
        As in `conv_output_size`.
    title : str, optional

    Raises
    ------
    ValueError
        When the kernel does not fit.
    """
    from matplotlib.patches import Rectangle

    reach, span = size + 2 * padding, dilation * (kernel - 1) + 1
    if min(size, kernel, stride, dilation) < 1 or padding < 0 or span > reach:
        raise ValueError(f"A kernel that spans {span} does not fit into {size} numbers with a padding of {padding}.")
    starts = range(-padding, size + padding - span + 1, stride)
    touched = {start + dilation * weight for start in starts for weight in range(kernel)}
    for place in range(-padding, size + padding):
        zero, idle = not 0 <= place < size, place not in touched
        look = {"hatch": "////", "edgecolor": ORANGE} if idle else {"edgecolor": _GRID}
        ax.add_patch(Rectangle((place, 0), 1, 1, facecolor="#e4e9ee" if zero else "white", linewidth=0.8, **look))
        under = {"facecolor": "white", "edgecolor": "none", "pad": 1} if idle else None
        text = {"ha": "center", "va": "center", "color": _GRID if zero else _INK, "bbox": under}
        ax.text(place + 0.5, 0.5, "0" if zero else place, **text)
    for row, start in enumerate(starts, start=1):
        top = 0.75 * row + 0.55
        ax.plot([start + 0.5, start + span - 0.5], [top, top], color=BLUE, linewidth=1.2)
        for weight in range(kernel):
            corner = (start + dilation * weight + 0.2, top - 0.25)
            ax.add_patch(Rectangle(corner, 0.6, 0.5, facecolor=BLUE, edgecolor="white", linewidth=0.5, zorder=3))
    ax.set(
        xlim=(-padding - 0.1, size + padding + 0.1), ylim=(0.75 * len(starts) + 1.1, -0.1), aspect="equal", anchor="N"
    )
    ax.axis("off")
    if title:
        ax.set_title(title)


def show_signals(signals, titles, width=WIDTH):
    """Draw sequences under one another over a common axis, as stems.

    Parameters
    ----------
    signals : list of array_like
        Each of shape ``(length,)``.
    titles : list of str
        One for each.
    width : float
        Of the picture, in inches.

    Returns
    -------
    numpy.ndarray of matplotlib.axes.Axes

    Raises
    ------
    ValueError
        When there are not as many titles as signals.
    """
    import matplotlib.pyplot as plt

    if len(signals) != len(titles):
        raise ValueError(f"There are {len(signals)} signals but {len(titles)} titles.")
    _, axes = plt.subplots(len(signals), 1, figsize=(width, 1.35 * len(signals)), sharex=True, squeeze=False)
    for ax, signal, title, colour in zip(
        axes.flat, signals, titles, [BLUE, ORANGE, GREEN, PURPLE] * len(signals), strict=False
    ):
        lines = ax.stem(signal, basefmt=" ")
        lines.markerline.set(color=colour, markersize=4)
        lines.stemlines.set(color=colour, linewidth=1.2)
        ax.axhline(0, color=_GRID, linewidth=0.8)
        ax.set_title(title, loc="left")
    return axes.ravel()


def show_paths(ax, value, paths, across, up, goals=(), title=None, levels=14):
    """Draw level lines of a surface over two weights, and paths that lead down it.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    value : callable
        Takes a point, an array whose first axis has length two, and returns the height there.
    paths : dict of str to array_like, shape (steps, 2)
        The points of each path, the start first; its name goes into the legend. What leaves the picture is cut off.
    across, up : (float, float)
        Smallest and largest value drawn of the first and of the second weight.
    goals : list of (float, float)
        Points to mark with a star, such as the minima.
    title : str, optional
    levels : int
        How many lines; they lie closer together where the surface is low.

    Raises
    ------
    ValueError
        When a path does not have two columns.
    """
    grid = np.stack(np.meshgrid(np.linspace(*across, 201), np.linspace(*up, 201)))
    heights = np.asarray(value(grid), dtype=float)
    low, high = heights.min(), heights.max()
    ax.contour(
        *grid, heights, levels=low + (high - low) * np.linspace(0.02, 1, levels) ** 2, colors=_GRID, linewidths=0.6
    )
    for (name, path), colour, style in zip(
        paths.items(), [BLUE, ORANGE, GREEN, PURPLE] * len(paths), ["-", "--", "-.", ":"] * len(paths), strict=False
    ):
        path = np.asarray(path, dtype=float)
        if path.ndim != 2 or path.shape[1] != 2:
            raise ValueError(f"A path has shape (steps, 2), but {name} has {path.shape}.")
        # Far outside, matplotlib's arithmetic gives out; the direction in which a line leaves stays the same.
        path = np.clip(np.nan_to_num(path, nan=1e6), -1e6, 1e6)
        ax.plot(*path.T, color=colour, linestyle=style, marker=".", markersize=3, linewidth=1.2, label=name)
    for start in {tuple(np.asarray(path, dtype=float)[0]) for path in paths.values()}:
        ax.plot(*start, marker="o", color=_INK, markersize=5)
    for goal in goals:
        ax.plot(*goal, marker="*", color=_INK, markersize=9)
    ax.set(xlim=across, ylim=up)
    if title:
        ax.set_title(title)


def show_shapes(shapes, layers, width=WIDTH):
    """Draw how the shape of an image changes from layer to layer.

    A shape of three numbers is a stack of sheets, one for each channel but never more than eight; a shape of one number
    is a bar, the longer the more numbers it holds.

    Parameters
    ----------
    shapes : list of tuple of int
        What comes in, and what comes out of each layer; without the batch axis.
    layers : list of str
        Names of the layers, one between each two shapes.
    width : float
        Of the picture, in inches.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        When the shapes have neither one nor three numbers, or there is not one layer between each two of them.
    """
    import matplotlib.pyplot as plt
    from matplotlib.patches import Rectangle

    if len(layers) != len(shapes) - 1:
        raise ValueError(f"Between {len(shapes)} shapes there are {len(shapes) - 1} layers, not {len(layers)}.")
    if any(len(shape) not in (1, 3) for shape in shapes):
        raise ValueError(f"A shape has one number or three, but these are {shapes}.")
    sides = [side for shape in shapes if len(shape) == 3 for side in shape[:2]]
    unit, most = 1 / max(sides, default=1), max((shape[0] for shape in shapes if len(shape) == 1), default=1)
    gap, step = 1.75, 0.07
    _, ax = plt.subplots(figsize=(width, 1.9))
    for number, shape in enumerate(shapes):
        middle = number * gap
        if len(shape) == 3:
            tall, wide, sheets = shape[0] * unit, shape[1] * unit, min(shape[2], 8)
        else:
            tall, wide, sheets = 0.4 + 0.8 * np.log(shape[0]) / max(np.log(most), 1), 0.1, 1
        for sheet in range(sheets):
            shift = step * (sheets - 1 - 2 * sheet) / 2
            corner = (middle - wide / 2 + shift, -tall / 2 + shift)
            ax.add_patch(Rectangle(corner, wide, tall, facecolor="white", edgecolor=BLUE, linewidth=1.2))
        text = " × ".join(f"{side:,}" for side in shape)
        ax.text(middle, -0.98, text, ha="center", va="center")
        if number:
            before = middle - gap / 2
            ax.annotate("", (before + 0.22, 0), (before - 0.22, 0), arrowprops={"arrowstyle": "->", "color": _INK})
            ax.text(before, 0.95, layers[number - 1], ha="center", va="center", color=ORANGE)
    ax.set(xlim=(-0.85, gap * (len(shapes) - 1) + 0.85), ylim=(-1.15, 1.15), aspect="equal")
    ax.axis("off")
    return ax


def show_confusion(ax, counts, names):
    """Draw a confusion matrix: a row for each class, and in it how often each answer was given.

    Mistakes are coloured, the more the darker; what is right stands on the diagonal in grey.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    counts : array_like of int, shape (classes, classes)
        ``counts[i, j]`` images of class i were answered with class j.
    names : list
        Of the classes.

    Raises
    ------
    ValueError
        When the counts are not square, or there is not one name for each class.
    """
    from matplotlib.patches import Rectangle

    counts = np.asarray(counts)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
        raise ValueError(f"A confusion matrix is square, but this array has shape {counts.shape}.")
    if len(names) != len(counts):
        raise ValueError(f"There are {len(counts)} classes but {len(names)} names.")
    right = np.eye(len(counts), dtype=bool)
    mistakes = np.ma.masked_array(counts, right | (counts == 0))
    most = int(np.where(right, 0, counts).max(initial=0)) or 1
    # Pale colours, so that dark numbers stay readable on them.
    ax.imshow(mistakes, cmap="Oranges", vmin=0, vmax=1.6 * most)
    size = _font_size(ax, *counts.shape)
    for row, column in np.argwhere(counts > 0):
        place = {"ha": "center", "va": "center", "fontsize": size}
        ax.text(column, row, f"{counts[row, column]}", color=_MUTED if row == column else _INK, **place)
        if row == column:
            corner = (column - 0.5, row - 0.5)
            ax.add_patch(Rectangle(corner, 1, 1, facecolor="none", edgecolor=_GRID, linewidth=0.8))
    ax.set_xticks(range(len(names)), names)
    ax.set_yticks(range(len(names)), names)
    ax.tick_params(length=0)
    ax.set(xlabel="answer", ylabel="class")


def _as_drawable(image):
    """Check an image's shape and drop a last axis of one channel."""
    image = np.asarray(image)
    if image.ndim == 3 and image.shape[2] == 1:
        image = image[:, :, 0]
    if not (image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 3)):
        raise ValueError(f"An image has shape (height, width) and maybe 1 or 3 channels, but this one: {image.shape}.")
    return image


def _limits(images, signed):
    """Find the ends of the scale that all the images share."""
    # In float, for the negative of a byte or of the least integer would wrap round.
    low, high = float(min(image.min() for image in images)), float(max(image.max() for image in images))
    if not signed:
        return low, high
    reach = max(abs(low), abs(high)) or 1
    return -reach, reach


def _font_size(ax, height, width):
    """Choose a size of text, in points, that fits the cells of a grid."""
    box = ax.get_window_extent()
    cell = min(box.width / width, box.height / height) * 72 / ax.figure.dpi
    return float(np.clip(0.45 * cell, 5, 15))
