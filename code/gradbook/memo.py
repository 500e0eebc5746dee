"""Results on disk, under a key that changes whenever the answer could.

The key of a call covers the definitions in its own file that the function can reach, every module in `code/` that those
definitions import (and what these import in turn: grimp knows), its arguments, the lock and Python's version. Editing a
`draw` therefore leaves the measurement beside it alone, and editing anything a measurement stands on makes it new.
(joblib.Memory keys a result by the function's own source only and would go stale.)
"""

import ast
import hashlib
import importlib.util
import inspect
import os
import pickle
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import grimp

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("GRADBOOK_CACHE", ROOT / ".cache"))
PACKAGES = ("gradbook", "deepgrad")


def recall[R](function: Callable[..., R], /, *, under: str = "", **arguments: Any) -> R:
    """`function(**arguments)`, from disk if it was ever computed by the same code; else computed and stored.

    `under` joins the key: what the arguments don't show but the result depends on.
    """
    path = where(key_of([function], arguments, under), function)
    found, value = load(path)
    if not found:
        value = function(**arguments)
        store(path, value)
    return value  # type: ignore[no-any-return]


def key_of(functions: Iterable[Callable[..., Any]], arguments: dict[str, Any], under: str = "") -> str:
    """The key of a call of the first function that also uses the others (all of one module)."""
    functions = list(functions)
    names = {f.__name__ for f in functions}
    module = functions[0].__module__
    parts = [code_of(module, frozenset(names)), repr(sorted(arguments.items())), under, lock()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


def where(key: str, function: Callable[..., Any]) -> Path:
    return CACHE / "memo" / f"{function.__module__.rsplit('.', 1)[-1]}-{function.__name__}-{key}.pickle"


def load(path: Path) -> tuple[bool, Any]:
    """(True, value), or (False, None) where there is no file or a damaged one, which is said on stderr."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return False, None
    digest, payload = content[:32], content[32:]
    if hashlib.sha256(payload).digest() != digest:
        print(f"gradbook: {path.name} is damaged; measuring it again", file=sys.stderr)
        return False, None
    return True, pickle.loads(payload)


def store(path: Path, value: Any) -> None:
    payload = pickle.dumps(value, protocol=5)
    write_whole(path, hashlib.sha256(payload).digest() + payload)


def write_whole(path: Path, content: bytes) -> None:
    """The file is there whole or not at all: written beside its place, then moved into it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def drop_leftovers() -> None:
    """Remove what killed processes left half written, an hour ago or more: nobody can still be writing it."""
    for path in CACHE.rglob(".*.*"):
        with suppress(OSError):
            if path.is_file() and time.time() - path.stat().st_mtime > 3600:
                path.unlink()


@cache
def lock() -> str:
    file = ROOT / "requirements.lock"
    pinned = hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else "no lock"
    return f"{pinned} python {sys.version_info.major}.{sys.version_info.minor}"


@cache
def code_of(module: str, names: frozenset[str]) -> str:
    """A digest of all code that `names` in `module` can reach."""
    tree = ast.parse(source(module))
    own, imported = reachable(tree, names)
    return hashlib.sha256("\0".join([*own, code_behind(imported)]).encode()).hexdigest()


def code_behind(imported: Iterable[str]) -> str:
    """A digest of these modules of `code/` and of all they import."""
    modules = set[str]()
    for name in imported:
        modules |= {name} | graph().find_upstream_modules(name)
    parts = [f"{name}\n{source(name)}" for name in sorted(modules)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def reachable(tree: ast.Module, names: Iterable[str]) -> tuple[list[str], set[str]]:
    """The statements at the top of a module that `names` lead to, as text, and the modules in `code/` these import."""
    defined: dict[str, ast.stmt] = {}
    imports: dict[str, str] = {}
    for statement in tree.body:
        match statement:
            case ast.FunctionDef() | ast.ClassDef():
                defined[statement.name] = statement
            case ast.ImportFrom(module=str(origin), names=aliases):
                for alias in aliases:
                    imports[alias.asname or alias.name] = origin_of(origin, alias.name)
            case ast.Import(names=aliases):
                for alias in aliases:
                    imports[alias.asname or alias.name.split(".")[0]] = alias.name
            case _:
                for node in ast.walk(statement):
                    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                        defined[node.id] = statement
    todo, seen, modules = list(names), set[str](), set[str]()
    while todo:
        name = todo.pop()
        if name in imports and imports[name].split(".")[0] in PACKAGES:
            modules.add(imports[name])
        if name in seen or name not in defined:
            continue
        seen.add(name)
        for node in ast.walk(defined[name]):
            if isinstance(node, ast.Name):
                todo.append(node.id)
            elif isinstance(node, ast.ImportFrom) and is_module(node.module or ""):
                modules.add(node.module or "")
    return [ast.unparse(defined[name]) for name in sorted(seen)], modules


def origin_of(module: str, name: str) -> str:
    """Which module `from module import name` really reads: a package may pass on what another module defines."""
    if module.split(".")[0] in PACKAGES:
        for statement in ast.parse(source(module)).body:
            if isinstance(statement, ast.ImportFrom) and statement.module:
                for alias in statement.names:
                    if name == (alias.asname or alias.name) and not is_module(f"{statement.module}.{name}"):
                        return origin_of(statement.module, alias.name)
    return f"{module}.{name}" if is_module(f"{module}.{name}") else module


def is_module(name: str) -> bool:
    return name.split(".")[0] in PACKAGES and name in graph().modules


@cache
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*PACKAGES, cache_dir=None)


@cache
def source(module: str) -> str:
    if (loaded := sys.modules.get(module)) is not None:
        return Path(inspect.getfile(loaded)).read_text(encoding="utf-8")
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ValueError(f"no source of module {module}")
    return Path(spec.origin).read_text(encoding="utf-8")
