"""Folders of images and what is loaded from them, in this process and in a learner's."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from autograder.exam.learner import Proxy
from convnets import CheckFailed, check_equal, check_raises, check_unchanged
from convnets.checks.calls import perform
from convnets.checks.draws import call, drawn_inputs
from convnets.checks.folders.folder import Folder, holds
from convnets.checks.folders.hidden import find_fault, find_fault_of_order, first_of, loadings
from convnets.checks.folders.visible import items
from convnets.checks.objects import loader_facts, passes, take

LEARNERS_CODE = """
import os
import numpy as np
from PIL import Image

def names(directory):
    return sorted(os.path.join(directory, name) for name in os.listdir(directory))

def whole(directory):
    return directory

def echo(paths):
    return {path: len(paths) for path in paths}

def spoils(directory):
    path = os.path.join(directory, "cat", "0.png")
    os.remove(path)
    os.symlink("/dev/zero", path)

def opens(directory):
    Image.open(os.path.join(directory, "cat", "none.png"))

def reads(directory):
    yield Image.open(os.path.join(directory, "cat", "0.png"))

def adds(directory):
    open(os.path.join(directory, "new.txt"), "w").close()

def links(directory, target):
    os.rename(directory, "away")
    os.symlink(target, directory)

def pops(paths):
    paths.pop()

def sizes(paths):
    for path in paths:
        with Image.open(path) as image:
            yield np.array(image.convert("RGB"), dtype=float), image.size

def shuffles(paths, labels):
    np.random.default_rng(0).shuffle(paths)
    yield labels[:1].copy()

def lends(paths, labels):
    yield labels[:1]

def refills(paths, labels):
    room = np.zeros(2)
    for label in labels:
        room[:] = label
        yield room

def flows(directory, target_size, batch_size, validation_split, seed):
    from tensorflow.keras.preprocessing.image import ImageDataGenerator
    generator = ImageDataGenerator(rescale=1 / 255, validation_split=validation_split)
    return tuple(generator.flow_from_directory(directory, target_size=target_size, batch_size=batch_size,
        class_mode="sparse", seed=seed, subset=subset) for subset in ("training", "validation"))

def datasets(directory, target_size, batch_size, validation_split, seed):
    import keras
    pair = keras.utils.image_dataset_from_directory(directory, image_size=target_size, batch_size=batch_size,
        validation_split=validation_split, seed=seed, subset="both", verbose=False)
    return tuple(part.map(lambda images, labels: (images / 255, labels)).prefetch(1) for part in pair)

def unscaled(directory, *rest):
    return tuple(part.map(lambda images, labels: (images * 255, labels)).prefetch(1)
        for part in datasets(directory, *rest))

def in_order(directory, target_size, batch_size, validation_split, seed):
    import keras
    pair = keras.utils.image_dataset_from_directory(directory, image_size=target_size, batch_size=batch_size,
        validation_split=validation_split, shuffle=False, subset="both", verbose=False)
    return tuple(part.map(lambda images, labels: (images / 255, labels)).prefetch(1) for part in pair)

def not_prefetched(directory, *rest):
    return tuple(part.map(lambda images, labels: (images, labels)) for part in datasets(directory, *rest))

def swapped(directory, *rest):
    train, validation = datasets(directory, *rest)
    return validation.cache(), train

def mixed(directory, target_size, batch_size, validation_split, seed):
    import keras
    data = keras.utils.image_dataset_from_directory(directory, image_size=target_size, batch_size=None, seed=seed)
    data = data.map(lambda image, label: (image / 255, label))
    return tuple(part.batch(batch_size).prefetch(1) for part in (data.skip(5), data.take(5)))

def drops(directory, *rest):
    return tuple(part.unbatch().batch(rest[1], drop_remainder=True).prefetch(1) for part in datasets(directory, *rest))

def wrong(directory, *rest):
    train, validation = datasets(directory, *rest)
    return train, train

def threads():
    import multiprocessing.pool
    with multiprocessing.pool.ThreadPool(3) as pool:
        return pool.map(abs, [1, -2, 3])
"""

FOLDER = Folder({"cat": 3, "dog": ["b.PNG", "a.jpg", "notes.txt"], "": ["README.md"]})


def test_a_folder_is_what_it_says(tmp_path):
    directory = FOLDER.write(tmp_path / "pets")
    assert sorted(path.name for path in Path(directory).iterdir()) == ["README.md", "cat", "dog"]
    assert FOLDER.labels == {"cat/0.png": 0, "cat/1.png": 0, "cat/2.png": 0, "dog/a.jpg": 1, "dog/b.PNG": 1}
    sizes = set()
    for path in FOLDER.labels:
        with Image.open(tmp_path / "pets" / path) as image:
            assert FOLDER.which(np.asarray(image)) == path
            assert FOLDER.which(np.asarray(image.resize((3, 2)))) == path
            sizes.add(image.size)
    assert len(sizes) > 3
    assert FOLDER.which(np.zeros((4, 4, 3))) is None
    assert repr(FOLDER) == "Folder({'cat': 3, 'dog': ['b.PNG', 'a.jpg', 'notes.txt'], '': ['README.md']})"


@pytest.mark.parametrize("mode", ["L", "RGBA", "P"])
def test_other_modes_keep_their_colours(mode, tmp_path):
    folder = Folder({"a": 2, "b": 3}, mode=mode)
    directory = Path(folder.write(tmp_path))
    for path in folder.labels:
        with Image.open(directory / path) as image:
            assert image.mode == mode
            assert folder.which(np.asarray(image.convert("RGB"))) == path


def test_colours_of_many_images_differ():
    folder = Folder({"a": 300, "b": 120, "c": 2})
    assert len({tuple(colour) for colour in folder.colours.values()}) == 422
    assert max(colour.max() for colour in folder.colours.values()) <= 255


def test_marked_images_show_when_they_are_flipped(tmp_path):
    folder = Folder({"a": 1}, size=(6, 8), marked=True)
    image = np.asarray(Image.open(Path(folder.write(tmp_path), "a", "0.png")))
    assert (image[:3, :4] == 255).all()
    assert folder.which(image) == "a/0.png"
    assert folder.which(image[::-1, ::-1]) is None


def test_results_do_not_name_the_place(function):
    expected = ["folder/README.md", "folder/cat", "folder/dog"]
    outcome = perform(function("names"), (FOLDER,))
    assert (outcome.error, outcome.value, outcome.changed) == (None, expected, {})
    assert perform(function("whole"), (FOLDER,)).value == "folder"
    chosen = FOLDER.choose("dog/a.jpg", "cat/2.png")
    assert perform(function("echo"), (chosen,)).value == {"folder/dog/a.jpg": 2, "folder/cat/2.png": 2}
    with pytest.raises(CheckFailed, match=r"echo\(Folder\(.*\.choose\('dog/a.jpg', 'cat/2.png'\)\)"):
        check_equal(function("echo"), chosen, expected={})


@pytest.mark.parametrize(("name", "missing"), [("opens", "cat/none.png"), ("reads", "cat/0.png")])
def test_errors_do_not_name_the_place(learner, name, missing):
    with pytest.raises(FileNotFoundError) as failed:
        check_equal(items(Proxy(learner, name)), Folder({"cat": 0}), expected=[])
    assert f"'folder/{missing}'" in str(failed.value)


@pytest.mark.parametrize("name", ["spoils", "adds"])
def test_changed_files_are_noticed_and_the_next_call_gets_them_whole(function, name):
    folder = Folder({"cat": 2})
    for _ in range(2):
        outcome = perform(function(name), (folder,))
        assert outcome.error is None
        assert list(outcome.changed) == [0]
    assert perform(function("names"), (folder,)).value == ["folder/cat"]


def test_changed_list_of_paths_is_noticed(function):
    assert list(perform(function("pops"), (FOLDER.paths,)).changed) == [0]
    assert not perform(function("echo"), (FOLDER.paths,)).changed


def test_items_of_a_generator(function):
    taken = items(function("sizes"))(FOLDER.paths)
    assert [FOLDER.which(image) for image, _size in taken] == list(FOLDER.labels)
    broken = Folder({"cat": 3}, broken=["cat/2.png"])
    assert len(first_of(function("sizes"), 2)(broken.paths)) == 2
    check_raises(items(function("sizes")), broken.paths, error=OSError)


@pytest.mark.parametrize(
    ("name", "changed", "shares", "reused"),
    [("shuffles", [0], [], False), ("lends", [], [1], False), ("refills", [], [], True), ("sizes", [], [], False)],
)
def test_arguments_of_a_generator_are_looked_at_again_when_items_were_taken(function, name, changed, shares, reused):
    arguments = (FOLDER.paths,) if name == "sizes" else (FOLDER.paths, np.arange(5))
    outcome = perform(items(function(name)), arguments)
    assert outcome.error is None
    assert (list(outcome.changed), outcome.shares, outcome.reused) == (changed, shares, reused)
    if changed:
        with pytest.raises(CheckFailed, match="The call changed its argument 1"):
            check_unchanged(items(function(name)), *arguments)


@pytest.mark.parametrize(("name", "kind"), [("flows", "flow"), ("datasets", "dataset")])
def test_loaders_that_are_right(function, here, name, kind):
    folder = Folder({"a": 9, "b": 12, "c": 10})
    arguments = call(folder, (4, 5), 4, 0.3, 7)
    assert find_fault(function(name), here[name], arguments, kind) is None
    assert find_fault_of_order(function(name), arguments, kind) is None
    train, _validation = perform(function(name), *arguments).value
    facts = loader_facts(train)
    assert facts["kind"] == kind
    assert facts["length"] == len(passes(train, 1)[0])
    if kind == "flow":
        assert facts["classes"] == {"a": 0, "b": 1, "c": 2}
    else:
        assert facts["steps"][:2] == ["PrefetchDataset", "MapDataset"]
    assert take(train, 1)[0][0].shape == (4, 4, 5, 3)


def test_loaders_that_are_wrong(function, here):
    arguments = call(Folder({"a": 9, "b": 9}), (4, 5), 4, 0.3, 7)
    assert find_fault(function("wrong"), here["datasets"], arguments, "dataset")[0] == "overlap of 13 and 13"
    assert find_fault(function("mixed"), here["datasets"], arguments, "dataset")[0] == "train changes 13"
    assert find_fault(function("drops"), here["datasets"], arguments, "dataset")[0] == "train changes 12"
    assert find_fault(function("flows"), here["datasets"], arguments, "dataset")[0] == "kind flow"
    assert find_fault(function("names"), here["flows"], arguments, "flow")[0].startswith("error TypeError")


def test_order_of_loaders_is_judged_apart_from_what_they_hold(function, here):
    """What is wrong with the values costs nothing of the order, and the other way round."""
    arguments = call(Folder({"a": 9, "b": 9}), (4, 5), 4, 0.3, 7)
    assert find_fault(function("unscaled"), here["datasets"], arguments, "dataset")[0] == "train values 0-255"
    assert find_fault_of_order(function("unscaled"), arguments, "dataset") is None
    assert find_fault(function("in_order"), here["datasets"], arguments, "dataset") is None
    assert find_fault_of_order(function("in_order"), arguments, "dataset")[0] == "not shuffled True False"
    assert find_fault_of_order(function("swapped"), arguments, "dataset")[0] == "not shuffled False True"
    assert find_fault_of_order(function("flows"), arguments, "dataset")[0] == "kind flow"
    assert find_fault_of_order(function("not_prefetched"), arguments, "dataset")[0] == "train prefetch"
    assert find_fault_of_order(function("names"), arguments, "flow")[0].startswith("error TypeError")


def test_some_images_have_to_be_made_larger():
    """Images are of one colour, so that a piece cut out looks like the whole made smaller."""
    sizes = [drawn.arguments[2] for drawn, _choices in drawn_inputs(loadings(), 40)]
    assert any(height > 7 or width > 10 for height, width in sizes)
    assert any(height < 5 and width < 7 for height, width in sizes)


def test_pools_of_threads_work_in_a_learners_process(learner):
    assert Proxy(learner, "threads")() == [1, 2, 3]


def test_links_lead_nowhere(learner, tmp_path):
    folder = Folder({"cat": 2})
    outcome = perform(Proxy(learner, "links"), (folder, str(tmp_path)))
    assert outcome.error is None
    assert list(outcome.changed) == [0]
    assert perform(Proxy(learner, "names"), (folder,)).value == ["folder/cat"]
    assert not list(tmp_path.iterdir())


def test_holds_does_not_wait_for_a_pipe(tmp_path):
    os.mkfifo(tmp_path / "a.png")
    assert not holds(tmp_path, {"a.png": b"x"})
    (tmp_path / "a.png").unlink()
    (tmp_path / "a.png").write_bytes(b"x")
    assert holds(tmp_path, {"a.png": b"x"})
    assert not holds(tmp_path, {"a.png": b"y"})
    assert not holds(tmp_path, {"a.png": b"x", "b.png": b"x"})
