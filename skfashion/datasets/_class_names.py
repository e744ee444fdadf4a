"""The classes of Fashion-MNIST, in a module that imports nothing: the names cost nothing."""

#: What the labels 0 to 9 of Fashion-MNIST stand for, in this order.
CLASS_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
