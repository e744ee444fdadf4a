"""
When does overfitting start?
============================

With ``validation_fraction`` a part of the training images is not trained on but measured after each
epoch. The epoch with the lowest loss on it is the best one; in those that follow, the network
learns the training images by heart.
"""

# %%
# A network that trains for too long
# ----------------------------------
# 1,500 images are few for 266,610 parameters.
import matplotlib.pyplot as plt
from sklearn.neural_network import MLPClassifier

from skfashion import LearningCurvesDisplay, SimpleDenseClassifier, load_fashion_sample

X, y = load_fashion_sample(subset="train", return_X_y=True)
X, y = X[:1500], y[:1500]

network = SimpleDenseClassifier(
    optimizer="adam", max_epochs=30, validation_fraction=0.2, random_state=0
)
network.fit(X, y)
display = LearningCurvesDisplay.from_estimator(network, name="Simple dense, 30 epochs")
print(f"Overfitting starts after epoch {display.best_epoch_}.")

# %%
# Stop in time
# ------------
# ``early_stopping`` ends the training when the validation loss has not become lower for some
# epochs, and keeps the weights of the best epoch.
network.set_params(early_stopping=True, n_iter_no_change=5).fit(X, y)
LearningCurvesDisplay.from_estimator(network, name="Simple dense, stopped early")

# %%
# The same for scikit-learn's own network
# ---------------------------------------
# ``MLPClassifier`` keeps the loss of the training and, with early stopping, the accuracy of the
# validation: it has no validation loss, so the best epoch is that of the highest accuracy.
mlp = MLPClassifier((300, 100), early_stopping=True, n_iter_no_change=5, random_state=0)
mlp.fit(X / 255, y)
LearningCurvesDisplay.from_estimator(mlp)

plt.show()
