"""Assignment 6 has a reference that agrees with Keras."""

from pathlib import Path

import numpy as np
import pytest

from autograder.course.reference import reference
from autograder.course.source import read_assignment
from convnets import CheckFailed, check_equal
from convnets.checks.folders.folder import Folder
from convnets.checks.folders.hidden import folders, loads_alike, shuffles_well
from convnets.checks.hidden import agrees, call
from convnets.data.images import fruits


@pytest.fixture(scope="module")
def ours():
    return reference("06-loaders")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Real images, as the chapter uses them, with more than one size and type."""
    return str(fruits(tmp_path_factory.mktemp("fruits") / "fruits", count=30, classes=3))


def test_bytes_are_those_of_numpy(ours):
    for shape, dtype in [((3, 5, 7, 3), "float32"), ((2, 4, 1, 1), "float64"), ((9, 2, 3, 4), "uint8")]:
        assert ours.dataset_bytes(*shape, dtype) == np.zeros(shape, dtype).nbytes


def test_listing_agrees_with_keras(ours, folder, capsys):
    from tensorflow.keras.preprocessing.image import ImageDataGenerator

    flow = ImageDataGenerator().flow_from_directory(folder, shuffle=False)
    paths, labels, class_indices = ours.list_images(folder)
    assert class_indices == flow.class_indices
    np.testing.assert_array_equal(labels, flow.classes)
    assert [path.removeprefix(f"{folder}/") for path in paths] == flow.filenames


def test_batches_agree_with_a_flow(ours, folder):
    from tensorflow.keras.preprocessing.image import ImageDataGenerator

    paths, labels, _ = ours.list_images(folder)
    flow = ImageDataGenerator().flow_from_directory(
        folder, target_size=(20, 30), batch_size=8, shuffle=False, class_mode="sparse", interpolation="bicubic"
    )
    made = list(ours.batches(paths, labels, (20, 30), 8))
    assert len(made) == len(flow) == 4
    for (images, numbers), (theirs, their_numbers) in zip(made, flow, strict=False):
        np.testing.assert_allclose(images, theirs, atol=1)
        np.testing.assert_array_equal(numbers, their_numbers)


def test_last_batch_that_is_filled_up_is_not_taken_for_images_drawn_one_by_one(ours):
    def filled(paths, labels, target_size, batch_size, seed=None):
        paths, labels = list(paths), np.asarray(labels)
        more = np.arange(-(-len(paths) // batch_size) * batch_size) % len(paths)
        return ours.batches([paths[place] for place in more], labels[more], target_size, batch_size, seed)

    def one_by_one(paths, labels, target_size, batch_size, seed=None):
        drawn = np.random.default_rng(seed).choice(len(paths), len(paths))
        return ours.batches([paths[place] for place in drawn], np.asarray(labels)[drawn], target_size, batch_size)

    folder = Folder({"cat": 8, "dog": 5})
    calls = [call(folder.paths, folder.paths.labels, (4, 5), 4, 7)]
    hints = []
    for function in (filled, one_by_one):
        with pytest.raises(CheckFailed) as caught:
            shuffles_well(function, ours.batches, *calls)
        hints.append(caught.value.hint)
    assert hints[0] is None
    assert "one by one" in hints[1]


def test_flow_of_a_part_that_holds_what_is_validated_is_not_taken_for_one_of_all_images(ours):
    """Both put the same images on both sides."""
    from tensorflow.keras.preprocessing.image import ImageDataGenerator

    def other_end(folder, target_size, batch_size, validation_split, seed):
        def flow(share, subset, shuffle):
            made = ImageDataGenerator(rescale=1 / 255, validation_split=share)
            options = {"target_size": target_size, "batch_size": batch_size, "class_mode": "sparse"}
            return made.flow_from_directory(folder, **options, subset=subset, shuffle=shuffle, seed=seed)

        return flow(validation_split, "training", True), flow(1 - validation_split, "training", False)

    drawn = call(Folder({"cat": 12, "dog": 9}), (4, 5), 4, 0.25, 7)
    with pytest.raises(CheckFailed, match="are in training and in validation") as failed:
        loads_alike(other_end, ours.make_flows, drawn, kind="flow")
    assert failed.value.hint is None


def test_classes_may_have_any_numbers(ours):
    def from_zero(paths, labels, validation_split, seed):
        labels = np.asarray(labels)
        kept = np.concatenate([np.flatnonzero(labels == label) for label in range(len(np.unique(labels)))])
        train, held_out = ours.split(kept, labels[kept], validation_split, seed)
        return kept[train], kept[held_out]

    source = next(each for each in read_assignment("06-loaders").exercises if each.name == "split").tests[0].source
    exec(source, {"split": ours.split, "np": np, "check_equal": check_equal})
    with pytest.raises(CheckFailed, match="in neither part"):
        exec(source, {"split": from_zero, "np": np, "check_equal": check_equal})


def test_a_dot_makes_no_file_and_its_lack_no_folder(ours):
    def without_dots(directory):
        paths, _labels, _indices = ours.list_images(directory)
        folders = sorted(each.name for each in Path(directory).iterdir() if "." not in each.name)
        kept = [path for path in paths if Path(path).parent.name in folders]
        labels = [folders.index(Path(path).parent.name) for path in kept]
        return kept, np.array(labels, dtype=int), {name: number for number, name in enumerate(folders)}

    with pytest.raises(CheckFailed):
        agrees(without_dots, ours.list_images, folders(), examples=25)


def test_names_are_sorted_with_their_endings(ours):
    def by_stem(directory):
        paths, labels, indices = ours.list_images(directory)
        return sorted(paths, key=lambda path: Path(path).with_suffix("")), labels, indices

    with pytest.raises(CheckFailed):
        agrees(by_stem, ours.list_images, folders(), examples=25)
