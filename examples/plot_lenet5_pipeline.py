"""
LeNet-5 in a Pipeline
=====================

LeNet-5 was made for images of 32 x 32 pixels whose background is slightly negative. Padding and
scaling are steps of a scikit-learn Pipeline, so that new images pass through the same steps.
"""

# %%
# The data: a tenth of Fashion-MNIST, which comes with the package
# ----------------------------------------------------------------
import matplotlib.pyplot as plt
import numpy as np
from sklearn.pipeline import Pipeline

from skfashion import CLASS_NAMES, ImagePadder, LeNet5Classifier, PixelScaler, load_fashion_sample

train = load_fashion_sample(subset="train")
test = load_fashion_sample(subset="test")
print(train.data.shape, train.data.dtype)

# %%
# The Pipeline
# ------------
# A tenth of the training images is set aside, to see how the loss goes on images that the network
# is not trained on.
model = Pipeline(
    [
        ("padder", ImagePadder()),
        ("scale", PixelScaler(feature_range=(-0.1, 1.175))),
        ("classifier", LeNet5Classifier(max_epochs=5, validation_fraction=0.1, random_state=0)),
    ]
)
model.fit(train.data, train.target)
print(f"Test accuracy: {model.score(test.data, test.target):.3f}")

# %%
# What the training looked like
# -----------------------------
network = model["classifier"]
epochs = np.arange(1, network.n_iter_ + 1)

fig, ax = plt.subplots(layout="constrained")
ax.plot(epochs, network.loss_curve_, marker="o", label="training images")
ax.plot(epochs, network.validation_loss_curve_, marker="o", label="validation images")
ax.set(xlabel="Epoch", ylabel="Cross-entropy", xticks=epochs, title="LeNet-5 on 5,400 images")
ax.legend()

# %%
# What it gets wrong, and how sure it was
# ---------------------------------------
probabilities = model.predict_proba(test.data)
predictions = probabilities.argmax(axis=1)  # the classes are 0 to 9
wrong = np.flatnonzero(predictions != test.target)[:10]

fig, axes = plt.subplots(2, 5, figsize=(10, 5), layout="constrained")
for ax, i in zip(axes.flat, wrong, strict=True):
    ax.imshow(test.images[i], cmap="gray_r")
    ax.set_axis_off()
    guess = CLASS_NAMES[predictions[i]]
    ax.set_title(
        f"{CLASS_NAMES[test.target[i]]}\ntaken for {guess} ({probabilities[i].max():.0%})",
        fontsize="small",
    )

plt.show()
