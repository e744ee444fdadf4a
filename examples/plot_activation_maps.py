"""
Where does a network look?
==========================

A class activation map says which parts of an image speak for a class. ``ActivationMapDisplay``
draws it over the image; an enlarged mistake in the report shows it too.
"""

# %%
# What speaks for the predicted class
# -----------------------------------
import matplotlib.pyplot as plt
import numpy as np

from skfashion import CLASS_NAMES, ActivationMapDisplay, CNN1Classifier, load_fashion_sample

X, y = load_fashion_sample(subset="train", return_X_y=True)
X_test, y_test = load_fashion_sample(subset="test", return_X_y=True)
network = CNN1Classifier(max_epochs=4, random_state=0).fit(X[:4000], y[:4000])

one_of_each = [np.flatnonzero(y_test == label)[0] for label in range(9)]
ActivationMapDisplay.from_estimator(network, X_test[one_of_each], target_names=CLASS_NAMES)

# %%
# What speaks for the wrong class, and what for the right one
# -----------------------------------------------------------
predicted = network.predict(X_test)
wrong = np.flatnonzero(predicted != y_test)[:6]
ActivationMapDisplay.from_estimator(network, X_test[wrong], target_names=CLASS_NAMES)
ActivationMapDisplay.from_estimator(network, X_test[wrong], y_test[wrong], target_names=CLASS_NAMES)

plt.show()
