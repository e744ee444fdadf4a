import subprocess
import sys

from skfashion.datasets import CLASS_NAMES


def test_are_the_ten_published_names():
    assert len(CLASS_NAMES) == len(set(CLASS_NAMES)) == 10
    assert (CLASS_NAMES[0], CLASS_NAMES[9]) == ("T-shirt/top", "Ankle boot")


def test_need_no_import():
    code = (
        "import sys; from skfashion.datasets import CLASS_NAMES; import skfashion.preprocessing;"
        "print({'sklearn', 'pandas', 'torch', 'numpy', 'pooch'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
