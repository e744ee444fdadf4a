"""
What is in Fashion-MNIST?
=========================

Grey images of clothes, 28 x 28 pixels each, in ten classes. ``ImageGridDisplay`` draws the first
images of each class; ``skfashion show`` does the same from the command line.
"""

# %%
# One row per class
# -----------------
import matplotlib.pyplot as plt
import numpy as np

from skfashion import CLASS_NAMES, ImageGridDisplay, load_fashion_sample

X, y = load_fashion_sample(subset="train", return_X_y=True)
ImageGridDisplay.from_images(X, y, n_columns=12, target_names=CLASS_NAMES)

# %%
# Which classes look alike
# ------------------------
# The mean image of a class shows what its images have in common. Pullover, coat and shirt have
# nearly the same outline, and so do sneaker and ankle boot below the ankle.
means = [X[y == label].mean(axis=0).reshape(1, 28, 28) for label in np.unique(y)]
fig, axes = plt.subplots(1, 2, figsize=(4.4, 4), layout="constrained")
ImageGridDisplay(means[:5], labels=CLASS_NAMES[:5]).plot(axes[0])
ImageGridDisplay(means[5:], labels=CLASS_NAMES[5:]).plot(axes[1])

plt.show()
