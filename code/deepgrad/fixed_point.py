"""Where the constants of SELU and SERLU come from.

Both are f(z) = λz above zero and λα g(z) below, with g(z) = eᶻ − 1 for SELU and
g(z) = z eᶻ for SERLU. Two conditions fix the two constants: for z ~ N(0, 1),
f(z) has mean 0 and variance 1, so a layer that is fed normal numbers of this
kind hands them on. Klambauer et al., arXiv:1706.02515; Zhang and Li,
arXiv:1807.10117.
"""

import math


def moment_below_zero(n: int, k: float) -> float:
    """E[zⁿ exp(kz); z < 0] for z ~ N(0, 1): the part of the mean where z < 0.

    Completing the square, exp(kz) φ(z) = exp(k²/2) φ(z − k): what is left are the
    moments of a normal number about k. n: 0, 1 or 2, else ValueError.
    """
    density = math.exp(-k * k / 2) / math.sqrt(2 * math.pi)
    share = math.erfc(k / math.sqrt(2)) / 2  # P(N(k, 1) < 0)
    moments = (share, k * share - density, (1 + k * k) * share - k * density)
    if n not in range(len(moments)):
        raise ValueError(f"n is {n}, but must be 0, 1 or 2")
    return math.exp(k * k / 2) * moments[n]


def fixed_point(mean: float, square: float) -> tuple[float, float]:
    """λ and α from mean = E[g(z); z < 0] and square = E[g(z)²; z < 0], for z ~
    N(0, 1).

    Above zero, E[z; z > 0] = 1/√(2π) and E[z²; z > 0] = 1/2. So the output's
    mean is 0 where 1/√(2π) + α mean = 0, and its variance 1 where λ² (1/2 + α²
    square) = 1. mean: below 0, or no α > 0 balances what lies above zero;
    square: above 0; else ValueError.
    """
    if not mean < 0 < square:
        raise ValueError(
            f"mean is {mean} and square is {square}, but must be below and above 0"
        )
    alpha = -1 / (math.sqrt(2 * math.pi) * mean)
    return 1 / math.sqrt(1 / 2 + alpha**2 * square), alpha


def _selu() -> tuple[float, float]:
    """g(z) = eᶻ − 1, so g(z)² = e²ᶻ − 2 eᶻ + 1."""
    one, e, e_squared = (moment_below_zero(0, k) for k in (0, 1, 2))
    return fixed_point(mean=e - one, square=e_squared - 2 * e + one)


def _serlu() -> tuple[float, float]:
    """g(z) = z eᶻ, so g(z)² = z² e²ᶻ."""
    return fixed_point(mean=moment_below_zero(1, 1), square=moment_below_zero(2, 2))


SELU_LAMBDA, SELU_ALPHA = _selu()
SERLU_LAMBDA, SERLU_ALPHA = _serlu()
