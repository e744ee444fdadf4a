"""
How do I use LeNet-5 in a Pipeline?
===================================

LeNet-5 was designed for images of 32 x 32 pixels whose background is slightly negative. Padding and
scaling are steps of a scikit-learn Pipeline, so that new images pass through the same steps.
"""

# %%
# The data: a tenth of Fashion-MNIST, which comes with the package
# ----------------------------------------------------------------
import matplotlib.pyplot as plt
from sklearn.pipeline import Pipeline

from skfashion import (
    CLASS_NAMES,
    ImagePadder,
    LearningCurvesDisplay,
    LeNet5Classifier,
    MistakesDisplay,
    PixelScaler,
    load_fashion_sample,
)

train = load_fashion_sample(subset="train")
test = load_fashion_sample(subset="test")
print(train.data.shape, train.data.dtype)

# %%
# The Pipeline
# ------------
# A tenth of the training images is held out, to measure the loss on images that the network is not
# trained on.
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
# Learning curves
# ---------------
LearningCurvesDisplay.from_estimator(model, name="LeNet-5 on 5,400 images")

# %%
# The most confident mistakes
# ---------------------------
MistakesDisplay.from_estimator(model, test.data, test.target, n_images=12, target_names=CLASS_NAMES)

plt.show()
