"""Loops made C functions by numba, which only who compiles imports: it takes half a second."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any, Final

import numba
import numpy as np
from numba.extending import lower_builtin, type_callable

from warehouse_cdp.matching.compiling import set_bits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_OPTIONS: Final[dict[str, Any]] = {"error_model": "numpy", "no_rewrites": True}


def c_function(
    function: Callable[..., Any], takes: Sequence[tuple[str, bool]], *, returns: bool
) -> tuple[Any, str, bytes | None]:
    """The C function, which has an address and must be kept, its symbol, and its object file.

    ``takes`` are NumPy's names of types, each with whether it is an array's. There is no object
    file if the loop calls functions of numba, which are not there without it.
    """
    given = []
    for name, is_array in takes:
        kind: Any = numba.from_dtype(np.dtype("u1" if name == "b1" else name))
        pointer: Any = numba.types.CPointer
        given.append(pointer(kind) if is_array else kind)
    signature = (numba.types.int64 if returns else numba.types.void)(*given)
    # What numba makes by the hundred thousand is all in use, and looking for garbage among it takes
    # a tenth of the time. Whichever of several threads ends last, the collector is on again.
    collects = gc.isenabled()
    gc.disable()
    try:
        made: Any = numba.cfunc(signature, **_OPTIONS)(function)
    finally:
        if collects:
            gc.enable()
    library = made._library  # noqa: SLF001 - numba's own cache reads it so
    declared = [line for line in library.get_llvm_str().splitlines() if line.startswith("declare")]
    calls_nothing = all("@llvm." in line for line in declared)
    code = library.serialize_using_object_code()[2][0] if calls_nothing else None
    return made, str(made.native_name), code


def _type_of_set_bits(context: Any) -> Any:  # noqa: ANN401, ARG001 - as numba calls it
    def of(word: object) -> object:
        return numba.types.int64 if word == numba.types.uint64 else None

    return of


def _one_instruction(context: object, builder: Any, signature: object, given: Any) -> object:  # noqa: ANN401, ARG001 - llvmlite's
    return builder.ctpop(given[0])


# Not as decorators, which numba leaves without types.
_typed: Any = type_callable
_lowered: Any = lower_builtin
_typed(set_bits)(_type_of_set_bits)
_lowered(set_bits, numba.types.uint64)(_one_instruction)
