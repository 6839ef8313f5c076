"""Plain data as bytes: what crosses between the learner's process and the examiner's.

Numbers, strings, arrays and the containers that hold them cross as values. Everything else (a Keras model, a
generator, an instance of a learner's class) stays where it is and crosses as a `Handle`: its type's name and a number.
Nothing is ever unpickled, so decoding hostile bytes can only fail, not run code.
"""

import math
import re

import msgpack
import numpy as np

from convnets.checks.objects import Handle

MAX_BYTES = 64 * 2**20  # one message
MAX_DEPTH = 20
MAX_ITEMS = 1_000_000

_ARRAY, _TUPLE, _SCALAR, _GENERATOR, _HANDLE, _BIG_INT, _COMPLEX = range(1, 8)
_DTYPE = re.compile(r"[<>|](b1|[iu][1248]|f[248]|c8|c16|U\d{1,6}|S\d{1,6})")


class CodecError(ValueError):
    """A value cannot cross, or bytes are not what `encode` writes; the message says why."""


def encode(value, keep=None):
    """Turn a value into bytes.

    Parameters
    ----------
    value : object
    keep : callable, optional
        ``keep(object) -> int`` puts an object that cannot cross aside and numbers it. Without it such an object is
        refused.

    Returns
    -------
    bytes

    Raises
    ------
    CodecError
        When the value is too large, nested too deep (or in itself), holds objects in an array, or cannot cross.

    Examples
    --------
    >>> import numpy as np
    >>> from autograder.exam.codec import decode, encode
    >>> decode(encode((1, [2.5, None], {"a": np.arange(3)})))
    (1, [2.5, None], {'a': array([0, 1, 2])})
    """
    budget = [MAX_ITEMS]
    try:
        packed = msgpack.packb(_plain(value, keep, MAX_DEPTH, budget), use_bin_type=True)
    except (ValueError, OverflowError, TypeError) as error:
        raise error if isinstance(error, CodecError) else CodecError(f"the value cannot be written: {error}") from None
    if len(packed) > MAX_BYTES:
        raise CodecError(f"the value takes {len(packed):,} bytes; {MAX_BYTES:,} is the limit")
    return packed


def mended(text):
    """Join the halves of characters that Python's strings may hold, and replace those that have no other half.

    JSON may hold half an emoji, UTF-8 may not.
    """
    return text if text.isascii() else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _extension(code, content):
    return msgpack.ExtType(code, msgpack.packb(content, use_bin_type=True))


def _plain(value, keep, depth, budget):
    budget[0] -= 1
    if depth < 0:
        raise CodecError(f"the value is nested more than {MAX_DEPTH} deep, or contains itself")
    if budget[0] < 0:
        raise CodecError(f"the value has more than {MAX_ITEMS:,} items")
    kind = type(value)  # exact types: a subclass can lie about its length and its elements
    if kind in _BARE:
        return _BARE[kind](value)
    if kind in (list, tuple):
        items = [_plain(item, keep, depth - 1, budget) for item in value]
        return items if kind is list else _extension(_TUPLE, items)
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):  # a named tuple is compared as the tuple it is
        return _extension(_TUPLE, [_plain(item, keep, depth - 1, budget) for item in tuple.__iter__(value)])
    if kind is dict:
        return {_key(key): _plain(item, keep, depth - 1, budget) for key, item in value.items()}
    if isinstance(value, np.generic) and kind.__module__.partition(".")[0] in ("numpy", "ml_dtypes"):
        return _extension(_SCALAR, [_dtype_name(value.dtype), value.tobytes()])
    if kind is np.random.Generator and type(value.bit_generator) is np.random.PCG64:
        return _extension(_GENERATOR, _plain(value.bit_generator.state, None, 4, budget))
    if isinstance(value, Handle):
        return _extension(_HANDLE, [value.number, value.type_name])
    if keep is None:
        raise CodecError(f"an object of type {kind.__name__} is not plain data")
    return _extension(_HANDLE, [keep(value), kind.__name__[:100]])


def _key(key):
    if type(key) not in (str, int, bool, float, type(None)):
        raise CodecError(f"a dict's key is of type {type(key).__name__}; text and numbers can cross")
    return mended(key) if type(key) is str else key


def _whole(number):
    if -(2**63) <= number < 2**63:
        return number
    if number.bit_length() > 4096:
        raise CodecError("the whole number has more than 4,096 bits")
    return _extension(_BIG_INT, hex(number))


def _complex(number):
    return _extension(_COMPLEX, [number.real, number.imag])


def _array(array):
    if array.nbytes > MAX_BYTES:
        raise CodecError(f"the array takes {array.nbytes:,} bytes; {MAX_BYTES:,} is the limit")
    by_columns = array.flags.f_contiguous and not array.flags.c_contiguous
    raw = array.tobytes("F" if by_columns else "C")
    return _extension(_ARRAY, [_dtype_name(array.dtype), list(array.shape), raw, by_columns])


def _as_it_is(value):
    return value


_BARE = {
    **dict.fromkeys((bool, float, bytes, type(None)), _as_it_is),
    str: mended, int: _whole, complex: _complex, np.ndarray: _array,
}  # fmt: skip


def _dtype_name(dtype):
    if dtype.name == "bfloat16":
        return "bfloat16"
    if not _DTYPE.fullmatch(dtype.str):
        raise CodecError(f"an array of dtype {dtype} is not plain data")
    return dtype.str


def decode(data, fetch=None):
    """Turn bytes back into the value.

    Parameters
    ----------
    data : bytes
        May come from a hostile process.
    fetch : callable, optional
        ``fetch(number, type_name) -> object`` gives what a handle stands for. Without it handles stay `Handle`
        objects.

    Returns
    -------
    object
        Arrays are fresh and writable.

    Raises
    ------
    CodecError
        When the bytes are not what `encode` writes.
    """
    if len(data) > MAX_BYTES:
        raise CodecError(f"the message has {len(data):,} bytes; {MAX_BYTES:,} is the limit")
    return _unpack(data, fetch or Handle, MAX_DEPTH, [MAX_ITEMS])


def _unpack(data, fetch, depth, budget):
    if depth < 0:
        raise CodecError(f"the message is nested more than {MAX_DEPTH} deep")

    def count(items):
        budget[0] -= 1 + len(items)  # sixty million empty lists are 57 MB here and 4 GB in memory
        if budget[0] < 0:
            raise CodecError(f"the message has more than {MAX_ITEMS:,} items")
        return items

    def extension(code, content):
        if code not in _READERS:
            raise CodecError(f"the message has an extension of unknown kind {code}")
        return _READERS[code](_unpack(content, fetch, depth - 1, budget), fetch)

    try:
        return msgpack.unpackb(
            data,
            ext_hook=extension,
            list_hook=count,
            object_hook=count,
            strict_map_key=False,
            raw=False,
            max_array_len=MAX_ITEMS,
            max_map_len=MAX_ITEMS,
        )
    except CodecError:
        raise
    except Exception as error:  # whatever hostile bytes provoke
        raise CodecError(f"the message cannot be read ({type(error).__name__})") from None


def _read_tuple(content, _fetch):
    if type(content) is not list:
        raise CodecError("a tuple is not one")
    return tuple(content)


def _read_array(content, _fetch):
    name, shape, raw, by_columns = content
    dtype = _dtype(name)
    if len(shape) > 32 or not all(type(side) is int and 0 <= side <= MAX_BYTES for side in shape):
        raise CodecError("an array's shape is not one")
    if math.prod(shape) * dtype.itemsize != len(raw):
        raise CodecError("an array's shape and bytes do not belong together")
    return np.frombuffer(bytearray(raw), dtype).reshape(shape, order="F" if by_columns is True else "C")


def _read_scalar(content, _fetch):
    name, raw = content
    return np.frombuffer(raw, _dtype(name), count=1)[0]


def _read_generator(content, _fetch):
    bits = np.random.PCG64()
    bits.state = content
    return np.random.Generator(bits)


def _read_handle(content, fetch):
    number, type_name = content
    if type(number) is not int or type(type_name) is not str:
        raise CodecError("a handle is not one")
    return fetch(number, type_name[:100])


_READERS = {
    _TUPLE: _read_tuple,
    _ARRAY: _read_array,
    _SCALAR: _read_scalar,
    _GENERATOR: _read_generator,
    _HANDLE: _read_handle,
    _BIG_INT: lambda content, _fetch: int(content, 16),
    _COMPLEX: lambda content, _fetch: complex(*content),
}


def _dtype(name):
    if name == "bfloat16":
        import ml_dtypes

        return np.dtype(ml_dtypes.bfloat16)
    if type(name) is not str or not _DTYPE.fullmatch(name):
        raise CodecError("an array's dtype is not plain")
    return np.dtype(name)
