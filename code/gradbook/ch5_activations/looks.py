"""How each activation is called and drawn in this chapter."""

from typing import Final

from gradbook import style
from gradbook.text import Text, same

NAMES: Final[dict[str, Text]] = {
    "sigmoid": Text("시그모이드", "sigmoid"),
    "tanh": same("tanh"),
    "ReLU": same("ReLU"),
    "leaky ReLU": same("leaky ReLU"),
    "PReLU": same("PReLU"),
    "ELU": same("ELU"),
    "SELU": same("SELU"),
    "maxout": Text("맥스아웃", "maxout"),
    "softplus": Text("소프트플러스", "softplus"),
    "GELU": same("GELU"),
    "SiLU": same("SiLU"),
}
COLORS: Final = {
    "sigmoid": style.BLUE,
    "tanh": style.GREEN,
    "ReLU": style.ORANGE,
    "leaky ReLU": style.PURPLE,
    "PReLU": style.RED,
    "ELU": style.SKY,
    "SELU": style.YELLOW,
    "maxout": style.INK,
    "softplus": style.MUTED,
}
MARKERS: Final = {
    "sigmoid": "o", "tanh": "^", "ReLU": "s", "leaky ReLU": "D", "PReLU": "P", "ELU": "v", "SELU": "X", "maxout": "*",
}  # fmt: skip
