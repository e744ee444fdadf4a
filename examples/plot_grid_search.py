"""
Which learning rate and how many epochs? A grid search
======================================================

The article trains its simple network by plain gradient descent with a learning rate of 0.001 for
five epochs. A grid search on training images shows whether these were good choices.
"""

# %%
# The search
# ----------
# As usual in scikit-learn, the parameters of a step are prefixed with its name and two underscores.
import matplotlib.pyplot as plt
import pandas as pd
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from skfashion import PixelScaler, SimpleDenseClassifier, load_fashion_sample

X, y = load_fashion_sample(subset="train", return_X_y=True)
X, y = X[:3000], y[:3000]

model = Pipeline([("scale", PixelScaler()), ("classifier", SimpleDenseClassifier(random_state=0))])
grid = {"classifier__lr": [0.001, 0.01, 0.1], "classifier__max_epochs": [2, 5, 10]}
search = GridSearchCV(model, grid, cv=3).fit(X, y)
print(f"Best: {search.best_params_}, accuracy {search.best_score_:.3f}")

# %%
# A heat map of the scores
# ------------------------
# With a learning rate of 0.001 the network is far from its best after five epochs of 2,000 images;
# on all 60,000 it makes thirty times as many updates in the same number of epochs.
scores = pd.DataFrame(search.cv_results_).pivot(
    index="param_classifier__lr", columns="param_classifier__max_epochs", values="mean_test_score"
)

fig, ax = plt.subplots(layout="constrained")
image = ax.imshow(scores, cmap="viridis")
for row, column in [(row, column) for row in range(3) for column in range(3)]:
    score = scores.iloc[row, column]
    color = "white" if image.norm(score) < 0.6 else "black"
    ax.text(column, row, f"{score:.3f}", ha="center", va="center", color=color)
ax.set_xticks(range(3), scores.columns)
ax.set_yticks(range(3), scores.index)
ax.set(xlabel="max_epochs", ylabel="lr", title="Cross-validated accuracy")
fig.colorbar(image)

plt.show()
