"""Loops over arrays, compiled by numba when they first run, and free of the interpreter lock.

A kernel is compiled as a C function of addresses and numbers: numba's own arrays, with their
shapes, reference counts and wrappers for Python, take twice as long to compile and say nothing
that a loop needs. What a kernel takes is declared, so that it is compiled once and not again for
read-only arrays, other layouts or narrower integers.
"""

from __future__ import annotations

import ctypes
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import numba
import numpy as np
from numba.extending import intrinsic

if TYPE_CHECKING:
    from collections.abc import Callable

_SYMBOLS: Final = "symbol"
_NUMBERS: Final = {"i8": ctypes.c_int64, "u8": ctypes.c_uint64, "f8": ctypes.c_double}
_OPTIONS: Final[dict[str, Any]] = {"error_model": "numpy", "no_rewrites": True}


def compiled(takes: str, *, returns: bool = False) -> Callable[[Callable[..., Any]], Kernel]:
    """Make a loop a ``Kernel``, which takes what ``takes`` declares."""

    def declared(function: Callable[..., Any]) -> Kernel:
        return Kernel(function, takes, returns=returns)

    return declared


class Kernel:
    """A loop that is compiled at its first call.

    ``takes`` names each argument's type as NumPy does: ``i8``, ``u8`` or ``f8`` a number, ``i4[]``
    an array that is read, ``i4[w]`` one that is written into; ``symbol[]`` are the symbols of
    packed texts, ``u1`` or ``u4``, and the loop is compiled for those there are. The loop sees
    addresses: arrays of one dimension, however many they have, without a length. It gives back an
    integer if it ``returns``.
    """

    def __init__(self, function: Callable[..., Any], takes: str, *, returns: bool = False) -> None:
        """Declare the loop; nothing is compiled yet."""
        self.function, self.__doc__ = function, function.__doc__
        self._takes = [_declared(word) for word in takes.split()]
        self._returns = returns
        self._made: dict[str, tuple[object, Callable[..., Any]]] = {}
        self._lock = Lock()

    def __call__(self, *arguments: Any) -> Any:  # noqa: ANN401 - numbers and arrays as declared
        """Run the loop.

        An array to be read that has another layout, or integers of another width, is copied.

        Raises:
            TypeError: An array has values of another kind, or cannot be written into.
        """
        values, copies, symbols = [], [], ""
        for (name, dtype, is_written), argument in zip(self._takes, arguments, strict=True):
            if dtype is None:
                if name != _SYMBOLS:
                    values.append(argument)
                    continue
                symbols = argument.dtype.str[1:]
            array, flags = argument, argument.flags
            if not flags.c_contiguous or (dtype is not None and array.dtype != dtype):
                if is_written:
                    msg = f"{self.function.__name__} cannot write into an array but of {name}"
                    raise TypeError(msg)
                array = np.ascontiguousarray(array.astype(dtype, casting="same_kind"))
                copies.append(array)
            elif is_written and not flags.writeable:
                msg = f"{self.function.__name__} cannot write into a read-only array"
                raise TypeError(msg)
            values.append(array.__array_interface__["data"][0])
        made = self._made.get(symbols) or self.prepare(symbols)
        return made[1](*values)

    def prepare(self, symbols: str = "u1") -> tuple[object, Callable[..., Any]]:
        """Compile the loop or load it; ``symbols`` are the type of those that it takes, if any."""
        symbols = symbols if any(name == _SYMBOLS for name, _, _ in self._takes) else ""
        with self._lock:
            if symbols not in self._made:
                self._made[symbols] = self.compiled_for(symbols)
            return self._made[symbols]

    def compiled_for(self, symbols: str) -> tuple[object, Callable[..., Any]]:
        """The compiled loop, which has to be kept, and a Python function that calls it.

        numba caches beside the module, else in the user's cache folder (NUMBA_CACHE_DIR names
        another); where none can be written it raises, and compiling in memory must do.
        """
        given: list[numba.types.Type] = []
        passed: list[Any] = []
        for name, dtype, _ in self._takes:
            is_array = dtype is not None or name == _SYMBOLS
            kind = numba.from_dtype(np.dtype(symbols if name == _SYMBOLS else name))
            if kind == numba.types.boolean:
                kind = numba.types.uint8
            pointer: Any = numba.types.CPointer
            given.append(pointer(kind) if is_array else kind)
            passed.append(ctypes.c_void_p if is_array else _NUMBERS[name])
        signature = (numba.types.int64 if self._returns else numba.types.void)(*given)
        made: Any
        try:
            made = numba.cfunc(signature, cache=True, **_OPTIONS)(self.function)
        except (RuntimeError, OSError):
            made = numba.cfunc(signature, **_OPTIONS)(self.function)
        # ctypes lets go of the interpreter lock while it calls.
        call = ctypes.CFUNCTYPE(ctypes.c_int64 if self._returns else None, *passed)
        return made, call(made.address)


def _declared(word: str) -> tuple[str, np.dtype[Any] | None, bool]:
    """The name of an argument's type, the type of an array, and whether it is written into."""
    name, _, rest = word.partition("[")
    return name, np.dtype(name) if rest and name != _SYMBOLS else None, rest == "w]"


def _count(typing: object, word: object) -> object:  # noqa: ARG001 - as numba calls it
    """Count of the set bits of an unsigned integer of 64 bits, in one instruction."""

    def build(context: object, builder: Any, signature: object, given: Any) -> object:  # noqa: ANN401, ARG001 - llvmlite's
        return builder.ctpop(given[0])

    return numba.types.int64(numba.types.uint64), build


set_bits: Any = intrinsic(_count)
"""Count of the set bits of an unsigned integer of 64 bits; for compiled loops only."""
