"""
Which classes do classifiers confuse?
=====================================

``compare`` trains any number of classifiers on the same images. It returns a table and the results
behind it: predictions, confusion matrices, the most confused classes.
"""

# %%
# Two networks, two classic classifiers
# -------------------------------------
# They are trained on 6,000 images, a tenth of Fashion-MNIST. That is little for a network.
import matplotlib.pyplot as plt
from sklearn.metrics import ConfusionMatrixDisplay

from skfashion import (
    CLASS_NAMES,
    ModifiedLeNet5Classifier,
    SimpleDenseClassifier,
    compare,
    load_fashion_sample,
)
from skfashion.baselines import classic_baselines

X_train, y_train = load_fashion_sample(subset="train", return_X_y=True)
X_test, y_test = load_fashion_sample(subset="test", return_X_y=True)

baselines = classic_baselines()
comparison = compare(
    {
        "Simple dense": SimpleDenseClassifier(lr=0.1),
        "Modified LeNet-5": ModifiedLeNet5Classifier(),
        "Random forest": baselines["Random forest"],
        "RBF SVM": baselines["RBF SVM"],
    },
    X_train,
    y_train,
    X_test,
    y_test,
    target_names=CLASS_NAMES,
    learning_curves=False,
)
columns = ["accuracy_mean", "macro_f1_mean", "fit_seconds", "epochs", "model_bytes"]
print(comparison.table[columns].round(3).to_string())

# %%
# The confusion matrices
# ----------------------
# Each row is a true class with 100 test images. Clothes for the upper body are hard to tell apart,
# shirts most of all.
fig, axes = plt.subplots(2, 2, figsize=(11, 11), sharex=True, sharey=True, layout="constrained")
for ax, name in zip(axes.flat, comparison.names, strict=True):
    display = ConfusionMatrixDisplay(comparison.confusion_matrix(name), display_labels=CLASS_NAMES)
    display.plot(ax=ax, cmap="Blues", colorbar=False, xticks_rotation="vertical")
    ax.set(title=f"{name}: {comparison.table.loc[name, 'accuracy_mean']:.1%}")
    ax.label_outer()

# %%
# The most confused classes
# -------------------------
for name in comparison.names:
    print(name)
    for pair in comparison.confused_pairs(name, n=3):
        print("   ", pair)

plt.show()
