"""A picture of a wrong result beside the right one."""

import io

import numpy as np

_NUMBERS = 8  # an array of at most so many rows and columns has its numbers written in


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
    """
    planes = _planes(result, expected)
    if planes is None:
        return None
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    ours, right, where = planes
    panels = [("returned", ours, "viridis"), ("expected", right, "viridis")]
    if ours.shape == right.shape:
        panels.append(("returned − expected", ours - right, "PuOr"))
    figure = Figure(figsize=(2.6 * len(panels), 2.6), dpi=110, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    if title:
        figure.suptitle(title, fontsize=9)
    finite = np.concatenate([plane[np.isfinite(plane)] for plane in (ours, right)])
    low, high = (finite.min(), finite.max()) if finite.size else (0, 1)
    for axes, (heading, plane, colours) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        limits = (low, high)
        if colours == "PuOr":
            most = np.abs(plane[np.isfinite(plane)]).max(initial=0) or 1
            limits = -most, most
        shown = axes.imshow(plane, cmap=colours, vmin=limits[0], vmax=limits[1])
        axes.set_title(heading, fontsize=9)
        axes.set_xticks([])
        axes.set_yticks([])
        if max(plane.shape) <= _NUMBERS:
            _write_numbers(axes, shown, plane)
    file = io.BytesIO()
    figure.savefig(file, format="png")
    same = ", and their difference" if len(panels) == 3 else ""
    shapes = f"what was returned, {_shape(ours)}, what was expected, {_shape(right)}"
    return file.getvalue(), f"{title or 'The call above'}{where}: {shapes}{same}."


def _write_numbers(axes, shown, plane):
    size = 8 if max(plane.shape) <= 4 else 6
    for (row, column), value in np.ndenumerate(plane):
        red, green, blue, _ = shown.cmap(shown.norm(value))
        dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
        axes.text(
            column, row, f"{value:.3g}", ha="center", va="center", fontsize=size, color="white" if dark else "black"
        )


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
    if min(*ours.shape, *right.shape) < 2 and max(*ours.shape, *right.shape) < 3:
        return None
    return ours, right, where
