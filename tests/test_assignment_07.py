"""Assignment 7 has a reference that agrees with TensorFlow and SciPy."""

import keras
import numpy as np
import pytest

from autograder.course.reference import reference
from convnets import CheckFailed
from convnets.checks.agreement import agrees
from convnets.checks.catalogue import misconceptions
from convnets.checks.chance.hidden import (
    adds_noise,
    augmenter_faults,
    builds_augmenter,
    changes_some,
    noise_faults,
    share_faults,
)
from convnets.checks.chance.visible import plain_images, reach, said_of_normal, said_of_share, texture
from convnets.checks.folders.folder import Folder
from convnets.checks.tuning.hidden import ablations

SHAPES = [(5, 8), (4, 7, 3), (1, 6, 2), (9, 3, 1)]


@pytest.fixture(scope="module")
def ours():
    return reference("07-augmentation")


@pytest.fixture(scope="module")
def tf():
    return pytest.importorskip("tensorflow")


def draw(shape):
    return np.random.default_rng(sum(shape)).random(shape)


def batch_of(image):
    return image[None] if image.ndim == 3 else image[None, :, :, None]


@pytest.mark.parametrize("shape", SHAPES)
def test_moves_agree_with_tensorflow(ours, tf, shape):
    image = draw(shape)
    batch = batch_of(image)
    pairs = [(ours.flip_horizontal, tf.image.flip_left_right), (ours.flip_vertical, tf.image.flip_up_down)]
    pairs += [
        (lambda image, k=k: ours.rotate90(image, k), lambda batch, k=k: tf.image.rot90(batch, k % 4)) for k in range(6)
    ]
    for mine, theirs in pairs:
        np.testing.assert_array_equal(batch_of(mine(image)), theirs(batch).numpy())


@pytest.mark.parametrize("shape", SHAPES)
def test_brightness_and_contrast_agree_with_tensorflow(ours, tf, shape):
    image = draw(shape)
    batch = batch_of(image)
    brighter = np.clip(tf.image.adjust_brightness(batch, 0.3), 0, 1)
    np.testing.assert_allclose(batch_of(ours.adjust_brightness(image, 0.3)), brighter, atol=1e-6)
    stronger = np.clip(tf.image.adjust_contrast(batch, 1.7), 0, 1)
    np.testing.assert_allclose(batch_of(ours.adjust_contrast(image, 1.7)), stronger, atol=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("factor", [0.4, 0.7, 1, 1.3, 2, 3.1])
def test_stretch_agrees_with_tensorflow(ours, tf, shape, factor):
    image = draw(shape)
    theirs = tf.image.resize(batch_of(image), (shape[0], round(shape[1] * factor))).numpy()
    np.testing.assert_allclose(batch_of(ours.stretch(image, factor)), theirs, atol=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("size", [1, 3, 5])
def test_blur_agrees_with_scipy(ours, shape, size):
    from scipy.ndimage import uniform_filter

    image = draw(shape)
    theirs = uniform_filter(image, (size, size, 1)[: image.ndim], mode="nearest")
    np.testing.assert_allclose(ours.blur(image, size), theirs, atol=1e-12)
    if size == 3:
        np.testing.assert_allclose(ours.sharpen(image, 2), np.clip(3 * image - 2 * theirs, 0, 1), atol=1e-12)


def test_bounds_hold_for_honest_draws_and_not_for_others():
    for seed in range(50):
        rng = np.random.default_rng(seed)
        assert said_of_normal(rng.normal(0, 0.1, (60, 80)), 0.1) is None
        assert said_of_share(rng.random(2000) < 0.5, 0.5) is None
    rng = np.random.default_rng(0)
    assert said_of_normal(rng.normal(0, 0.12, (60, 80)), 0.1)[0] == "spread 1.2"
    assert said_of_normal(rng.normal(0.02, 0.1, (60, 80)), 0.1)[0] == "mean 0.2"
    one_sided = [np.abs(rng.normal(0, 0.1, (60, 80))), np.maximum(rng.normal(0, 0.1, (60, 80)), 0)]
    assert [said_of_normal(noise, 0.1)[0] for noise in one_sided] == ["mean 0.8", "mean 0.4"]
    assert said_of_normal(rng.uniform(-0.1732, 0.1732, (60, 80)), 0.1)[0] == "shape"
    assert said_of_share(rng.random(2000) < 0.65, 0.5) is not None
    assert 2 * np.exp(-2 * 2000 * reach(2000) ** 2) == pytest.approx(1e-9)


def test_right_answers_have_no_fault_whatever_their_draws(ours):
    for look, function in (
        (noise_faults, ours.add_noise),
        (share_faults, ours.augment),
        (augmenter_faults, ours.build_augmenter),
    ):
        assert look(function) == {}


@pytest.mark.parametrize(
    ("look", "name"), [(noise_faults, "add_noise"), (share_faults, "augment"), (augmenter_faults, "build_augmenter")]
)
def test_no_two_mistakes_look_alike(ours, look, name):
    """The first hint that fits is given."""
    seen = [kinds for kinds in (tuple(look(wrong)) for _hint, wrong in misconceptions(getattr(ours, name))) if kinds]
    assert len(seen) > 5
    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize("count", [1, 2])
def test_noise_that_is_made_to_fit_the_image_is_no_draw_for_each_pixel(count):
    def add_noise(image, sigma, rng):
        image = np.asarray(image, dtype=float)
        noise = rng.standard_normal(image.shape)
        noise = (
            (noise - noise.mean()) / (noise.std() or 1)
            if count == 1
            else np.where(image.size > 1, noise, np.sign(noise))
        )
        return np.clip(image + sigma * noise, 0, 1)

    assert list(noise_faults(add_noise)) == ["alone"]


def test_noise_that_is_used_twice_is_no_draw_for_each_pixel():
    def add_noise(image, sigma, rng):
        pixels = np.array(image, dtype=float)
        half = rng.normal(0, sigma, (pixels.size + 1) // 2)
        noise = np.concatenate([half, -half])[: pixels.size]
        return np.clip(pixels + noise.reshape(pixels.shape), 0, 1)

    assert list(noise_faults(add_noise)) == ["repeated"]


def test_a_white_margin_is_not_taken_for_brightness_on_another_scale(ours):
    def with_margin(seed):
        flip = keras.layers.RandomFlip("horizontal", seed=seed)
        shift = keras.layers.RandomTranslation(0.2, 0.2, fill_mode="constant", fill_value=255.0, seed=seed)
        return keras.Sequential([flip, shift])

    def too_bright(seed):
        return keras.Sequential([keras.layers.RandomFlip(seed=seed), keras.layers.RandomBrightness(0.3, seed=seed)])

    assert hint_on(builds_augmenter, with_margin, ours.build_augmenter) is None
    assert "`RandomBrightness`" in hint_on(builds_augmenter, too_bright, ours.build_augmenter)


def test_a_change_may_be_called_as_another_begins(ours):
    def by_parts_of_names(measure, changes, seeds):
        verdicts = {}
        for change in changes:
            fewer = [other for other in changes if other not in change]
            pairs = [(measure(changes, seed), measure(fewer, seed)) for seed in seeds]
            helps, harms = all(one > other for one, other in pairs), all(one < other for one, other in pairs)
            verdicts[change] = "helps" if helps else "harms" if harms else "unclear"
        return verdicts

    with pytest.raises(CheckFailed):
        agrees(by_parts_of_names, ours.ablate, ablations())


def test_what_no_augmenter_is_called_by_its_type():
    """Objects of many types cannot be called on images."""
    assert list(augmenter_faults(lambda seed: [1, 2])) == ["no layers but list"]
    assert list(augmenter_faults(lambda seed: 0.5)) == ["no layers but float"]


def hint_on(check, function, *expected):
    with pytest.raises(CheckFailed) as caught:
        check(function, *expected)
    return caught.value.hint


def test_noise_that_is_drawn_anew_until_it_fits_is_not_taken_for_an_image_that_is_squeezed(ours):
    def add_noise(image, sigma, rng):
        pixels = np.array(image, dtype=float)
        noisy = pixels + rng.normal(0, sigma, pixels.shape)
        while (outside := (noisy < 0) | (noisy > 1)).any():
            noisy[outside] = pixels[outside] + rng.normal(0, sigma, outside.sum())
        return noisy

    def squeezed(image, sigma, rng):  # in words of its own
        noisy = np.asarray(image, dtype=float) + sigma * rng.standard_normal(np.shape(image))
        low, high = min(noisy.min(), 0), max(noisy.max(), 1)
        return (noisy - low) / (high - low)

    assert hint_on(adds_noise, add_noise, ours.add_noise) is None
    assert "squeezed" in hint_on(adds_noise, squeezed, ours.add_noise)


def test_images_that_trade_places_are_not_taken_for_always_the_same_share(ours):
    def augment(images, rng, probability=0.5):
        batch = np.array(images, dtype=float)
        chosen = rng.random(len(batch)) < probability
        batch[chosen] = batch[chosen][::-1]
        return batch

    assert hint_on(changes_some, augment, ours.augment) is None


def test_plain_images_are_those_of_keras():
    from tensorflow.keras.preprocessing.image import ImageDataGenerator

    folder = Folder({"a": 5, "b": 3}, size=(8, 11), marked=True)
    flow = ImageDataGenerator(rescale=1 / 255).flow_from_directory(
        folder.for_a_call(), target_size=(9, 10), shuffle=False, class_mode="sparse"
    )
    images, labels = next(flow)
    plain, right = plain_images(folder, (9, 10))
    np.testing.assert_allclose(images, plain, atol=1e-6)
    np.testing.assert_array_equal(labels, right)


def test_texture_is_exact_in_single_precision():
    values = texture(3, 4, 5)
    np.testing.assert_array_equal(values, values.astype(np.float32))
    assert 0.19 < values.min() < values.max() < 0.81
