import subprocess
import sys

import numpy as np
import pytest

from convnets.data import images as data
from convnets.data.images import PHOTO_CREDITS, PHOTO_NAMES, digits, photo


@pytest.mark.parametrize("name", PHOTO_NAMES)
def test_photo_is_a_real_picture_and_needs_no_network(name, no_network):
    image = photo(name)
    assert image.dtype == np.float32
    assert image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 3)
    assert min(image.shape[:2]) > 200
    assert image.min() >= 0
    assert 0.5 < image.max() <= 1
    assert np.unique(image).size > 100


def test_photo_has_the_values_of_its_file():
    from skimage.data import camera

    np.testing.assert_allclose(photo("camera"), camera() / 255, rtol=1e-6)


@pytest.mark.parametrize(("size", "shape"), [(64, (64, 64)), ((30, 50), (30, 50)), ((700, 600), (700, 600))])
def test_photo_has_the_size_asked_for(size, shape):
    image = photo("camera", size)
    assert image.shape == shape
    assert image.dtype == np.float32
    assert image.min() >= 0
    assert image.max() <= 1
    assert photo("coffee", size).shape == (*shape, 3)


def test_size_cuts_the_middle_out_and_does_not_stretch(monkeypatch):
    import skimage.data

    wide = np.zeros((100, 300), np.uint8)
    wide[:, 100:200] = 255  # the middle third, which is the square that is left
    monkeypatch.setattr(skimage.data, "camera", lambda: wide)
    np.testing.assert_allclose(photo("camera", 50), 1, atol=1e-6)
    assert 0.6 < photo("camera", (50, 75)).mean() < 0.73


def test_a_smaller_photo_keeps_its_brightness():
    assert abs(photo("camera", 64).mean() - photo("camera").mean()) < 0.01


def test_every_call_gives_a_new_array():
    first = photo("camera")
    first[:] = 0
    assert photo("camera").max() > 0.5


def test_unknown_photo_names_the_known_ones():
    with pytest.raises(ValueError, match=r"no photo 'lena'.*astronaut.*camera.*rocket"):
        photo("lena")


@pytest.mark.parametrize("size", [0, -1, (0, 5), (5, 0)])
def test_size_below_one_is_refused(size):
    with pytest.raises(ValueError, match="at least 1 pixel"):
        photo("camera", size)


def test_credits_name_a_licence_for_every_photo():
    for name, credit in PHOTO_CREDITS.items():
        assert any(words in credit for words in ("CC0", "CC BY", "public domain", "no known copyright")), name
    for name in ("china", "flower"):  # CC BY asks for the author, the source and the licence
        assert "by " in PHOTO_CREDITS[name]
        assert "https://www.flickr.com/photos/" in PHOTO_CREDITS[name]
        assert "https://creativecommons.org/licenses/by/2.0/" in PHOTO_CREDITS[name]


def test_digits_are_all_there(no_network):
    images, labels = digits()
    assert images.shape == (5000, 28, 28, 1)
    assert images.dtype == np.float32
    assert (images.min(), images.max()) == (0, 1)
    assert labels.dtype == np.int64
    assert np.bincount(labels).tolist() == [500] * 10


def test_digits_lie_upright_and_belong_to_their_labels():
    images, labels = digits()
    ones, zeros = images[labels == 1].mean(axis=0)[..., 0], images[labels == 0].mean(axis=0)[..., 0]
    assert zeros[14, 14] < 0.1 < ones[14, 14]  # a nought is empty in its middle, a one is not
    assert ones.max(axis=0).argmax() in (13, 14)
    sevens = images[labels == 7].mean(axis=0)[..., 0]
    assert sevens[5:10].sum() > 1.2 * sevens[18:23].sum()  # a seven has its bar on top


def test_split_is_stratified_disjoint_and_complete():
    (train_images, train_labels), (test_images, test_labels) = digits(train=300)
    assert train_images.shape == (300, 28, 28, 1)
    assert test_images.shape == (4700, 28, 28, 1)
    assert np.bincount(train_labels).tolist() == [30] * 10
    assert np.bincount(test_labels).tolist() == [470] * 10
    together = np.concatenate([train_images, test_images]).reshape(5000, -1)
    everything = digits()[0].reshape(5000, -1)
    assert sorted(row.tobytes() for row in together) == sorted(row.tobytes() for row in everything)


def test_split_keeps_images_and_labels_together():
    images, labels = digits()
    label_of = {image.tobytes(): label for image, label in zip(images, labels, strict=True)}
    for part_images, part_labels in digits(train=100, seed=3):
        assert [label_of[image.tobytes()] for image in part_images] == part_labels.tolist()


def test_split_depends_on_the_seed_alone():
    first, again, other = digits(train=50, seed=1), digits(train=50, seed=1), digits(train=50, seed=2)
    np.testing.assert_array_equal(first[0][0], again[0][0])
    np.testing.assert_array_equal(first[0][1], again[0][1])
    assert not np.array_equal(first[0][0], other[0][0])


def test_changing_digits_does_not_change_the_next_ones():
    images, labels = digits()
    images[:] = 7
    labels[:] = 7
    (train_images, train_labels), _ = digits(train=20)
    train_images[:] = 7
    train_labels[:] = 7
    fresh_images, fresh_labels = digits()
    assert fresh_images.max() == 1
    assert np.bincount(fresh_labels).tolist() == [500] * 10


@pytest.mark.parametrize("train", [-5, 0, 9, 4991, 5000])
def test_split_that_leaves_a_class_empty_is_refused(train):
    with pytest.raises(ValueError, match="from 10 to 4990"):
        digits(train=train)


def test_importing_the_package_stays_light():
    code = "import sys, convnets, convnets.data.images, convnets.plots; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "convnets.data.images" in modules
    assert not {"skimage", "sklearn", "mlxtend", "matplotlib", "tensorflow", "keras", "pandas"} & set(modules)


def test_names_and_credits_agree():
    assert list(PHOTO_NAMES) == sorted(PHOTO_CREDITS)
    assert set(PHOTO_CREDITS) >= data._FROM_SCIKIT_LEARN


@pytest.fixture
def mnist_from(monkeypatch):
    """A function that has Keras's loader of MNIST do something else."""
    import keras

    data._all_mnist.cache_clear()
    yield lambda load: monkeypatch.setattr(keras.datasets.mnist, "load_data", load)
    data._all_mnist.cache_clear()


def test_all_digits_are_the_training_set_and_the_test_set(mnist_from):
    rng = np.random.default_rng(0)
    known, unseen = ((rng.integers(0, 256, (count, 28, 28), np.uint8), np.arange(count) % 10) for count in (60, 20))
    mnist_from(lambda: (known, (unseen[0], unseen[1].astype(np.uint8))))
    images, labels = digits(full=True)
    assert images.shape == (80, 28, 28, 1)
    assert images.dtype == np.float32
    assert labels.dtype == np.int64
    np.testing.assert_allclose(images[:60, :, :, 0], known[0] / 255, rtol=1e-6)
    np.testing.assert_array_equal(labels[60:], unseen[1])
    (train, _), (test, test_labels) = digits(train=40, seed=1, full=True)
    assert len(train) == len(test) == 40
    assert np.bincount(test_labels).tolist() == [4] * 10


def test_all_digits_without_a_network_say_what_to_do(mnist_from):
    def fail():
        raise Exception("URL fetch failure on https://example.org/mnist.npz: None -- no route")

    mnist_from(fail)
    with pytest.raises(ConnectionError, match=r"(?s)Without full=True there are 5,000.*no route"):
        digits(full=True)
    assert len(digits()[0]) == 5000


def test_keras_checks_the_hash_of_mnist():
    """What `digits` relies on: without it a download could be anything."""
    import inspect

    import keras

    assert "file_hash=" in inspect.getsource(keras.datasets.mnist.load_data)
