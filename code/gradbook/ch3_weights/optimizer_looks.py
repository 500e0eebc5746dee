"""How each optimizer is drawn, in every figure of this chapter."""

from typing import Any, Final

from gradbook import style
from gradbook.ch3_weights.bowl import Name

LOOKS: Final[dict[Name, dict[str, Any]]] = {
    "sgd": {"color": style.BLUE, "marker": "o", "linestyle": "-"},
    "momentum": {"color": style.ORANGE, "marker": "s", "linestyle": "--"},
    "nesterov": {"color": style.GREEN, "marker": "^", "linestyle": "-."},
    "adagrad": {"color": style.PURPLE, "marker": "D", "linestyle": ":"},
    "rmsprop": {"color": style.YELLOW, "marker": "v", "linestyle": (0, (6, 1.5))},
    "adam": {"color": style.RED, "marker": "P", "linestyle": (0, (3, 1, 1, 1))},
}
