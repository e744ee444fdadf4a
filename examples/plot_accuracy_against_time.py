"""
Which classifier is accurate and fast to train?
===============================================

``compare`` measures the accuracy, the time of the fit and the size of the model; ``plot`` shows
all three in one plot.
"""

# %%
# Networks and classic classifiers, on 2,000 images
# -------------------------------------------------
import matplotlib.pyplot as plt

from skfashion import compare, load_fashion_sample
from skfashion.baselines import classic_baselines
from skfashion.recipes import tuned

X_train, y_train = load_fashion_sample(subset="train", return_X_y=True)
X_test, y_test = load_fashion_sample(subset="test", return_X_y=True)

slow = {"CNN 1", "CNN 2", "Histogram gradient boosting"}
estimators = tuned(random_state=0) | classic_baselines(random_state=0)
estimators = {name: estimator for name, estimator in estimators.items() if name not in slow}
comparison = compare(
    estimators, X_train[:2000], y_train[:2000], X_test, y_test, learning_curves=False
)
print(comparison.table[["accuracy_mean", "fit_seconds", "model_bytes"]].round(3).to_string())

# %%
# Accuracy against time, size as area
# -----------------------------------
# For the blue ones, no other classifier is both more accurate and faster. k-NN only stores the
# images, so its fit takes almost no time; the plot does not show how long its predictions take.
# 2,000 images are few for a network: with all 60,000 the plot looks different.
comparison.plot()

plt.show()
