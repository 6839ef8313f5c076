from collections import namedtuple

import msgpack
import numpy as np
import pytest

from autograder.exam import codec
from autograder.exam.codec import CodecError, decode, encode
from convnets.checks.calls import same_plain
from convnets.checks.objects import Handle

PLAIN = [
    None,
    True,
    0,
    -(2**63),
    2**70,
    1.5,
    float("nan"),
    float("-inf"),
    1 + 2j,
    "текст",
    b"\x00\xff",
    [],
    [1, [2, (3, "x")]],
    (),
    ([1], (2,)),
    {"a": 1, 2: [None], True: "yes"},
    np.arange(6).reshape(2, 3),
    np.arange(6.0).reshape(3, 2).T,
    np.zeros((0, 3)),
    np.array(3.0),
    np.array([1, 2], ">f8"),
    np.array([np.nan, np.inf], np.float16),
    np.array([[True], [False]]),
    np.array([1j], np.complex64),
    np.array(["a", "bc"]),
]


@pytest.mark.parametrize("value", PLAIN, ids=repr)
def test_plain_data_comes_back_the_same(value):
    back = decode(encode(value))
    assert type(back) is type(value)
    assert same_plain(back, value) or value != value


def test_named_tuple_crosses_as_the_tuple_it_is():
    class Step(namedtuple("Step", "weights average")):
        def __iter__(self):
            return iter(["another"])

    assert decode(encode(Step([1.0], 2))) == ([1.0], 2)


@pytest.mark.parametrize("value", [np.float32(1.5), np.int8(-3), np.bool_(True), np.complex64(1j)], ids=repr)
def test_numpy_scalars_keep_their_type(value):
    back = decode(encode(value))
    assert back == value
    assert back.dtype == value.dtype


def test_bfloat16_crosses():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    array = np.array([1.5, -2], ml_dtypes.bfloat16)
    back = decode(encode(array))
    assert back.dtype == array.dtype
    assert (back == array).all()


def test_decoded_arrays_can_be_written_to():
    back = decode(encode(np.zeros(3)))
    back[0] = 1
    assert back[0] == 1


@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_lie_in_memory_as_they_did(order):
    array = np.asarray(np.arange(24).reshape(2, 3, 4), order=order)
    again = decode(encode(array))
    assert np.array_equal(again, array)
    assert again.flags.c_contiguous is (order == "C")
    assert again.flags.f_contiguous is (order == "F")


def test_random_generator_goes_on_where_it_was():
    rng = np.random.default_rng(7)
    rng.normal(size=3)
    assert decode(encode(rng)).normal() == rng.normal()


def test_lists_and_tuples_are_told_apart():
    assert decode(encode([(1, 2), [1, 2]])) == [(1, 2), [1, 2]]


def test_what_holds_itself_is_refused():
    loop = []
    loop.append(loop)
    with pytest.raises(CodecError, match="contains itself"):
        encode(loop)


def test_too_many_items_are_refused():
    with pytest.raises(CodecError, match="items"):
        encode([[0] * 1000] * 1001)


def test_too_many_bytes_are_refused(monkeypatch):
    monkeypatch.setattr(codec, "MAX_BYTES", 100)
    with pytest.raises(CodecError, match="limit"):
        encode(np.zeros(100))
    with pytest.raises(CodecError, match="limit"):
        encode("x" * 200)
    with pytest.raises(CodecError, match="limit"):
        decode(b"x" * 200)


def test_object_arrays_are_refused():
    with pytest.raises(CodecError, match="not plain data"):
        encode(np.array([object()]))


def test_dict_keys_that_are_objects_are_refused():
    with pytest.raises(CodecError, match="key"):
        encode({(1, 2): 3})


class Liar(list):
    def __len__(self):
        return 0

    def __eq__(self, other):
        return True

    __hash__ = None


class LyingArray(np.ndarray):
    def __eq__(self, other):
        return True

    __hash__ = None


@pytest.mark.parametrize(
    "value",
    [Liar([1]), np.zeros(2).view(LyingArray), np.matrix([[1]]), object(), len],
    ids=lambda value: type(value).__name__,
)
def test_anything_else_crosses_as_a_handle_only(value):
    kept = []
    data = encode([value], lambda thing: kept.append(thing) or 5)
    (back,) = decode(data)
    assert type(back) is Handle
    assert back.number == 5
    assert back.type_name == type(value).__name__
    assert kept == [value] if not isinstance(value, np.ndarray) else kept[0] is value


def test_without_a_keeper_an_object_is_refused():
    with pytest.raises(CodecError, match="not plain data"):
        encode(object())


def test_a_handle_is_exchanged_for_its_object():
    data = encode([Handle(3, "Model")])
    assert decode(data, lambda number, type_name: (number, type_name)) == [(3, "Model")]


def _extension(code, content):
    return msgpack.packb(msgpack.ExtType(code, msgpack.packb(content)))


HOSTILE = {
    "no msgpack": b"\xc1",
    "cut off": encode([1, 2, 3])[:-1],
    "more behind the end": encode(1) + b"\x00",
    "unknown extension": _extension(99, 1),
    "array of objects": _extension(1, ["|O8", [1], b"12345678"]),
    "array of voids": _extension(1, ["V8", [1], b"12345678"]),
    "structured array": _extension(1, [[["a", "<i4"]], [1], b"1234"]),
    "shape larger than bytes": _extension(1, ["<f8", [10**6], b"12345678"]),
    "negative shape": _extension(1, ["<f8", [-1, -1], b"12345678"]),
    "overflowing shape": _extension(1, ["<f8", [2**32, 2**32, 0], b""]),
    "shape of text": _extension(1, ["<f8", ["1"], b"12345678"]),
    "too many axes": _extension(1, ["<f8", [1] * 40, b"12345678"]),
    "tuple that is none": _extension(2, 5),
    "handle of text": _extension(5, ["1", "Model"]),
    "generator of nonsense": _extension(4, {"bit_generator": "PCG64", "state": 1}),
    "huge announced list": b"\xdd\xff\xff\xff\xff",
    "number of nonsense": _extension(6, "not a number"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_raise_one_kind_of_error(name):
    with pytest.raises(CodecError):
        decode(HOSTILE[name])


def test_nesting_bombs_are_refused():
    data = msgpack.packb(1)
    for _ in range(50):
        data = msgpack.packb(msgpack.ExtType(2, data))
    with pytest.raises(CodecError):
        decode(data)
    with pytest.raises(CodecError):
        decode(b"\x91" * 100_000 + b"\x00")


def test_halves_of_characters_are_mended():
    assert decode(encode({"\ud83d": ["\ud83d\ude00"]})) == {"\ufffd": ["\U0001f600"]}


def test_items_are_counted_while_a_message_is_read():
    many = msgpack.packb([[[]] * 1000] * 2000)
    with pytest.raises(CodecError, match="more than"):
        decode(many)
