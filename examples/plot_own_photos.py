"""
How does a photograph become an image of Fashion-MNIST?
=======================================================

The dataset was made from a shop's photographs, by a conversion in seven steps. ``PhotoConverter``
repeats it, so that a network that was trained on the dataset can be used on photographs. In this
script test images are first turned into such photographs, so the right result is known.
"""

# %%
# Photographs
# -----------
# As in the shop, the item is dark on nearly white (#fdfdfd), on a canvas of 762 x 1000 pixels.
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image
from sklearn.pipeline import Pipeline

from skfashion import (
    CLASS_NAMES,
    PhotoConverter,
    SimpleDenseClassifier,
    convert_photo,
    load_fashion_sample,
)


def photograph(image, background="#fdfdfd"):
    """Return an image of the dataset as a photograph, a Pillow image."""
    photo = Image.new("RGB", (762, 1000), background)
    piece = Image.fromarray(255 - image).resize((700, 700), Image.Resampling.BICUBIC)
    opacity = Image.fromarray(np.uint8(255 * (image > 40))).resize((700, 700))
    photo.paste(piece.convert("RGB"), (31, 150), mask=opacity)
    return photo


test = load_fashion_sample(subset="test")
chosen = [np.flatnonzero(test.target == label)[0] for label in (9, 1, 3, 8)]
photos = [photograph(image) for image in test.images[chosen]]

# %%
# Their conversion
# ----------------
# Above are the photographs, below the converted images. The last item lies on a rough carpet:
# ``background="border"`` finds the colour of the carpet along the edges, and makes it black.
carpet = np.array(photograph(test.images[chosen[0]], background="#d0b090"), dtype=np.int16)
carpet += np.random.default_rng(0).integers(-15, 15, (1000, 762, 1), dtype=np.int16)
carpet = np.uint8(carpet.clip(0, 255))

images = [*PhotoConverter().transform(photos), convert_photo(carpet, background="border")]
fig, axes = plt.subplots(2, 5, figsize=(8, 4.2), layout="constrained")
for column, (photo, image) in enumerate(zip([*photos, carpet], images, strict=True)):
    axes[0, column].imshow(photo)
    axes[1, column].imshow(image, cmap="gray")
for ax in axes.flat:
    ax.axis("off")

# %%
# A network that takes photographs
# --------------------------------
# The converter is the first step of a Pipeline, whose last step is a network that was trained on
# the dataset.
train = load_fashion_sample(subset="train")
network = SimpleDenseClassifier(optimizer="adam", lr=0.001, max_epochs=8, random_state=0)
network.fit(train.images, train.target)
model = Pipeline([("photo", PhotoConverter()), ("network", network)])
for photo, label in zip(photos, test.target[chosen], strict=True):
    print(f"{CLASS_NAMES[label]}: predicted {CLASS_NAMES[model.predict([photo])[0]]}")

plt.show()
