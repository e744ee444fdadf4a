"""
What does the first layer detect?
=================================

The first convolution slides small kernels over the image, and responds strongly where the pixels
look like the kernel. ``FiltersDisplay`` shows the learnt kernels and the responses, the feature
maps.
"""

# %%
# The six kernels of LeNet-5
# --------------------------
# White is zero, purple is positive, orange negative. Some maps show the dark parts of the ankle
# boot, others only its outline. Each map has the same position in its grid as its kernel.
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
# The 32 kernels of CNN 1
# -----------------------
# These kernels are smaller, and there are more of them.
cnn = CNN1Classifier(max_epochs=2, random_state=0).fit(X, y)
FiltersDisplay.from_estimator(cnn, boot, n_columns=8)

# %%
# A dense layer has no kernels
# ----------------------------
# But each of its units has one weight per pixel, and these form an image. After a training as short
# as this one, the random initial weights still hide what was learnt: a unit has 784 weights to
# learn, a kernel of LeNet-5 only 25, and the kernel is applied to every part of every image.
dense = SimpleDenseClassifier(lr=0.1, max_epochs=5, random_state=0).fit(X, y)
FiltersDisplay.from_estimator(dense, n_kernels=32, n_columns=8)

plt.show()
