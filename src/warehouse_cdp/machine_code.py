"""Machine code of compiled loops, kept in files and put into memory without numba.

numba takes half a second to load before it looks for what it has cached. What it makes of our
loops are C functions that call nothing, so that LLVM (llvmlite, on which numba stands) can put
their object files into memory by itself, all of them in three hundredths of a second.

A file's name holds a hash of the loop, of the processor and of the versions it is made for; the
file itself begins with a hash of its content, so that one cut short is not run.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from threading import Lock, get_ident
from typing import Any, Final

import llvmlite.binding as llvm

_HASH_BYTES: Final = 32
_LOADING: Final = Lock()


def key_of(loop: str) -> str:
    """What names the machine code of a loop, of which ``loop`` tells all that it depends on."""
    return sha256(f"{loop}\n{_machine()}".encode()).hexdigest()[:24]


@cache
def _machine() -> str:
    made_by = [f"{name} {version(name)}" for name in ("numba", "llvmlite")]
    features = ""
    with suppress(RuntimeError):  # Not told on every processor.
        features = llvm.get_host_cpu_features().flatten()
    return "\n".join([*made_by, llvm.get_default_triple(), llvm.get_host_cpu_name(), features])


def kept(name: str, key: str, beside: Path) -> int | None:
    """Address of the C function in the file of that name and key, or None where there is none.

    Files are sought beside the module ``beside`` and in the cache folder of the user.
    """
    for folder in _folders(beside):
        try:
            content = (folder / f"{name}-{key}.o").read_bytes()
        except OSError:
            continue
        told = content[_HASH_BYTES:]
        if sha256(told).digest() == content[:_HASH_BYTES]:
            symbol, _, code = told.partition(b"\n")
            with _LOADING:
                engine = _engine()
                engine.add_object_file(llvm.ObjectFileRef.from_data(code))
                engine.finalize_object()
                return int(engine.get_function_address(symbol.decode())) or None
    return None


def keep(name: str, key: str, beside: Path, symbol: str, code: bytes) -> None:
    """Write an object file into the first folder in which one can write, if there is any.

    ``symbol`` is the name of the C function in it.
    """
    told = symbol.encode() + b"\n" + code
    for folder in _folders(beside):
        # Another process may write the same: whole files take each other's place.
        part = folder / f"{name}-{key}.{os.getpid()}-{get_ident()}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            part.write_bytes(sha256(told).digest() + told)
            part.replace(folder / f"{name}-{key}.o")
        except OSError:
            with suppress(OSError):
                part.unlink()
            continue
        return


def _folders(beside: Path) -> list[Path]:
    """Where machine code lies: NUMBA_CACHE_DIR alone, or beside the module and with the user."""
    named = os.environ.get("NUMBA_CACHE_DIR")
    if named:
        return [Path(named)]
    found = [beside.parent / "__pycache__"]
    try:
        of_user = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
        found.append(Path(of_user or Path.home() / ".cache") / "warehouse_cdp")
    except RuntimeError:  # No home is known.
        return found
    return found


@cache
def _engine() -> Any:  # noqa: ANN401 - llvmlite has no types
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine()
    return llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
