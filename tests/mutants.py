"""Do the tests notice when deepgrad is wrong? `make mutants` breaks it, one place at a time. Prints, asserts nothing.

mutmut swaps a sign, a comparison, a number or an argument of a copy and runs the tests that reach it. What errors say is left
alone (pyproject.toml), and so is what stands outside of functions. It forks from a process that has imported deepgrad, where
what runs at import has run already: each mutant that survives gets a second look from its module's tests, in a process of
its own.
"""

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(".cache/mutants")
PROCESSES = int(os.environ.get("MUTANTS_PROCESSES", os.cpu_count() or 1))
SELECTED = tomllib.loads(Path("pyproject.toml").read_text())["tool"]["mutmut"]["pytest_add_cli_args_test_selection"]
ENV = os.environ | {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": "", "HYPOTHESIS_PROFILE": "mutants"}


def main() -> None:
    shutil.rmtree(HERE, ignore_errors=True)
    for source, copy in (("code/deepgrad", "deepgrad"), ("tests/deepgrad", "tests/deepgrad")):
        shutil.copytree(source, HERE / copy, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (HERE / "deepgrad").rglob("*.py"):
        path.write_text(ast.unparse(Plain().visit(ast.parse(path.read_text("utf-8")))), "utf-8")
    for file in ("tests/strategies.py", "pyproject.toml"):
        shutil.copy(file, HERE / file)
    mutmut("run", f"--max-children={PROCESSES}", stdout=None)
    verdicts = dict(line.strip().split(": ") for line in mutmut("results", "--all=true").splitlines())
    left = [name for name, verdict in verdicts.items() if verdict not in ("killed", "timeout")]
    with ThreadPoolExecutor(PROCESSES) as pool:
        left = [name for name, alive in zip(left, pool.map(survives, left), strict=True) if alive]

    for name in left:
        print(*(line for line in mutmut("show", name).splitlines() if line[:1] in "#+-"), sep="\n")
    total, alive = Counter(map(module, verdicts)), Counter(map(module, left))
    print(f"\n{'module':32}mutants  killed  survive")
    for name in sorted(total):
        print(f"{name:32}{total[name]:7}{total[name] - alive[name]:8}{alive[name]:9}")
    killed = total.total() - alive.total()
    print(f"{'all':32}{total.total():7}{killed:8}{alive.total():9}   {killed / total.total():.1%} killed")


class Plain(ast.NodeTransformer):
    """The same program as mutmut should see it: f = decorator(f) for each decorator, since it passes over decorated
    functions; texts named at the top, and zip without strict=True, since no change there would make a number wrong.
    """

    def visit_Module(self, node: ast.Module) -> ast.Module:
        self.texts: dict[str, str] = {}
        self.generic_visit(node)
        node.body[1:1] = [ast.parse(f"{name} = {text!r}").body[0] for text, name in self.texts.items()]
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.Expr:
        return node if isinstance(node.value, ast.Constant) else self.generic_visit(node)  # a docstring

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.JoinedStr:
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if not isinstance(node.value, str):
            return node
        return ast.Name(self.texts.setdefault(node.value, f"_TEXT_{len(self.texts)}"), ast.Load())

    def visit_FunctionDef(self, node: ast.FunctionDef) -> list[ast.stmt]:
        self.generic_visit(node)
        decorators, node.decorator_list = node.decorator_list, []
        function: ast.expr = ast.Name(node.name, ast.Load())
        for decorator in reversed(decorators):
            function = ast.Call(decorator, [function], [])
        assign = ast.Assign([ast.Name(node.name, ast.Store())], function)
        return [node, ast.copy_location(assign, node)] if decorators else [node]

    def visit_keyword(self, node: ast.keyword) -> ast.keyword | None:
        self.generic_visit(node)
        return None if node.arg == "strict" else node


def mutmut(*args: str, stdout: int | None = subprocess.PIPE) -> str:
    command = [sys.executable, "-m", "mutmut", *args]
    return subprocess.run(command, cwd=HERE, env=ENV, stdout=stdout, text=True, check=True).stdout or ""


def survives(mutant: str) -> bool:
    """Whether the module's own tests pass with the mutant in place from the first import on."""
    own = HERE / f"tests/deepgrad/test_{module(mutant).rpartition('.')[2]}.py"
    selected = [f"tests/deepgrad/{own.name}"] if own.exists() else SELECTED
    command = [sys.executable, "-m", "pytest", "-xq", "-p", "no:randomly", "-p", "no:cacheprovider", *selected]
    env = ENV | {"MUTANT_UNDER_TEST": mutant}
    try:
        return not subprocess.run(command, cwd=HERE / "mutants", env=env, capture_output=True, timeout=600).returncode
    except subprocess.TimeoutExpired:
        return False


def module(mutant: str) -> str:
    """deepgrad.layers.dense.x_affine__mutmut_3 belongs to deepgrad.layers.dense."""
    return mutant.rpartition(".")[0]


if __name__ == "__main__":
    main()
