"""
How can I train a network from timm?
====================================

timm and torchvision have hundreds of networks, most of them designed for photographs of 224 x 224
pixels. As the module of an ``ImageClassifier``, each becomes a scikit-learn classifier. This script
compares two small ones from timm with CNN 2, on 2,000 images.
"""

# %%
# A function that creates the network
# -----------------------------------
# It is called with the shape of the images and the number of classes. Its other arguments are
# parameters of the classifier, prefixed with ``module__``, which a grid search can vary.
import matplotlib.pyplot as plt
import pandas as pd
import timm
from sklearn.model_selection import GridSearchCV

from skfashion import CNN2Classifier, ImageClassifier, load_fashion_sample

X, y = load_fashion_sample(subset="train", return_X_y=True)
X, y = X[:2000], y[:2000]


def from_timm(image_shape, n_classes, name="test_resnet"):
    """Return a network from timm with new weights."""
    return timm.create_model(name, in_chans=image_shape[0], num_classes=n_classes)


foreign = ImageClassifier(module=from_timm, max_epochs=4, lr=0.003, random_state=0)
names = ["test_resnet", "test_efficientnet"]
search = GridSearchCV(foreign, {"module__name": names}, cv=2, refit=False).fit(X, y)

# %%
# The same two folds for CNN 2
# ----------------------------
cnn2 = GridSearchCV(CNN2Classifier(random_state=0), {"max_epochs": [4]}, cv=2, refit=False)
cnn2.fit(X, y)


def fold_scores(search, names):
    """Return the accuracy on each fold, one row per setting of a search."""
    folds = [search.cv_results_[f"split{k}_test_score"] for k in range(search.n_splits_)]
    return pd.DataFrame(folds, columns=names).T


scores = pd.concat([fold_scores(search, names), fold_scores(cnn2, ["CNN 2"])])
print(scores.round(3).to_string())

# %%
# Accuracy on the folds
# ---------------------
# Networks that halve the size of the image five times leave little of 28 x 28 pixels. CNN 2 was
# designed for images of this size.
fig, ax = plt.subplots(layout="constrained")
ax.barh(scores.index, scores.mean(axis=1), color="tab:blue", alpha=0.6)
ax.plot(scores, scores.index, "o", color="black")
ax.set(xlabel="Accuracy on the fold that was held out", xlim=(0.5, 0.9))

plt.show()
