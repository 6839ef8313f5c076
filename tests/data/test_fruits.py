"""The drawn fruits, and the real images that can stand in for them."""

import hashlib
import io
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convnets.data import images as data
from convnets.data.downloads import fetch, ready_copy
from convnets.data.fruits import SIDES, draw
from convnets.data.images import FRUIT_NAMES, digits, fruits, photos


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return fruits(tmp_path_factory.mktemp("data") / "fruits", count=60)


def test_twelve_classes_of_images_that_open(folder):
    assert isinstance(folder, Path)
    assert sorted(path.name for path in folder.iterdir()) == list(FRUIT_NAMES)
    assert len(FRUIT_NAMES) == 12
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) == 60
    assert {path.suffix for path in files} == {".jpg"}
    sizes = set()
    for path in files:
        with Image.open(path) as image:
            image.load()
            assert image.mode == "RGB"
            assert all(SIDES[0] <= side <= SIDES[1] for side in image.size)
            sizes.add(image.size)
    assert len(sizes) > 50


def test_keras_finds_the_1683_images(monkeypatch, tmp_path, capsys):
    # Drawing all of them takes long; what Keras counts is files.
    monkeypatch.setattr(data, "draw", lambda name, rng: np.zeros((8, 8, 3), np.uint8))
    folder = fruits(tmp_path / "fruits")
    from tensorflow.keras.preprocessing.image import ImageDataGenerator

    flow = ImageDataGenerator().flow_from_directory(folder)
    assert "Found 1683 images belonging to 12 classes." in capsys.readouterr().out
    counts = np.bincount(flow.classes)
    assert 100 < counts.min() < 140 < counts.max() < 180
    assert {path.suffix for path in folder.rglob("*.*")} == {".jpg", ".png"}


def test_the_same_seed_draws_the_same_bytes(folder, tmp_path):
    assert contents(fruits(tmp_path / "again", count=60)) == contents(folder)
    other = contents(fruits(tmp_path / "other", count=24, seed=1))
    assert not set(other.values()) & set(contents(folder).values())


def test_pixels_are_what_they_were():
    """Bytes of files depend on the library that writes them; what is drawn must not."""
    known = hashlib.sha256()
    for number, name in enumerate(FRUIT_NAMES):
        for turn in range(3):
            image = draw(name, np.random.default_rng((7, number, turn)))
            known.update(repr(image.shape).encode() + image.tobytes())
    assert known.hexdigest() == "0016e89158621d8111c9e909694ac286ab13ace65f4a1dfb6b2fbef6cd428af3"


def test_a_smaller_folder_holds_some_of_the_same_images(folder, tmp_path):
    few = contents(fruits(tmp_path / "few", count=30))
    assert len(few) == 30
    assert few.items() <= contents(folder).items()


def test_classes_can_be_fewer(tmp_path):
    folder = fruits(tmp_path / "three", count=7, classes=3)
    assert sorted(path.name for path in folder.iterdir()) == ["apple", "avocado", "banana"]
    assert len(contents(folder)) == 7


def test_no_two_images_are_alike(folder):
    everything = contents(folder)
    assert len(set(everything.values())) == len(everything)


def test_colours_differ_between_classes():
    """A lemon is yellow and grapes are not: a cheap look at whether each class is drawn by its own function."""
    middle = {}
    for number, name in enumerate(FRUIT_NAMES):
        images = [draw(name, np.random.default_rng((number, turn))) for turn in range(8)]
        cuts = [
            image[image.shape[0] // 3 : -image.shape[0] // 3, image.shape[1] // 3 : -image.shape[1] // 3]
            for image in images
        ]
        middle[name] = np.mean([cut.mean(axis=(0, 1)) for cut in cuts], axis=0)
    assert middle["lemon"][0] > 1.5 * middle["lemon"][2]
    assert middle["strawberry"][0] > 1.8 * middle["strawberry"][1]
    assert middle["kiwi"][1] > middle["kiwi"][0] * 1.1
    assert len({tuple(np.round(colour)) for colour in middle.values()}) == 12


def test_calling_again_draws_what_is_missing_and_nothing_else(tmp_path, monkeypatch):
    folder = fruits(tmp_path / "fruits", count=14)
    before = contents(folder)
    lost = sorted(folder.rglob("*.jpg"))[5]
    lost.unlink()
    kept = {path: path.stat().st_mtime_ns for path in folder.rglob("*.jpg")}
    fruits(folder, count=14)
    assert contents(folder) == before
    assert kept == {path: path.stat().st_mtime_ns for path in kept}


def test_a_folder_with_other_files_is_refused(tmp_path):
    fruits(tmp_path / "fruits", count=14)
    with pytest.raises(ValueError, match="other files"):
        fruits(tmp_path / "fruits", count=13)
    with pytest.raises(ValueError, match="other files"):
        fruits(tmp_path / "fruits", count=14, seed=1)
    (tmp_path / "fruits" / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match="other files"):
        fruits(tmp_path / "fruits", count=14)
    assert (tmp_path / "fruits" / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"count": 11}, "needs an image"),
        ({"classes": 0}, "at least 1 class"),
        ({"classes": 13}, "12 kinds"),
        ({"source": "vegetables"}, "drawn, flower_photos, mnist"),
    ],
)
def test_senseless_arguments_are_refused(arguments, said, tmp_path):
    with pytest.raises(ValueError, match=said):
        fruits(tmp_path / "fruits", **arguments)
    assert not (tmp_path / "fruits").exists()


def test_several_photos_at_once():
    together = photos(["camera", "coffee"], (30, 40))
    assert together.shape == (2, 30, 40, 3)
    assert together.dtype == np.float32
    np.testing.assert_array_equal(together[1], data.photo("coffee", (30, 40)))
    np.testing.assert_array_equal(together[0, :, :, 2], data.photo("camera", (30, 40)))
    everything = photos(size=24)
    assert everything.shape[1:] == (24, 24, 3)
    assert len(everything) == sum(data.photo(name).ndim == 3 for name in data.PHOTO_NAMES)


# ---------------------------------------------------------------- what has to be fetched, from a server of our own


class Server(BaseHTTPRequestHandler):
    """Sends files as the internet does: a part of one when asked, and now and then less than it promises."""

    files = {}  # noqa: RUF012 - the fixture puts a fresh one here
    asked = []  # noqa: RUF012
    cut_after = None

    def do_GET(self):
        content = self.files.get(self.path.lstrip("/"))
        if content is None:
            self.send_error(404)
            return
        wanted = self.headers.get("Range")
        type(self).asked.append(wanted)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        if start >= len(content):
            self.send_error(416)
            return
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.wfile.write(content[start : self.cut_after])
        type(self).cut_after = None

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch, tmp_path):
    Server.files, Server.asked, Server.cut_after = {}, [], None
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.delenv("CONVNETS_DATA", raising=False)
    running = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    Server.address = f"http://127.0.0.1:{running.server_port}"
    yield Server
    running.shutdown()
    running.server_close()
    thread.join()


@pytest.fixture
def flowers(server, monkeypatch):
    """An archive like that of the flowers, on the server."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        for name, count in (("daisy", 6), ("roses", 4), ("tulips", 2)):
            for number in range(count):
                image = io.BytesIO()
                Image.new("RGB", (9, 7), (20 * number, 40 * count, 90)).save(image, "JPEG")
                info = tarfile.TarInfo(f"flower_photos/{name}/{number}.jpg")
                info.size = len(image.getvalue())
                tar.addfile(info, io.BytesIO(image.getvalue()))
        note = b"by several photographers"
        info = tarfile.TarInfo("flower_photos/LICENSE.txt")
        info.size = len(note)
        tar.addfile(info, io.BytesIO(note))
    server.files["flower_photos.tgz"] = file.getvalue()
    address = f"{server.address}/flower_photos.tgz"
    monkeypatch.setattr(data, "_FLOWERS", (address, hashlib.sha256(file.getvalue()).hexdigest()))
    return server


def test_flowers_come_in_folders_and_are_fetched_once(flowers, tmp_path, capsys):
    folder = fruits(tmp_path / "all", count=None, source="flower_photos")
    assert {name: len(list((folder / name).iterdir())) for name in ("daisy", "roses", "tulips")} == {
        "daisy": 6, "roses": 4, "tulips": 2,
    }  # fmt: skip
    assert len(contents(folder)) == 12
    assert "Fetching http" in capsys.readouterr().out
    some = fruits(tmp_path / "some", count=6, classes=2, source="flower_photos")
    assert sorted(path.name for path in some.iterdir()) == ["daisy", "roses"]
    assert len(contents(some)) == 6
    assert contents(some).items() <= contents(folder).items()
    assert contents(fruits(tmp_path / "more", source="flower_photos")) == contents(folder)
    other = fruits(tmp_path / "other", count=6, classes=2, seed=1, source="flower_photos")
    assert contents(other) != contents(some)
    assert len(flowers.asked) == 1


def test_a_download_that_was_cut_off_goes_on(flowers, tmp_path):
    flowers.cut_after = 500
    with pytest.raises(ConnectionError, match="stopped after 500 of"):
        fruits(tmp_path / "flowers", source="flower_photos")
    assert not (tmp_path / "flowers").exists()
    fruits(tmp_path / "flowers", source="flower_photos")
    assert flowers.asked == [None, "bytes=500-"]
    assert len(contents(tmp_path / "flowers")) == 12


def test_a_download_that_was_complete_but_not_checked_is_used(flowers, tmp_path):
    part = tmp_path / "keras" / "datasets" / "flower_photos.tgz.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(flowers.files["flower_photos.tgz"])
    fruits(tmp_path / "flowers", source="flower_photos")
    assert not part.exists()


def test_another_file_is_refused_and_not_kept(flowers, tmp_path):
    flowers.files["flower_photos.tgz"] = b"something else"
    with pytest.raises(ValueError, match="not the file it should be"):
        fruits(tmp_path / "flowers", source="flower_photos")
    assert not list((tmp_path / "keras" / "datasets").iterdir())


def test_without_the_internet_the_message_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(data, "_FLOWERS", ("http://127.0.0.1:9/flower_photos.tgz", "0" * 64))
    with pytest.raises(ConnectionError, match=r'(?s)internet once.*source="drawn".*CONVNETS_DATA.*went wrong'):
        fruits(tmp_path / "flowers", source="flower_photos")


def test_a_ready_copy_comes_first(flowers, tmp_path, monkeypatch):
    ready = tmp_path / "ready"
    ready.mkdir()
    monkeypatch.setenv("CONVNETS_DATA", str(ready))
    assert ready_copy("flower_photos.tgz", "0" * 64) is None
    (ready / "flower_photos.tgz").write_bytes(flowers.files["flower_photos.tgz"])
    assert len(contents(fruits(tmp_path / "flowers", source="flower_photos"))) == 12
    assert flowers.asked == []
    (ready / "flower_photos.tgz").write_bytes(b"something else")
    with pytest.raises(ValueError, match="not the file it should be"):
        fruits(tmp_path / "more", source="flower_photos")


def test_digits_come_from_a_ready_copy_and_as_files(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    known = rng.integers(0, 256, (40, 28, 28)).astype(np.uint8), (np.arange(40) % 10).astype(np.uint8)
    unseen = rng.integers(0, 256, (20, 28, 28)).astype(np.uint8), (np.arange(20) % 10).astype(np.uint8)
    path = tmp_path / "mnist.npz"
    np.savez(path, x_train=known[0], y_train=known[1], x_test=unseen[0], y_test=unseen[1])
    monkeypatch.setenv("CONVNETS_DATA", str(tmp_path))
    monkeypatch.setattr(data, "_MNIST_SHA256", hashlib.sha256(path.read_bytes()).hexdigest())
    data._all_mnist.cache_clear()
    try:
        images, labels = digits(full=True)
        np.testing.assert_allclose(images[:40, ..., 0], known[0] / 255, rtol=1e-6)
        np.testing.assert_array_equal(labels[40:], unseen[1])
        folder = fruits(tmp_path / "digits", count=None, source="mnist")
    finally:
        data._all_mnist.cache_clear()
    assert sorted(path.name for path in folder.iterdir()) == list("0123456789")
    files = sorted((folder / "7").iterdir())
    assert len(files) == 6
    np.testing.assert_array_equal(np.asarray(Image.open(files[0])), known[0][7])


@pytest.mark.parametrize("status", [404])
def test_a_missing_file_is_no_traceback_of_the_librarys(server, status):
    with pytest.raises(ConnectionError, match=str(status)):
        fetch(f"{server.address}/nothing.tgz", "0" * 64, "Nothing else.")
