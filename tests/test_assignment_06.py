"""Assignment 6 has a reference that agrees with Keras."""

import numpy as np
import pytest

from autograder.course.reference import reference
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
