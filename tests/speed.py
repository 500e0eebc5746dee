"""Training steps a second, side by side: `make bench`. Prints, asserts nothing.

Every contender trains the same networks on the same numbers, in float32 with Adam, and has a process of its own. The
rounds go around: each contender once, then the next round; a ratio is the median over rounds of what stood side by side.
A machine with more cores is held to two. NumPy's matrix product runs on one thread or on two, whichever is faster for
the case, one thread a core: unpinned, the kernel may put both on one core, and a step takes up to twice as long.
"""

import os
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from itertools import pairwise
from multiprocessing import get_context
from statistics import median
from typing import NamedTuple

CORES = sorted(os.sched_getaffinity(0))[:2] if hasattr(os, "sched_getaffinity") else []
ROUNDS = 7


class Case(NamedTuple):
    name: str
    shape: tuple[int, ...]  # of one input
    batch: int
    steps: int  # in one round
    hidden: tuple[int, ...] = ()  # units of an MLP's hidden layers


CASES = [
    Case("MLP 64-128-128-10", (64,), 64, 1500, (128, 128)),
    Case("MLP 784-256-256-10", (784,), 128, 200, (256, 256)),
    Case("20 layers of width 100", (64,), 100, 200, (100,) * 19),
    Case("CNN, 16 and 32 filters", (1, 8, 8), 64, 100),
    Case("LSTM, 64 units, 40 steps", (40, 8), 64, 50),
]
CLASSES, ROWS = 10, 1792


def data(case):
    import numpy as np

    rng = np.random.default_rng(0)
    return rng.normal(size=(ROWS, *case.shape)).astype("float32"), rng.integers(0, CLASSES, ROWS)


def deepgrad_network(case):
    from deepgrad import LSTM, Activation, Conv2d, Dense, Flatten, LastStep, MaxPool, Network, he_normal, relu

    if case.name.startswith("CNN"):
        first = Conv2d(1, 16, 3, he_normal, padding=1)
        second = Conv2d(16, 32, 3, he_normal, padding=1)
        last = [MaxPool(2), Flatten(), Dense(512, CLASSES, he_normal)]
        return Network([first, Activation(relu), second, Activation(relu), *last])
    if case.name.startswith("LSTM"):
        return Network([LSTM(8, 64), LastStep(), Dense(64, CLASSES, he_normal)])
    sizes, layers = (*case.shape, *case.hidden), []
    for fan_in, fan_out in pairwise(sizes):
        layers += [Dense(fan_in, fan_out, he_normal), Activation(relu)]
    return Network([*layers, Dense(sizes[-1], CLASSES, he_normal)])


def by_deepgrad(case, threads):
    """Seconds for case.steps steps of `fit`."""
    import numpy as np

    from deepgrad import adam, fit

    pin()
    net, (x, labels) = deepgrad_network(case), data(case)
    theta, rng = net.init(np.random.default_rng(0)), np.random.default_rng(0)

    def run(steps):
        fit(net, theta, x, labels, rng=rng, optimizer=adam, steps=steps, batch_size=case.batch)

    return timed(run, case.steps, threads)


def by_sklearn(case, threads):
    """Seconds for case.steps steps of MLPClassifier, that is for as many epochs; None if it is no MLP."""
    if not case.hidden:
        return None
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    pin()
    warnings.simplefilter("ignore", ConvergenceWarning)  # a fixed number of epochs is meant
    x, labels = data(case)

    def run(steps):
        epochs = max(1, round(steps * case.batch / ROWS))
        options = {"alpha": 0, "tol": 0, "n_iter_no_change": epochs + 1, "random_state": 0}
        MLPClassifier(case.hidden, batch_size=case.batch, max_iter=epochs, **options).fit(x, labels)
        return epochs * -(-ROWS // case.batch)

    return timed(run, case.steps, threads)


@cache
def jax_steps(case):
    """run(steps): compiled once, by the first call."""
    import jax
    import jax.numpy as jnp
    import numpy as np

    net, (x, labels) = deepgrad_network(case), data(case)
    theta = jax.tree.map(jnp.asarray, net.views(net.init(np.random.default_rng(0))))
    x, labels = jnp.asarray(x), jnp.asarray(labels)

    def dense(params, h):
        return h @ params["W"] + params["b"]

    def mlp(params, h):
        *hidden, last = [layer for layer in params if layer]
        for layer in hidden:
            h = jax.nn.relu(dense(layer, h))
        return dense(last, h)

    def cnn(params, h):
        *convolutions, last = [layer for layer in params if layer]
        for layer in convolutions:
            h = jax.lax.conv_general_dilated(h, layer["W"], (1, 1), "SAME")
            h = jax.nn.relu(h + layer["b"][:, None, None])
        h = jax.lax.reduce_window(h, -jnp.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
        return dense(last, h.reshape(len(h), -1))

    def lstm(params, h):
        first, last = [layer for layer in params if layer]

        def cell(state, z):
            hidden, c = state
            i, f, o, g = jnp.split(z + hidden @ first["Wh"], 4, axis=1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

        zeros = jnp.zeros((len(h), len(first["Wh"])))
        (hidden, _), _ = jax.lax.scan(cell, (zeros, zeros), jnp.swapaxes(h, 0, 1) @ first["Wx"] + first["b"])
        return dense(last, hidden)

    forward = {"CNN": cnn, "LST": lstm}.get(case.name[:3], mlp)

    def loss(params, x, labels):
        scores = forward(params, x)
        return (jax.nn.logsumexp(scores, axis=1) - scores[jnp.arange(len(labels)), labels]).mean()

    def step(params, state, rows):
        m, v, t = state
        t, grad = t + 1, jax.grad(loss)(params, x[rows], labels[rows])
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, grad)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, grad)
        c1, c2 = 1 - 0.9**t, 1 - 0.999**t
        moved = jax.tree.map(lambda p, m, v: p - 0.001 * (m / c1) / (jnp.sqrt(v / c2) + 1e-8), params, m, v)
        return moved, (m, v, t)

    compiled = jax.jit(step, donate_argnums=(0, 1))

    def run(steps):
        params = jax.tree.map(jnp.array, theta)
        state = jax.tree.map(jnp.zeros_like, theta), jax.tree.map(jnp.zeros_like, theta), jnp.float32(0)
        rng, done = np.random.default_rng(0), 0
        while done < steps:
            order = rng.permutation(ROWS)
            for start in range(0, min(ROWS, (steps - done) * case.batch) - case.batch + 1, case.batch):
                params, state = compiled(params, state, order[start : start + case.batch])
                done += 1
        jax.block_until_ready(params)
        return done

    return run


def by_jax(case, threads):
    """Seconds for case.steps compiled steps; JAX decides itself what to do with two cores."""
    return timed(jax_steps(case), case.steps, None)


def peak(case, threads):
    """Seconds that the case's matrix products alone would take at the speed of a large one."""
    import numpy as np

    pin()
    A, n = np.random.default_rng(0).normal(size=(2048, 2048)).astype("float32"), 5
    return timed(lambda steps: [A @ A for _ in range(n)] and None, 1, threads) / (n * 2 * len(A) ** 3) * flops(case)


def flops(case):
    """Additions and multiplications in the matrix products of case.steps steps: forward, for dW, and for dx."""
    from deepgrad import LSTM, Conv2d, Dense

    total = 0
    for k, layer in enumerate(deepgrad_network(case).layers):
        products = 3 if k else 2  # nobody asks for the gradient of the data
        if isinstance(layer, Dense):
            total += products * layer.fan_in * layer.fan_out
        if isinstance(layer, Conv2d):
            total += products * layer.channels * layer.filters * layer.size**2 * 64
        if isinstance(layer, LSTM):
            total += case.shape[0] * 4 * layer.units * (2 * layer.features + 3 * layer.units)
    return 2 * total * case.batch * case.steps


def timed(run, steps, threads):
    """Seconds for the given number of steps; run may take another number, which it then returns."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(threads):
        run(max(1, steps // 20))  # warm caches, compile
        begun = time.perf_counter()
        done = run(steps)
        return (time.perf_counter() - begun) * steps / (done or steps)


@cache
def pin():
    """One BLAS thread a core, where the system lets us say so."""
    import numpy as np

    np.ones((512, 512), "float32") @ np.ones((512, 512), "float32")  # makes BLAS start its threads
    if CORES and os.path.isdir("/proc/self/task"):
        for i, thread in enumerate(sorted(map(int, os.listdir("/proc/self/task")))):
            os.sched_setaffinity(thread, {CORES[i % len(CORES)]})


def import_time():
    """Milliseconds that `import deepgrad` adds to `import numpy`: the median of pairs."""

    def start(code):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return 1000 * (time.perf_counter() - begun)

    start("import deepgrad")  # so that its byte code is stored
    return median(start("import numpy, deepgrad") - start("import numpy") for _ in range(15))


def main():
    if CORES:
        os.sched_setaffinity(0, CORES)
    print(f"steps a second, float32, Adam, {len(CORES) or os.cpu_count()} cores, medians of {ROUNDS} rounds")
    print(
        "in brackets: deepgrad's steps for each of theirs; for the peak, the share of it that deepgrad's step reaches"
    )
    contenders = {"deepgrad": by_deepgrad, "scikit-learn": by_sklearn, "JAX jit": by_jax, "product at peak": peak}
    pools = {name: ProcessPoolExecutor(1, mp_context=get_context("spawn")) for name in contenders}
    print(f"{'':<26}" + "".join(f"{name:>22}" for name in contenders))
    for case in CASES:
        seconds = {name: [] for name in contenders}
        threads = {
            name: min((1, 2), key=lambda n: pools[name].submit(contenders[name], case, n).result() or 0)
            for name in contenders
        }
        for _ in range(ROUNDS):
            for name, contender in contenders.items():
                seconds[name].append(pools[name].submit(contender, case, threads[name]).result())
        cells = [f"{case.steps / median(seconds['deepgrad']):8,.0f} ({threads['deepgrad']} BLAS threads)"]
        for name in list(contenders)[1:]:
            if None in seconds[name]:
                cells.append("-")
                continue
            ratio = median(b / a for a, b in zip(seconds["deepgrad"], seconds[name], strict=True))
            cells.append(f"{case.steps / median(seconds[name]):8,.0f} (× {ratio:4.2f})")
        print(f"{case.name:<26}" + "".join(f"{cell:>22}" for cell in cells), flush=True)
    for pool in pools.values():
        pool.shutdown()
    print(f"import deepgrad: {import_time():.0f} ms beyond NumPy's")


if __name__ == "__main__":
    main()
