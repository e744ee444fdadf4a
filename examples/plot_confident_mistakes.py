"""
Which mistakes is a network most confident about?
=================================================

An accuracy says how often a classifier is wrong, but not how. ``MistakesDisplay`` shows the images
that it misclassifies with the highest probability. Some are hard for people too, and some may be
mislabelled.
"""

# %%
# The most confident mistakes
# ---------------------------
# Below each image are the predicted class, its probability, and the true class.
import matplotlib.pyplot as plt
from sklearn.pipeline import make_pipeline

from skfashion import (
    CLASS_NAMES,
    MistakesDisplay,
    ModifiedLeNet5Classifier,
    PixelScaler,
    load_fashion_sample,
)

X_train, y_train = load_fashion_sample(subset="train", return_X_y=True)
X_test, y_test = load_fashion_sample(subset="test", return_X_y=True)

model = make_pipeline(PixelScaler(feature_range=None), ModifiedLeNet5Classifier(random_state=0))
model.fit(X_train, y_train)
print(f"Test accuracy: {model.score(X_test, y_test):.3f}")
MistakesDisplay.from_estimator(model, X_test, y_test, target_names=CLASS_NAMES)

# %%
# The mistakes of one class
# -------------------------
# Shirts are the hardest class. ``from_predictions`` needs only predictions, not the classifier.
is_shirt = y_test == CLASS_NAMES.index("Shirt")
X_shirts, y_shirts = X_test[is_shirt], y_test[is_shirt]
MistakesDisplay.from_predictions(
    y_shirts,
    model.predict(X_shirts),
    proba=model.predict_proba(X_shirts),
    images=X_shirts,
    classes=model.classes_,
    n_images=12,
    target_names=CLASS_NAMES,
)

plt.show()
