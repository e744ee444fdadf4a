"""The networks, each a scikit-learn classifier; torch is loaded when the first one is named."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "_simple_dense": ["SimpleDenseClassifier"],
        "_cnn1": ["CNN1Classifier"],
        "_cnn2": ["CNN2Classifier"],
        "_lenet5": ["LeNet5Classifier"],
        "_modified_lenet5": ["ModifiedLeNet5Classifier"],
        "_vgg": ["VGGClassifier"],
        "_resnet": ["ResNetClassifier"],
        "_fast_resnet": ["FastResNetClassifier"],
        "_image_classifier": ["ImageClassifier"],
    },
)
