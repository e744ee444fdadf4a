"""
Can wrong labels be found?
==========================

``find_label_issues`` lists images whose labels are unlikely to a classifier that was not trained on
them. How many of these labels are really wrong? To find out, this script makes some labels wrong.
"""

# %%
# Wrong labels
# ------------
# Labels are rarely wrong at random: a shirt may be labelled as a T-shirt, but not as a boot. Five
# per cent of the images get the label of a class that looks like theirs.
import matplotlib.pyplot as plt
import numpy as np

from skfashion import CLASS_NAMES, MistakesDisplay, load_fashion_sample
from skfashion.inspection import find_label_issues
from skfashion.recipes import tuned

X, y_true = load_fashion_sample(subset="train", return_X_y=True)
X, y_true = X[:3000], y_true[:3000]

#         T-shirt, Trouser, Pullover, Dress, Coat, Sandal, Shirt, Sneaker, Bag, Ankle boot
LIKE = np.array([6, 3, 4, 4, 2, 7, 0, 9, 6, 7])
rng = np.random.default_rng(0)
wrong = rng.choice(len(y_true), len(y_true) // 20, replace=False)
y = y_true.copy()
y[wrong] = LIKE[y_true[wrong]]

# %%
# Find them
# ---------
# Three networks are trained, each on two thirds of the images, which include wrong labels.
model = tuned(random_state=0)["Modified LeNet-5"]
issues = find_label_issues(model, X, y, cv=3)
print(issues.head(10).to_string(index=False))

# %%
# How many of the first ones are wrong
# ------------------------------------
# Precision is the proportion of wrong labels among the listed images, recall the proportion of the
# wrong labels that are listed.
planted = np.isin(issues["index"], wrong)
found = planted.cumsum()
for n in (50, 100, 150, len(issues)):
    precision, recall = found[n - 1] / n, found[n - 1] / len(wrong)
    print(f"first {n}: precision {precision:.2f}, recall {recall:.2f}")

fig, ax = plt.subplots(figsize=(6, 4), layout="constrained")
n_listed = np.arange(1, len(issues) + 1)
ax.plot(n_listed, found / n_listed, label="Precision")
ax.plot(n_listed, found / len(wrong), label="Recall")
ax.set(xlabel="Images looked at, the worst first", ylim=(0, 1.02))
ax.legend()

# %%
# Look before you leave any out
# -----------------------------
# These images are listed although their labels were not changed: they are hard, or mislabelled in
# the published data.
others = issues[~planted].head(12)
MistakesDisplay(
    X[others["index"]].reshape(-1, 28, 28),
    [CLASS_NAMES[label] for label in others["given_label"]],
    [CLASS_NAMES[label] for label in others["suggested_label"]],
    others["suggested_probability"].to_numpy(),
).plot()

plt.show()
