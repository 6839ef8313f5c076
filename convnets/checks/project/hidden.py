"""What the hidden test of the project is written with: train on folders never handed out, and measure here.

A learner's function trains on a folder in its own process. The images that its model is measured on are drawn here and
are sent over without their labels, so that no code of the learner's ever sees what is right.
"""

import numpy as np
from hypothesis import strategies as st

from convnets.checks.calls import Stopped
from convnets.checks.catalogue import symptoms
from convnets.checks.facts import note
from convnets.checks.lent import ModelOf
from convnets.checks.project.fruits import COLOURS, Album, Fruits, colour_model
from convnets.checks.project.visible import COLOUR_WIDTH, check_outputs, outputs_of, train_on
from convnets.checks.rehearsal import rehearsal_now, rehearsed
from convnets.checks.words import CheckFailed, join_hint

BANDS = (0.3, 0.6, 0.8)
"""Shares of the held-out images that have to be right for one point, for two, and for three."""

CLASSES, IMAGES, SECONDS = 8, 240, 45
"""Of a folder to train on: kinds, images, and how long training may take. As many images are held out."""

_TURNS = 2  # times as long by the clock: promised are two cores, and a grader with a worker on each gives one

_BOAST = 0.4  # more than any honest validation says where the truth is 1 / CLASSES
_NEAR = 0.2  # how far a validation on some dozen images may be off

_LINE = "Right on held-out images: {} of {}, which is {:.1%}."


@rehearsed
def earned(function, expected, seed):
    """Say how many points a trained classifier earns: three for its accuracy, one for telling it honestly.

    The function trains twice, on two folders of drawn fruits under names that say nothing. One model is measured on
    images held out; what it says of its own validation must be near to that. In the other folder the images are spread
    over the classes by chance. No model can be right about unseen ones more often than by chance there, and its
    validation has to say so. Whoever validates on images that were trained on will say much more.

    Neither the number of images nor the time tells the two folders apart, and the seed decides which one comes first.

    Parameters
    ----------
    function : callable
        The learner's ``train_classifier``.
    expected : callable
        The reference function, whose catalogued mistakes may explain what is found.
    seed : int
        Decides kinds, names and images. A large number, for drawn images of a small seed can be drawn again.

    Returns
    -------
    int
        1 to 4. What the points are for is printed, and the accuracy is noted in `convnets.checks.facts`.

    Raises
    ------
    CheckFailed
        When there are none: the model is not of the form asked for, or below the first of `BANDS`.
    """
    hints = symptoms(expected)
    known, unseen, random = (
        Fruits(IMAGES, CLASSES, seed),
        Fruits(IMAGES, CLASSES, seed, part=1),
        Fruits(IMAGES, CLASSES, seed, part=2, shuffled=True),
    )
    rehearsal = rehearsal_now()
    for folder in (known, unseen, random):
        _draw_once(folder, rehearsal)
    if rehearsal and rehearsal.is_recording:
        return len(BANDS) + 1  # drawing was what takes long; the reference is trained where it is graded
    rng = np.random.default_rng(seed)
    random_first = bool(rng.integers(2))
    boast = _boast(function, random, hints) if random_first else None
    model, told = train_on(function, known, _TURNS * SECONDS)
    images, labels = unseen.load(tuple(told["input_shape"][1:3]))
    order = rng.permutation(len(labels))  # sorted by class they would tell their labels
    images, labels = images[order], labels[order]
    outputs = check_outputs(model, told, images)
    right = int((outputs.argmax(axis=1) == labels).sum())
    line = _LINE.format(right, len(labels), right / len(labels))
    symptom, why = (None, None) if right >= BANDS[-1] * len(labels) else _diagnosis(model, images, labels, outputs)
    if right < BANDS[0] * len(labels):
        if why is None:
            symptom, why = _on_known(model, *known.load(images.shape[1:3]))
        said = (
            f"train_classifier(a folder of {IMAGES} images in {CLASSES} folders)\n  {line} By chance it would be about "
            f"{1 / CLASSES:.1%}; the first point is for {BANDS[0]:.0%}." + (f"\n  {why}" if why else "")
        )
        raise CheckFailed(said, hints.get(symptom))
    points = sum(right >= band * len(labels) for band in BANDS)
    note("accuracy", {"right": right, "of": len(labels)})
    print(line, _said_of_points(points))
    if why:
        print(join_hint(why, hints.get(symptom)))
    wrong = _wrong_claim(told["validation_accuracy"], right / len(labels))
    wrong = wrong or (boast if random_first else _boast(function, random, hints))
    print(wrong or "1 point for validation: what the model says of itself is true.")
    return points + (not wrong)


_drawn = {}  # what the files of a folder hold


def _draw_once(folder, rehearsal):
    """Draw a folder's images, or take them from the rehearsal, so that they are not drawn for each submission."""
    name = repr(folder)
    if name not in _drawn:
        _drawn[name] = rehearsal.known.get(name) if rehearsal else None
    _drawn[name] = _drawn[name] or folder.contents
    folder.contents = _drawn[name]  # a cached property, which takes what it is given
    if rehearsal and rehearsal.is_recording:
        rehearsal.known[name] = _drawn[name]


def _said_of_points(points):
    said = f"{points} of {len(BANDS)} points for accuracy"
    return f"{said}; the next one is for {BANDS[points]:.0%}." if points < len(BANDS) else f"{said}."


_OTHERS = {
    "were divided by 255 first": lambda images: images / 255,
    "were brought to −1…1 first": lambda images: images / 127.5 - 1,
    "came as blue, green, red": lambda images: images[..., ::-1],
}


def _diagnosis(model, images, labels, outputs):
    """Find the change to the images, or to the names, that would make the model much better: a symptom, and words."""
    enough = np.mean(outputs.argmax(axis=1) == labels) + 0.2
    changed = {said: outputs_of(model, change(images)) for said, change in _OTHERS.items()}
    for said, others in changed.items():
        share = np.mean(others.argmax(axis=1) == labels)
        if share > enough:
            return "expects other values", (
                f"If the values of the images {said}, {share:.0%} would be right. The model gets images of 0…255: "
                "what has to be done to them belongs inside the model."
            )
    best = _share_in_the_best_order(outputs, labels)
    if best > enough:
        return "has its outputs in another order", (
            f"With the outputs in another order {best:.0%} would be right. Are the labels you train on numbered by "
            "sorted name, as model.class_names is?"
        )
    for said, others in changed.items():
        share = _share_in_the_best_order(others, labels)
        if share > enough:
            return None, (
                f"If the values of the images {said}, and the outputs came in another order, {share:.0%} would be "
                "right. What has to be done to images of 0…255 belongs inside the model, and the labels you train on "
                "are numbered by sorted name, as model.class_names is."
            )
    return None, None


def _share_in_the_best_order(outputs, labels):
    """The share that is right when each output stands for the class that suits it best."""
    from scipy.optimize import linear_sum_assignment

    counts = np.zeros((outputs.shape[1],) * 2)
    np.add.at(counts, (labels, outputs.argmax(axis=1)), 1)
    return counts[linear_sum_assignment(counts, maximize=True)].sum() / len(labels)


def _on_known(model, images, labels):
    """Look whether a model that is bad with unseen images has learned those it was given: a symptom, and words."""
    share = _share_right(model, images, labels)
    if share >= BANDS[0]:
        return None, f"Of the images it was trained on, {share:.0%} are right."
    return "has learned nothing", f"Of the images it was given to train on, too, only {share:.0%} are right."


def _share_right(model, images, labels):
    return np.mean(outputs_of(model, images).argmax(axis=1) == labels)


def _wrong_claim(claim, accuracy):
    """Say what is wrong with a model's word on its accuracy where that was measured, None when nothing is."""
    if claim is None or not 0 <= claim <= 1:
        return "No point for validation: model.validation_accuracy should be a share from 0 to 1."
    if abs(claim - accuracy) > _NEAR:
        return f"No point for validation: the model says that {claim:.0%} are right; held out, {accuracy:.0%} are."
    return None


def _boast(function, random, hints):
    """Train where there is nothing to learn; say what is wrong with the model's word on it, None when nothing is."""
    try:
        model, told = train_on(function, random, _TURNS * SECONDS)
    except (CheckFailed, Stopped) as failed:
        return f"No point for validation. Trained on images that were spread over the folders by chance:\n{failed}"
    claim = told["validation_accuracy"]
    if claim is not None and 0 <= claim <= _BOAST:
        return None
    try:
        share = _share_right(model, *random.load(tuple(told["input_shape"][1:3])))
    except (CheckFailed, Stopped):
        share = None
    said = (
        "No point for validation: one of the folders holds nothing to learn, for its images were spread over the "
        f"{CLASSES} folders by chance. Of unseen ones about {1 / CLASSES:.1%} can be right. The model says "
        f"{'nothing' if claim is None else f'{claim:.0%}'}: was it validated on images that it was trained on?"
    )
    if share is not None:
        said += f" Of all {IMAGES} images in that folder it is right about {share:.0%}."
    return join_hint(said, hints.get(_leak(claim, share)))


def _leak(claim, share):
    """Name the way in which a validation is dishonest.

    The model knows by heart the images it was trained on, and is right about others by chance. Where a fifth of a
    folder was set apart, it is right about fewer of all the images than of those it was trained on. One that does not
    know them well can be taken for either.
    """
    if claim is None or share is None or not 0.9 <= claim <= 1:
        return None
    apart = (claim - share) / (claim - 1 / CLASSES)
    return "tells of images it was trained on" if apart > 0.12 else "validates on images it was trained on"


_COLOURS = {
    "fig": (120, 40, 110), "grape": (40, 60, 160), "lemon": (240, 220, 40), "lime": (60, 200, 60),
    "pear": (200, 190, 120), "rose": (250, 120, 150),
}  # fmt: skip


def _in_between(colours):
    """A colour of which a model of colours is not sure: its first guess gets less than half, others less."""
    places = np.array(list(colours.values()), dtype=float)
    rng = np.random.default_rng(1)
    while True:
        colour = rng.dirichlet(np.ones(len(places))) @ places // 1
        share = np.sort(np.exp(-((places - colour) ** 2).sum(axis=1) / (2 * COLOUR_WIDTH**2)))
        if share[-1] < 0.48 * share.sum() and share[-2] < 0.8 * share[-1]:
            return tuple(colour.astype(int).tolist())


@st.composite
def albums(draw):
    """Draw the arguments of ``predict``: a model that knows colours, and a folder of images without labels.

    Returns
    -------
    hypothesis.strategies.SearchStrategy
        Draws tuples of a `convnets.checks.lent.ModelOf` and a `convnets.checks.project.fruits.Album`.
    """
    size, colours = draw(st.sampled_from([((6, 9), COLOURS), ((5, 3), _COLOURS), ((8, 8), COLOURS)]))
    names, mode = draw(
        st.sampled_from(
            [
                (["b.png", "a.png"], "RGB"),
                (["x.jpg", "IMG_1.JPG", "a.png", "b.jpeg", "notes.txt"], "RGB"),
                (["2.png", "10.png", "a.b.PNG", "a.b.jpg", "list.csv"], "RGB"),
                (["one.png", "two.png", "three.png"], "P"),
                ([f"{number}.png" for number in range(11)], "RGB"),
                (["a.JPEG", "b.Jpg", "c.Png", "d.PNG", "e.jPeG", "F.TXT"], "RGB"),
                (["dim.png"], "RGB"),
            ]
        )
    )
    if names[0] == "dim.png":
        return ModelOf(colour_model, size, colours), Album(dict.fromkeys(names, _in_between(colours)))
    shown = list(colours.values())
    first = draw(st.integers(0, len(shown) - 1))
    picked = {
        name: None if name.lower().endswith(("txt", "csv")) else tuple(shown[(first + 3 * number // 2) % len(shown)])
        for number, name in enumerate(names)
    }
    return ModelOf(colour_model, size, colours), Album(picked, mode)
