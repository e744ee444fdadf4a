"""The class names of Fashion-MNIST, in a module without imports, so that they load at once."""

#: The names of the labels 0 to 9 of Fashion-MNIST, in this order.
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
