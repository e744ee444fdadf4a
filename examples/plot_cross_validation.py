"""
How reliable is an accuracy? Cross-validation
=============================================

The accuracy on one test set depends on the images in it. Cross-validation measures it several
times, each time on other held-out images. scikit-learn's ``cross_val_score`` works with the
networks as with any other classifier.
"""

# %%
# Five folds, three classifiers
# -----------------------------
# 2,000 images keep this short. The folds are the same for all three, so that the classifiers can be
# compared fold by fold.
import matplotlib.pyplot as plt
import pandas as pd
from sklearn.model_selection import StratifiedKFold, cross_val_score

from skfashion import ModifiedLeNet5Classifier, SimpleDenseClassifier, load_fashion_sample
from skfashion.baselines import classic_baselines

X, y = load_fashion_sample(subset="train", return_X_y=True)
X, y = X[:2000], y[:2000]

classifiers = {
    "Simple dense": SimpleDenseClassifier(lr=0.1, max_epochs=10, random_state=0),
    "Modified LeNet-5": ModifiedLeNet5Classifier(max_epochs=6, random_state=0),
    "RBF SVM": classic_baselines()["RBF SVM"],
}
folds = StratifiedKFold(n_splits=5, shuffle=True, random_state=0)
scores = pd.DataFrame(
    {name: cross_val_score(classifier, X, y, cv=folds) for name, classifier in classifiers.items()}
)
print(scores.agg(["mean", "std"]).round(3))

# %%
# One line per fold
# -----------------
# A difference between two classifiers that is smaller than the spread among the folds says little.
# If one of them is better in every fold, that says more.
fig, ax = plt.subplots(layout="constrained")
ax.plot(scores.columns, scores.T, color="tab:gray", marker="o", linewidth=1)
ax.plot(scores.columns, scores.mean(), color="tab:red", marker="_", markersize=40, linestyle="")
ax.set(ylabel="Accuracy on the fold that was held out", title="Five folds, and their mean")
ax.margins(x=0.2)

plt.show()
