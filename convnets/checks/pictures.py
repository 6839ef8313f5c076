"""A picture of a wrong result beside the right one."""

import io

import numpy as np

_NUMBERS = 4  # an array of at most so many rows and columns has its numbers written in; text takes time to draw
_LARGEST = 256  # rows or columns; of more a small picture shows nothing


def comparison(result, expected, title=""):
    """Draw a result, what was expected, and the difference.

    Parameters
    ----------
    result, expected : object
        Of arrays with more than two axes that one image and one channel is drawn in which they differ most.
    title : str
        Written above the picture.

    Returns
    -------
    (bytes, str) or None
        A PNG and its text in words; None where a picture would say no more than numbers do.

    Examples
    --------
    >>> import numpy as np
    >>> from convnets.checks.pictures import comparison
    >>> png, words = comparison(np.zeros((3, 4)), np.ones((3, 4)), "An image")
    >>> png[1:4], words
    (b'PNG', 'An image: what was returned, 3 by 4, what was expected, 3 by 4, and their difference.')
    >>> comparison(np.zeros(4), np.ones(4)) is None
    True
    """
    planes = _planes(result, expected)
    if planes is None:
        return None
    ours, right, where = planes
    # A warning would go to stderr, and nbgrader takes any text there for a failed test.
    with np.errstate(all="ignore"):
        data = _draw(ours, right, title)
    same = ", and their difference" if ours.shape == right.shape else ""
    shapes = f"what was returned, {_shape(ours)}, what was expected, {_shape(right)}"
    return data, f"{title or 'The call above'}{where}: {shapes}{same}."


def _draw(ours, right, title):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    finite = np.concatenate([plane[np.isfinite(plane)] for plane in (ours, right)])
    limits = (finite.min(), finite.max()) if finite.size else (0, 1)
    panels = [("returned", ours, "viridis", limits), ("expected", right, "viridis", limits)]
    if ours.shape == right.shape:
        apart = ours - right
        most = np.abs(apart[np.isfinite(apart)]).max(initial=0) or 1
        panels.append(("returned − expected", apart, "PuOr", (-most, most)))
    figure = Figure(figsize=(2.6 * len(panels), 2.8 if title else 2.6), dpi=110, facecolor="white")
    FigureCanvasAgg(figure)
    # A layout that is worked out takes longer to draw than all the rest.
    figure.subplots_adjust(left=0.01, right=0.99, bottom=0.02, top=0.82 if title else 0.88, wspace=0.05)
    figure.suptitle(title, fontsize=9)
    for axes, (heading, plane, colours, ends) in zip(figure.subplots(1, len(panels)), panels, strict=True):
        shown = axes.imshow(plane, cmap=colours, vmin=ends[0], vmax=ends[1])
        axes.set_title(heading, fontsize=9)
        axes.set_xticks([])
        axes.set_yticks([])
        if max(plane.shape) <= _NUMBERS:
            _write_numbers(axes, shown, plane)
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


def _write_numbers(axes, shown, plane):
    for (row, column), value in np.ndenumerate(plane):
        red, green, blue, _ = shown.cmap(shown.norm(value))
        dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
        axes.text(column, row, f"{value:.3g}", ha="center", va="center", fontsize=8, color="white" if dark else "black")


def _shape(plane):
    return f"{plane.shape[0]} by {plane.shape[1]}"


def _planes(result, expected):
    """Take the planes that differ most, and say in words where they are from."""
    if not all(
        isinstance(array, np.ndarray) and array.dtype.kind in "biuf" and array.ndim in (2, 3, 4) and array.size > 1
        for array in (result, expected)
    ):
        return None
    if result.ndim != expected.ndim:
        return None
    ours, right, where = result.astype(float), expected.astype(float), ""
    if ours.ndim > 2:
        image, channel = 0, 0
        if ours.shape == right.shape:
            apart = np.nan_to_num(np.abs(ours - right), nan=np.inf)
            place = np.unravel_index(int(np.argmax(apart)), apart.shape)
            image, channel = int(place[0]), int(place[-1])
        if ours.ndim == 4:
            where = f" (image {image}, channel {channel})"
            ours, right = ours[image, :, :, channel], right[image, :, :, channel]
        else:
            where = f" (channel {channel})"
            ours, right = ours[:, :, channel], right[:, :, channel]
    sides = (*ours.shape, *right.shape)
    if max(sides) > _LARGEST or (min(sides) < 2 and max(sides) < 3):
        return None
    return ours, right, where
