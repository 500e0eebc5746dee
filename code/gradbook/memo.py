"""Results on disk, under a key that changes whenever the answer could.

The key of a call covers every definition in `code/` that the function can reach, through names in its own file and through
imports into others, its arguments, the lock, Python's version and the arithmetic. Editing a `draw` therefore leaves the measurement beside
it alone, editing `adam` those that train with `sgd`, and editing anything a measurement stands on makes it new.
(joblib.Memory keys a result by the function's own source only and would go stale.)
"""

import ast
import hashlib
import importlib.util
import inspect
import os
import pickle
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import grimp

from gradbook import ARITHMETIC

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("GRADBOOK_CACHE", ROOT / ".cache"))
SHARED = Path("/dev/shm")
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
    """(True, value), or (False, None) where there is no whole file."""
    payload = whole(path)
    return (False, None) if payload is None else (True, pickle.loads(payload))


def whole(path: Path) -> bytes | None:
    """What `store` wrote, or None where there is no file or a damaged one, which is said on stderr and removed."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    digest, payload = content[:32], content[32:]
    if hashlib.sha256(payload).digest() == digest:
        return payload
    print(f"gradbook: {path.name} is damaged; making it again", file=sys.stderr)
    with suppress(OSError):
        path.unlink()
    return None


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
    except BaseException as error:
        os.unlink(name)
        if isinstance(error, OSError) and error.errno:  # a full disk does not say which file it refused
            error.filename = error.filename or str(path)
        raise


def drop_leftovers() -> None:
    """Remove what killed processes left half written, an hour ago or more: nobody can still be writing it."""
    sockets = Path(tempfile.gettempdir()).glob("gradbook-*")
    for path in [*CACHE.rglob(".*.*"), *sockets, *(path for path in SHARED.glob("*") if is_orphaned(path))]:
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > 3600:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def is_orphaned(path: Path) -> bool:
    """Whether joblib left this in shared memory for workers of a process that is gone."""
    found = re.match(r"(?:sem\.loky-|joblib_memmapping_folder_)(\d+)[-_]", path.name)
    return found is not None and not Path("/proc", found[1]).exists()


@cache
def lock() -> str:
    file = ROOT / "requirements.lock"
    pinned = hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else "no lock"
    return f"{pinned} python {sys.version_info.major}.{sys.version_info.minor} on {ARITHMETIC}"


type Place = tuple[str, str]  # a module of `code/` and a name at its top, "" for all of it


@cache
def code_of(module: str, names: frozenset[str]) -> str:
    """A digest of all code that `names` in `module` can reach."""
    todo, seen, parts = [(module, name) for name in names], set[Place](), set[str]()
    while todo:
        place = todo.pop()
        if place not in seen:
            seen.add(place)
            own, further = definition(*place)
            parts |= {f"{place[0]}\n{text}" for text in own}
            todo += further
    return hashlib.sha256("\0".join(sorted(parts)).encode()).hexdigest()


@cache
def definition(module: str, name: str) -> tuple[list[str], set[Place]]:
    return reachable(parsed(source(module)), [name] if name else None)


def code_behind(imported: Iterable[str]) -> str:
    """A digest of these modules of `code/` and of all they import (grimp knows): for what depends on their very lines."""
    modules = set[str]()
    for name in imported:
        modules |= {name} | graph().find_upstream_modules(name)
    parts = [f"{name}\n{source(name)}" for name in sorted(modules)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def reachable(tree: ast.Module, names: Iterable[str] | None) -> tuple[list[str], set[Place]]:
    """The statements of a module that `names` lead to (None: all names), as text, and what of `code/` these import.

    A statement at the top that defines nothing runs at import, whatever is imported: it always belongs to them.
    """
    defined: dict[str, list[ast.stmt]] = {}
    imports: dict[str, Place] = {}
    for statement in tree.body:
        match statement:
            case ast.FunctionDef() | ast.ClassDef():
                defined.setdefault(statement.name, []).append(statement)
            case ast.Import() | ast.ImportFrom():
                imports |= bound(statement)
            case ast.Expr(value=ast.Constant()) | ast.If(test=ast.Name(id="TYPE_CHECKING")):
                pass
            case _:
                stored = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
                for name in stored or {""}:
                    defined.setdefault(name, []).append(statement)
    todo = ["", *([*defined, *imports] if names is None else names)]
    seen, statements, found = set[str](), dict[str, None](), set[Place]()
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        if name in imports:
            found.add(imports[name])
        for statement in defined.get(name, []):
            statements[ast.unparse(statement)] = None
            for node in ast.walk(statement):
                if isinstance(node, ast.Name):
                    todo.append(node.id)
                elif isinstance(node, ast.Import | ast.ImportFrom):
                    found |= set(bound(node).values())
    return sorted(statements), {place for place in found if place[0].split(".")[0] in PACKAGES}


def bound(statement: ast.Import | ast.ImportFrom) -> dict[str, Place]:
    """The names that an import gives, and what they stand for."""
    if isinstance(statement, ast.Import):
        return {alias.asname or alias.name.split(".")[0]: (alias.name, "") for alias in statement.names}
    origin = statement.module or ""
    return {alias.asname or alias.name: origin_of(origin, alias.name) for alias in statement.names}


def origin_of(module: str, name: str) -> Place:
    """What `from module import name` really reads: a module may pass on what another defines."""
    if module.split(".")[0] not in PACKAGES:
        return module, name
    for statement in parsed(source(module)).body:
        if isinstance(statement, ast.ImportFrom) and statement.module != module:
            for alias in statement.names:
                if name == (alias.asname or alias.name):
                    return origin_of(statement.module or "", alias.name)
    if is_module(f"{module}.{name}"):
        return f"{module}.{name}", ""
    return module, "" if name == "*" else name


def is_module(name: str) -> bool:
    return name.split(".")[0] in PACKAGES and name in graph().modules


@cache
def parsed(text: str) -> ast.Module:
    return ast.parse(text)


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
