"""
What does the first layer look for?
===================================

The first convolution lays small kernels over the image, and answers strongly where the pixels look
like the kernel. ``FiltersDisplay`` shows the kernels that were learnt, and the answers: the feature
maps.
"""

# %%
# The six kernels of LeNet-5
# --------------------------
# White is zero, purple is above it, orange below. Some maps show what is dark in the ankle boot,
# others its outline alone. A map stands where its kernel stands.
import matplotlib.pyplot as plt

from skfashion import (
    CNN1Classifier,
    FiltersDisplay,
    ModifiedLeNet5Classifier,
    SimpleDenseClassifier,
    load_fashion_sample,
)

X, y = load_fashion_sample(subset="train", return_X_y=True)
X, y = X[:3000], y[:3000]
boot = X[0]

lenet = ModifiedLeNet5Classifier(random_state=0).fit(X, y)
FiltersDisplay.from_estimator(lenet, boot)

# %%
# The 32 of CNN 1
# ---------------
# Smaller kernels, and more of them.
cnn = CNN1Classifier(max_epochs=2, random_state=0).fit(X, y)
FiltersDisplay.from_estimator(cnn, boot, n_columns=8)

# %%
# A dense layer has no kernels
# ----------------------------
# But each unit has a weight for every pixel, which is an image too. After a training as short as
# this one, the random weights that it began with still hide what was learnt: 784 weights a unit
# are many more than the 25 of a kernel, which sees every part of every image.
dense = SimpleDenseClassifier(lr=0.1, max_epochs=5, random_state=0).fit(X, y)
FiltersDisplay.from_estimator(dense, n_kernels=32, n_columns=8)

plt.show()
