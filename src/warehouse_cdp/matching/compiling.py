"""Loops over arrays, compiled by numba when they first run, and free of the interpreter lock.

A kernel is compiled as a C function of addresses and numbers: numba's own arrays, with their
shapes, reference counts and wrappers for Python, take twice as long to compile and say nothing
that a loop needs. What a kernel takes is declared, so that it is compiled once and not again for
read-only arrays, other layouts or narrower integers. Its machine code is kept
(``machine_code``), and numba not even loaded where it is found.
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from warehouse_cdp import machine_code

if TYPE_CHECKING:
    from collections.abc import Callable

_SYMBOLS: Final = "symbol"
_NUMBERS: Final = {"i8": ctypes.c_int64, "u8": ctypes.c_uint64, "f8": ctypes.c_double}


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
    integer if it ``returns``. ``was_compiled`` tells for which symbols this process compiled it.
    """

    def __init__(self, function: Callable[..., Any], takes: str, *, returns: bool = False) -> None:
        """Declare the loop; nothing is compiled yet."""
        self.function, self.__doc__ = function, function.__doc__
        self.was_compiled: set[str] = set()
        self._declared = takes
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
        """The compiled loop, which has to be kept, and a Python function that calls it."""
        takes = [
            (symbols if name == _SYMBOLS else name, dtype is not None or name == _SYMBOLS)
            for name, dtype, _ in self._takes
        ]
        name = f"{self.function.__module__.rpartition('.')[2]}.{self.function.__name__}"
        beside = Path(self.function.__code__.co_filename)
        key = machine_code.key_of(f"{self._declared} {symbols} {self._returns} {self.source()}")
        address, made = machine_code.kept(name, key, beside), None
        if address is None:
            from warehouse_cdp.matching.by_numba import c_function  # noqa: PLC0415 - slow to import

            made, symbol, code = c_function(self.function, takes, returns=self._returns)
            address = made.address
            self.was_compiled.add(symbols)
            if code is not None:
                machine_code.keep(name, key, beside, symbol, code)
        passed: list[Any] = [
            ctypes.c_void_p if is_array else _NUMBERS[kind] for kind, is_array in takes
        ]
        # ctypes lets go of the interpreter lock while it calls.
        call = ctypes.CFUNCTYPE(ctypes.c_int64 if self._returns else None, *passed)
        return made, call(address)

    def source(self) -> str:
        """All that the loop's machine code follows from: its bytecode and constants."""
        code, named = self.function.__code__, self.function.__globals__
        held = {name: named.get(name) for name in code.co_names}
        numbers = {
            name: (type(value).__name__, value.item() if isinstance(value, np.generic) else value)
            for name, value in held.items()
            if isinstance(value, (int, float, np.generic))
        }
        return repr((code.co_code, code.co_consts, code.co_names, code.co_varnames, numbers))


def _declared(word: str) -> tuple[str, np.dtype[Any] | None, bool]:
    """The name of an argument's type, the type of an array, and whether it is written into."""
    name, _, rest = word.partition("[")
    return name, np.dtype(name) if rest and name != _SYMBOLS else None, rest == "w]"


def set_bits(word: Any) -> int:  # noqa: ANN401 - NumPy's or numba's
    """Count of the set bits of an unsigned integer; in a kernel one instruction (``by_numba``)."""
    return int(word).bit_count()
