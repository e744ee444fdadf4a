"""
Where does a network look?
==========================

A class activation map shows which parts of an image support a class. ``ActivationMapDisplay``
draws it over the image. The report shows it in the enlarged view of a mistake.
"""

# %%
# What supports the predicted class
# ---------------------------------
# The first test image of each of nine classes, and next to it the same image with its map.
import matplotlib.pyplot as plt
import numpy as np

from skfashion import CLASS_NAMES, ActivationMapDisplay, CNN1Classifier, load_fashion_sample

X, y = load_fashion_sample(subset="train", return_X_y=True)
X_test, y_test = load_fashion_sample(subset="test", return_X_y=True)
network = CNN1Classifier(max_epochs=4, random_state=0).fit(X[:4000], y[:4000])

one_of_each = [np.flatnonzero(y_test == label)[0] for label in range(9)]
ActivationMapDisplay.from_estimator(network, X_test[one_of_each], target_names=CLASS_NAMES)

# %%
# What supports the wrong class, and what the right one
# -----------------------------------------------------
# Six mistakes: first the maps of the predicted classes, then those of the true classes.
predicted = network.predict(X_test)
wrong = np.flatnonzero(predicted != y_test)[:6]
ActivationMapDisplay.from_estimator(network, X_test[wrong], target_names=CLASS_NAMES)
ActivationMapDisplay.from_estimator(network, X_test[wrong], y_test[wrong], target_names=CLASS_NAMES)

plt.show()
