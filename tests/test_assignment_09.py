"""The project's tests are tested, and what it says of a classifier is true."""

import pickle
import re
from collections import Counter
from pathlib import Path

import keras
import numpy as np
import pytest

from autograder.course.reference import reference
from autograder.course.source import read_assignment
from autograder.exam.process import LearnerStopped
from autograder.exam.result import TIMED_OUT
from convnets import CheckFailed
from convnets.checks.catalogue import symptoms
from convnets.checks.facts import noting
from convnets.checks.project import hidden as project
from convnets.checks.project import visible
from convnets.checks.project.fruits import Album, Fruits, colour_model
from convnets.checks.project.visible import check_classifier
from convnets.checks.rehearsal import Rehearsal
from convnets.data.fruits import FRUITS

# The assignment's own, so that its folders are drawn once.
SEED = int(
    re.search(r"^SEED = ([\d_]+)$", read_assignment("09-project").path.read_text(encoding="utf-8"), re.MULTILINE)[1]
)


@pytest.fixture(scope="module")
def ours():
    return reference("09-project")


def trained_on_colours(directory, claim=lambda right: right, change=lambda inputs: inputs, turn=0):
    """Stand for a classifier that takes no time to train: the nearest mean of the colours, set and not trained."""
    data = keras.utils.image_dataset_from_directory(directory, image_size=(8, 8), shuffle=False, verbose=False)
    images, labels = (np.concatenate(parts) for parts in zip(*data.as_numpy_iterator(), strict=True))
    colours = np.concatenate([images.mean(axis=(1, 2)), images.std(axis=(1, 2)), images[:, 4, 4]], axis=1)
    middles = np.stack([colours[labels == label].mean(axis=0) for label in range(labels.max() + 1)])
    inputs = keras.Input((8, 8, 3))
    made = change(inputs)
    parts = [keras.ops.mean(made, axis=(1, 2)), keras.ops.std(made, axis=(1, 2)), made[:, 4, 4]]
    outputs = keras.layers.Dense(len(middles))(keras.ops.concatenate(parts, axis=1))
    model = keras.Model(inputs, outputs)
    model.layers[-1].set_weights([2 * np.roll(middles, turn, axis=0).T, -np.roll((middles**2).sum(axis=1), turn)])
    model.compile(loss="sparse_categorical_crossentropy")
    model.class_names = data.class_names
    answers = np.asarray(model(images)).argmax(axis=1)
    model.validation_accuracy = claim(np.mean(answers == labels))
    return model


def test_prediction_takes_what_keras_loads(ours, tmp_path):
    album = Album({f"{number}.png": (200, 30, 40) if number % 3 else (90, 50, 130) for number in range(40)})
    model = colour_model()
    answers = ours.predict(model, album.write(tmp_path))
    data = keras.utils.image_dataset_from_directory(
        tmp_path, labels=None, image_size=(6, 9), shuffle=False, verbose=False
    )
    places = np.concatenate([model.predict_on_batch(images) for images in data]).argmax(axis=1)
    theirs = {
        path.split("/")[-1]: model.class_names[place] for path, place in zip(data.file_paths, places, strict=True)
    }
    assert answers == theirs
    assert set(answers.values()) == {"apple", "plum"}


# The folders that nobody has seen


def test_held_out_images_are_others_of_the_same_kinds_under_the_same_names():
    known, unseen = Fruits(48, 6, SEED), Fruits(48, 6, SEED, part=1)
    assert sorted(known.classes) == sorted(unseen.classes)
    assert len({*known.contents.values(), *unseen.contents.values()}) == 2 * 48 + 1  # and the text in both
    kind_of = [{path.split("/")[0]: kind for path, (kind, _) in folder._drawn.items()} for folder in (known, unseen)]
    assert kind_of[0] == kind_of[1]
    assert len(set(kind_of[0].values())) == 6


def test_names_and_kinds_change_with_the_seed_and_say_nothing():
    folders = [Fruits(8, 8, seed) for seed in range(6)]
    pairs = {tuple(sorted((name.split("/")[0], kind) for name, (kind, _) in each._drawn.items())) for each in folders}
    assert len(pairs) == 6
    assert not {name for folder in folders for name in folder.classes} & set(FRUITS)


def test_shuffled_images_are_spread_over_all_classes():
    folder = Fruits(160, 8, SEED, shuffled=True)
    counts = np.zeros((8, len(FRUITS)))
    for path, (kind, _place) in folder._drawn.items():
        counts[folder.labels[path], kind] += 1
    assert (counts.sum(axis=1) == 20).all()
    assert counts.max() < 10


def test_images_are_loaded_as_keras_loads_them(tmp_path):
    folder = Fruits(16, 4, SEED)
    images, labels = folder.load((20, 30))
    data = keras.utils.image_dataset_from_directory(
        folder.write(tmp_path), image_size=(20, 30), shuffle=False, verbose=False
    )
    ((theirs, their_labels),) = data.as_numpy_iterator()
    np.testing.assert_allclose(images, theirs, atol=1e-3)
    np.testing.assert_array_equal(labels, their_labels)


def test_drawn_images_are_handed_from_the_rehearsal_to_every_submission(ours):
    rehearsal = Rehearsal()
    with rehearsal.recording():
        assert project.earned(None, ours.train_classifier, SEED) == 4
    dumped = rehearsal.dump()
    assert Fruits(240, 8, SEED, part=1).contents in pickle.loads(dumped)[1].values()


# What is measured


@pytest.fixture
def small(monkeypatch):
    """Bands that colours alone reach."""
    monkeypatch.setattr(project, "BANDS", (0.16, 0.2, 0.9))


def said(function, capsys=None):
    points = project.earned(function, reference("09-project").train_classifier, SEED)
    return points, capsys and capsys.readouterr().out


def test_accuracy_is_recorded_as_it_is(small, capsys):
    facts = {}
    with noting(facts):
        points, _text = said(trained_on_colours, capsys)
    right, of = facts["accuracy"]["right"], facts["accuracy"]["of"]
    images, labels = Fruits(240, 8, SEED, part=1).load((8, 8))
    model = trained_on_colours(Fruits(240, 8, SEED).for_a_call())
    assert (right, of) == (np.sum(np.asarray(model(images)).argmax(axis=1) == labels), 240)
    assert 2 <= points <= 3


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        (lambda right: 1.0, "the model says that 100%"),
        (lambda right: 0.0, "the model says that 0%"),
        (lambda right: None, "should be a share"),
        (lambda right: 40.0, "should be a share"),
    ],
    ids=["boast", "modesty", "nothing", "percents"],
)
def test_claim_far_from_the_truth_costs_the_point(small, capsys, claim, words):
    honest, _ = said(lambda directory: trained_on_colours(directory, claim=lambda right: 0.3), capsys)
    points, text = said(lambda directory: trained_on_colours(directory, claim=claim), capsys)
    assert points == honest - 1
    assert words in text


def test_claim_must_follow_the_folder(small, capsys):
    """A number that fits the first folder by luck does not fit the one in which there is nothing to learn."""
    points, text = said(lambda directory: trained_on_colours(directory, claim=lambda right: 0.45), capsys)
    assert "holds nothing to learn" in text
    assert points == 2


@pytest.mark.parametrize(
    ("more", "words", "is_known"),
    [
        ({"change": lambda inputs: inputs * 255}, "were divided by 255 first, [0-9]+% would", True),
        ({"turn": 1}, "With the outputs in another order", True),
        (
            {"change": lambda inputs: inputs * 255, "turn": 1},
            "were divided by 255 first, and the outputs came in another order",
            False,  # two mistakes, of which a hint would name one at best
        ),
    ],
)
def test_low_accuracy_is_explained(monkeypatch, more, words, is_known):
    monkeypatch.setattr(project, "BANDS", (0.99, 0.99, 0.99))
    with pytest.raises(CheckFailed, match=words) as failed:
        said(lambda directory: trained_on_colours(directory, **more))
    assert (failed.value.hint is not None) == is_known


def test_model_that_has_learned_nothing_is_told_from_one_that_knows_its_own_images_only(monkeypatch, ours):
    monkeypatch.setattr(project, "BANDS", (0.9, 0.9, 0.9))
    hint = symptoms(ours.train_classifier)["has learned nothing"]
    with pytest.raises(CheckFailed, match=re.escape(hint)):
        said(lambda directory: trained_on_colours(directory, change=lambda inputs: 0 * inputs))
    assert project._on_known(lambda images, training: np.eye(3), np.zeros((3, 8, 8, 3)), np.arange(3)) == (
        None,
        "Of the images it was trained on, 100% are right.",
    )


@pytest.mark.parametrize(
    ("claim", "share", "symptom"),
    [
        (1.0, 1.0, "validates on images it was trained on"),
        (0.97, 0.91, "validates on images it was trained on"),
        (1.0, 0.82, "tells of images it was trained on"),
        (0.97, 0.8, "tells of images it was trained on"),
        (0.7, 0.6, None),  # could be either
        (None, 0.9, None),
        (90.0, 0.9, None),
    ],
)
def test_two_ways_to_a_dishonest_validation_are_told_apart(ours, claim, share, symptom):
    assert project._leak(claim, share) == symptom
    assert symptom is None or symptom in symptoms(ours.train_classifier)


def test_only_its_images_tell_the_folder_with_nothing_to_learn_and_the_seed_decides_its_turn(monkeypatch, ours):
    for name, value in {"IMAGES": 16, "CLASSES": 2, "BANDS": (0, 0, 0)}.items():
        monkeypatch.setattr(project, name, value)
    turns = set()
    for seed in range(8):
        seen = []

        def train(directory, seen=seen):
            files = [path.relative_to(directory) for path in Path(directory).rglob("*.*")]
            seen.append({path.as_posix(): Path(directory, path).read_bytes() for path in files})
            return trained_on_colours(directory)

        project.earned(train, ours.train_classifier, seed)
        known, random = Fruits(16, 2, seed).contents, Fruits(16, 2, seed, part=2, shuffled=True).contents
        assert seen in ([known, random], [random, known])
        turns.add(seen.index(random))
        folders = [Counter(Path(name).parent.name for name in files) for files in seen]
        assert folders[0] == folders[1]
    assert turns == {0, 1}


def test_stop_in_the_second_training_leaves_the_points_for_accuracy(small, capsys, ours):
    calls = []

    def train(directory):
        calls.append(directory)
        if len(calls) == 2:
            raise LearnerStopped(TIMED_OUT, "train_classifier was stopped after 60 seconds")
        return trained_on_colours(directory)

    assert project.earned(train, ours.train_classifier, SEED) >= 1
    assert "was stopped after 60 seconds" in capsys.readouterr().out


def test_outputs_that_are_no_numbers_are_refused():
    with pytest.raises(TypeError, match="an array of numbers is expected"):
        visible.outputs_of(lambda images, training: np.array(["a"] * len(images)), np.zeros((3, 4, 4, 3), np.float32))


def test_large_images_are_sent_a_few_at_a_time():
    sizes = []
    visible.outputs_of(
        lambda images, training: sizes.append(len(images)) or np.zeros((len(images), 2)),
        np.zeros((70, 256, 256, 3), np.float32),
    )
    assert sum(sizes) == 70
    assert max(sizes) * 256 * 256 * 12 <= 2**24


def test_names_may_be_an_array_and_any_accuracy_of_fit_counts():
    model = trained_on_colours(Fruits(16, 2, SEED).for_a_call(), claim=lambda right: None)
    model.class_names = np.array(["ash", "elm"])
    model.history = type("History", (), {"history": {"val_loss": [1.0], "val_categorical_accuracy": [0.5, 0.75]}})()
    told = visible.look(model)
    assert (told["class_names"], told["validation_accuracy"]) == (["ash", "elm"], 0.75)


def test_every_symptom_in_the_catalogue_is_one_that_a_check_finds(ours):
    """A symptom that no check names would be a mistake without its hint."""
    checks = Path(project.__file__).read_text(encoding="utf-8") + Path(visible.__file__).read_text(encoding="utf-8")
    assert [name for name in symptoms(ours.train_classifier) if f'"{name}"' not in checks] == []


def test_last_validation_of_fit_counts_where_nothing_else_is_said():
    def train(directory):
        model = trained_on_colours(directory)
        del model.validation_accuracy
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"], run_eagerly=True)
        data = keras.utils.image_dataset_from_directory(directory, image_size=(8, 8), verbose=False)
        model.fit(data, validation_data=data, epochs=1, verbose=0, shuffle=False)
        return model

    check_classifier(train, Fruits(9, 3, SEED))


def test_files_in_the_folder_stay():
    def train(directory):
        model = trained_on_colours(directory)
        next(Path(directory).rglob("*.jpg")).unlink()
        return model

    with pytest.raises(CheckFailed, match="changed the files"):
        check_classifier(train, Fruits(9, 3, SEED))
