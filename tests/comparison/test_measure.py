import pickle

from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeClassifier

from skfashion.comparison._measure import model_bytes, n_threads
from tests.comparison.estimators import Epochs


def test_model_bytes_is_the_size_of_the_pickle(data):
    tree = DecisionTreeClassifier().fit(*data[:2])
    assert model_bytes(tree) == len(pickle.dumps(tree, protocol=pickle.HIGHEST_PROTOCOL))
    assert model_bytes(FunctionTransformer(lambda X: X)) is None


def test_threads_are_those_that_the_last_step_tells(data):
    network = make_pipeline(FunctionTransformer(), Epochs(n_threads=2)).fit(*data[:2])
    assert n_threads(network) == 2
    assert n_threads(DecisionTreeClassifier().fit(*data[:2])) is None
