"""A sound network for handwritten digits, and twelve ways to get the program around it wrong."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepgrad import (
    Activation,
    Array,
    Dense,
    Layer,
    Network,
    adam,
    he_normal,
    relu,
    softmax,
    softmax_cross_entropy,
    xavier_normal,
)
from deepgrad.layers.layer import LayerPullback
from deepgrad.signatures import Params
from gradbook.data import Split
from gradbook.text import Text

WIDTH, ETA = 32, 0.01
Optimizer = Callable[..., tuple[Array, Any]]


def unmasked_relu(z: Array) -> tuple[Array, Callable[[Array], Array]]:
    """ReLU whose way back forgets which units were off."""
    y, _ = relu(z)
    return y, lambda dy: dy


def detached_relu(z: Array) -> tuple[Array, Callable[[Array], Array]]:
    """ReLU that hands nothing back: the layers before it never learn."""
    y, back = relu(z)
    return y, lambda dy: 0 * back(dy)


@dataclass(frozen=True)
class WrongWay(Dense):
    """A dense layer whose weights get their gradient with the wrong sign."""

    def __call__(
        self, params: Params, x: Array, train: bool, rng: np.random.Generator | None
    ) -> tuple[Array, LayerPullback]:
        y, right = super().__call__(params, x, train, rng)

        def back(dy: Array, grads: Params, needs_dx: bool = True) -> Array:
            dx: Array = right(dy, grads, needs_dx)
            grads["W"][:] *= -1
            return dx

        return y, back


def piling_up(theta: Array, grad: Array, state: Any = None) -> tuple[Array, Any]:
    """Adam, given the sum of all gradients so far: somebody forgot to set them to 0 before each way back."""
    total, inner = (np.zeros_like(grad), None) if state is None else state
    theta, inner = adam(theta, total + grad, inner, eta=ETA)
    return theta, (total + grad, inner)


def as_it_is(split: Split) -> Split:
    return split


def one_row_off(split: Split) -> Split:
    """Each picture gets its neighbor's label, in training."""
    return Split(split.x, np.roll(split.labels, 1), split.x_test, split.labels_test)


def same_picture(split: Split) -> Split:
    """The loop reads the first row every time."""
    return Split(np.tile(split.x[:1], (len(split.x), 1)), split.labels, split.x_test, split.labels_test)


def unscaled_test(split: Split) -> Split:
    """Pixels were divided by 16 in training only."""
    return Split(split.x, split.labels, 16 * split.x_test, split.labels_test)


def leaked(split: Split) -> Split:
    """What is called a test set are pictures to learn from."""
    n = len(split.x_test)
    return Split(split.x, split.labels, split.x[:n], split.labels[:n])


@dataclass(frozen=True)
class Program:
    """A program that trains a network: sound as it stands, and wrong in one place for each bug."""

    name: Text
    first: type[Dense] = Dense
    f: Callable[[Array], Any] = relu
    bias: float = 0.0  # of the hidden units, at the start
    twice: bool = False  # softmax at the end, though the loss has its own
    scrambled: bool = False  # each batch's labels are shuffled, its pictures are not
    optimizer: Optimizer = field(default=partial(adam, eta=ETA))
    load: Callable[[Split], Split] = as_it_is

    def network(self) -> Network:
        """64 pixels, one hidden layer, 10 scores."""
        layers: list[Layer] = [self.first(64, WIDTH, he_normal), Activation(self.f), Dense(WIDTH, 10, xavier_normal)]
        return Network([*layers, Activation(softmax)] if self.twice else layers)

    def start(self, rng: np.random.Generator, dtype: Any = np.float32) -> NDArray[np.floating]:
        net = self.network()
        theta = net.init(rng, dtype)
        net.views(theta)[0]["b"][:] = self.bias
        return theta

    def loss(self, rng: np.random.Generator) -> Callable[[Array, Array], Any]:
        """The loss of a batch."""
        if not self.scrambled:
            return softmax_cross_entropy
        return lambda y, labels: softmax_cross_entropy(y, rng.permutation(labels))


PROGRAMS = {
    "sound": Program(Text("고장 없음", "no bug")),
    "scrambled": Program(Text("배치마다 정답이 섞임", "labels shuffled in each batch"), scrambled=True),
    "same_picture": Program(Text("늘 같은 그림을 읽음", "reads the same picture"), load=same_picture),
    "dead": Program(Text("편향 −10, 죽은 ReLU", "bias −10, dead ReLUs"), bias=-10.0),
    "tiny_rate": Program(Text("학습률 10⁻⁶", "learning rate 10⁻⁶"), optimizer=partial(adam, eta=1e-6)),
    "wrong_sign": Program(Text("첫 층 기울기의 부호", "sign of the first gradient"), first=WrongWay),
    "piling_up": Program(Text("기울기를 0으로 안 비움", "gradients not set to 0"), optimizer=piling_up),
    "twice": Program(Text("소프트맥스 두 번", "softmax twice"), twice=True),
    "detached": Program(Text("첫 층이 배우지 않음", "first layer doesn’t learn"), f=detached_relu),
    "unmasked": Program(Text("ReLU를 빼고 되돌아옴", "way back skips ReLU"), f=unmasked_relu),
    "one_row_off": Program(Text("정답이 한 줄 밀림", "labels one row off"), load=one_row_off),
    "unscaled_test": Program(Text("시험 화소를 안 나눔", "test pixels not scaled"), load=unscaled_test),
    "leaked": Program(Text("시험이 학습 그림", "tested on training pictures"), load=leaked),
}
