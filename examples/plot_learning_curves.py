"""
How many epochs to train? Learning curves
=========================================

With ``validation_fraction``, some of the training images are held out, and the loss on them is
measured after each epoch. While this validation loss falls, the network still gets better on new
images. If it keeps rising while the training loss falls, the network overfits.
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
print(f"Lowest validation loss: epoch {display.best_epoch_} of {network.n_iter_}.")

# %%
# Stop in time
# ------------
# ``early_stopping`` ends the training when the validation loss has not improved for some epochs,
# and keeps the weights of the best epoch.
network.set_params(early_stopping=True, n_iter_no_change=5).fit(X, y)
LearningCurvesDisplay.from_estimator(network, name="Simple dense, stopped early")

# %%
# The same for scikit-learn's own network
# ---------------------------------------
# ``MLPClassifier`` records the training loss and, with early stopping, the validation accuracy. It
# has no validation loss, so the best epoch is the one with the highest accuracy.
mlp = MLPClassifier((300, 100), early_stopping=True, n_iter_no_change=5, random_state=0)
mlp.fit(X / 255, y)
LearningCurvesDisplay.from_estimator(mlp)

plt.show()
