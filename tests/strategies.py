"""What hypothesis draws for the tests: shapes, values, seeds. Also sets its profile."""

import os

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

settings.register_profile("book", deadline=None)  # a busy machine is no failure
settings.register_profile("mutants", deadline=None, max_examples=20, derandomize=True, database=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "book"))

seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 5)  # batch sizes, widths: 1 is where broadcasting hides mistakes
shapes = array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=5)
rates = st.floats(0, 0.95)


def moderate(shape: object = shapes, size: float = 3.0) -> st.SearchStrategy[np.ndarray]:
    """float64 arrays whose values lie in [−size, size]: where finite differences are exact enough."""
    return arrays(np.float64, shape, elements=st.floats(-size, size))


def extreme(dtype: type, shape: object = shapes) -> st.SearchStrategy[np.ndarray]:
    """Arrays with any finite value the dtype can hold."""
    width = np.dtype(dtype).itemsize * 8
    return arrays(dtype, shape, elements=st.floats(allow_nan=False, allow_infinity=False, width=width))
