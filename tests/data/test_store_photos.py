"""The real photos of fruits: from a folder of copies, from the internet, or drawn ones where the caller says so."""

import hashlib
import io
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from PIL import Image

from convnets.data import store_photos
from convnets.data.store_photos import Photo, fruit_photos, manifest

PATHS = [f"{part}/{name}/{name}_1.jpg" for part in ("train", "validation", "test") for name in ("apple", "kiwi")]


def jpeg(number, size):
    file = io.BytesIO()
    Image.fromarray(np.full((*size, 3), 40 * number, np.uint8)).save(file, "JPEG")
    return file.getvalue()


@pytest.fixture
def published(monkeypatch, tmp_path):
    """Six photos on a server of our own, nothing in the cache; what was asked for, and the server's files."""
    files = {f"{path.upper()}": jpeg(number, (348, 464)) for number, path in enumerate(PATHS)}
    asked = []

    class Files(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path[1:])
            content = files.get(self.path[1:])
            self.send_response(200 if content else 404)
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *args):
            pass

    known = {
        path: Photo(path.upper(), hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest(), "")
        for path, content in zip(PATHS, files.values(), strict=True)
    }
    server = ThreadingHTTPServer(("localhost", 0), Files)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.delenv("CONVNETS_DATA", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(store_photos, "HOME", f"http://localhost:{server.server_port}/")
    monkeypatch.setattr(store_photos, "manifest", lambda: known)
    yield asked, files
    server.shutdown()


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))


def test_manifest_names_1641_photos_in_three_parts_and_twelve_classes():
    paths = [path.split("/") for path in manifest()]
    counts = {part: sum(each[0] == part for each in paths) for part in store_photos.PARTS}
    assert counts == {"train": 792, "validation": 76, "test": 773}
    assert all(len({name for part, name, _ in paths if part == each}) == 12 for each in store_photos.PARTS)


def test_photos_are_fetched_once_made_smaller_and_kept(published, tmp_path):
    asked, _ = published
    folder = fruit_photos(tmp_path / "one")
    assert names(folder) == sorted(PATHS)
    with Image.open(folder / PATHS[0]) as image:
        assert image.size == (171, 128)
    assert len(asked) == 6
    assert names(fruit_photos(tmp_path / "two")) == sorted(PATHS)
    assert len(asked) == 6


def test_fetching_goes_on_where_it_broke_off(published, tmp_path, monkeypatch):
    asked, files = published
    monkeypatch.setattr(store_photos, "_AT_ONCE", 1)
    lost = files.pop(PATHS[3].upper())
    with pytest.raises(ConnectionError, match="goes on from there"):
        fruit_photos(tmp_path / "fruits")
    assert not (tmp_path / "fruits").exists()
    files[PATHS[3].upper()] = lost
    before = len(asked)
    assert names(fruit_photos(tmp_path / "fruits")) == sorted(PATHS)
    assert len(asked) - before <= 4


def test_another_photo_than_the_published_one_is_refused(published, tmp_path):
    _, files = published
    files[PATHS[2].upper()] = jpeg(5, (348, 348))
    with pytest.raises(ValueError, match="VALIDATION/APPLE"):
        fruit_photos(tmp_path / "fruits")


def test_drawn_fruits_come_only_where_the_caller_says_so(published, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(store_photos, "HOME", "http://localhost:9/")
    drawn = []
    monkeypatch.setattr(store_photos, "fruits", lambda folder, count, seed: drawn.append((folder.name, count)))
    with pytest.raises(ConnectionError, match="fallback=True"):
        fruit_photos(tmp_path / "fruits")
    assert drawn == []
    assert fruit_photos(tmp_path / "fruits", fallback=True) == tmp_path / "fruits"
    assert drawn == [("train", 400), ("validation", 40), ("test", 300)]
    assert "In their place: drawn fruits." in capsys.readouterr().out


def test_copies_are_taken_from_the_folder_that_is_named_and_checked(published, tmp_path, monkeypatch):
    asked, _ = published
    copies = tmp_path / "data" / "fruit-photos"
    known = {}
    for number, path in enumerate(PATHS):
        (copies / path).parent.mkdir(parents=True, exist_ok=True)
        (copies / path).write_bytes(jpeg(number, (128, 128)))
        known[path] = Photo("", "", hashlib.sha256((copies / path).read_bytes()).hexdigest())
    monkeypatch.setenv("CONVNETS_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(store_photos, "manifest", lambda: known)
    assert names(fruit_photos(tmp_path / "fruits")) == sorted(PATHS)
    assert asked == []
    (copies / PATHS[0]).write_bytes(jpeg(5, (128, 128)))
    (tmp_path / "fruits" / PATHS[0]).unlink()
    with pytest.raises(ValueError, match="SHA-256"):
        fruit_photos(tmp_path / "fruits")
