import shlex

from skfashion.datasets._fashion_mnist import default_folder


def test_fetch_says_where(run, monkeypatch, tmp_path):
    wanted = []

    def locate(data_home, *, progressbar):
        wanted.append(data_home)
        for n_bytes in (0, 10, 10):
            progressbar.reset()
            progressbar.total = 20
            progressbar.update(n_bytes)
        progressbar.close()
        return {"train": tmp_path / "a" / "x.gz", "test": tmp_path / "a" / "y.gz"}

    monkeypatch.setattr("skfashion.datasets._fashion_mnist.locate", locate)
    result = run("fetch", "--data-home", tmp_path)
    assert result.exit_code == 0, result.stderr
    assert "".join(result.stdout.split()) == str(tmp_path / "a")
    assert wanted == [tmp_path]


def test_fetch_without_data_or_network_says_what_to_do(run, monkeypatch, tmp_path):
    nowhere = "http://127.0.0.1:9/"  # nothing answers there
    monkeypatch.setattr("skfashion.datasets._fashion_mnist.URLS", (nowhere,))
    monkeypatch.setattr("skfashion.datasets._fashion_mnist.DEBIAN_FOLDER", tmp_path / "none")
    result = run("fetch", "--data-home", tmp_path)
    assert result.exit_code == 1
    assert "--data sample" in result.stderr
    assert "load_fashion_sample" not in result.stderr
    assert "Traceback" not in result.stderr


def test_fetch_into_a_file_is_wrong_usage(run, tmp_path):
    (tmp_path / "data").touch()
    result = run("fetch", "--data-home", "data")
    assert result.exit_code == 2
    assert "data is a file" in result.stderr


def test_fetch_says_how_other_commands_find_the_data(run, monkeypatch, tmp_path):
    def locate(data_home, *, progressbar):
        return {"train": default_folder(data_home) / "x.gz"}

    monkeypatch.setattr("skfashion.datasets._fashion_mnist.locate", locate)
    result = run("fetch", "--data-home", "my data")  # in the folder of the test
    words = shlex.split(result.stderr)
    name, _, folder = words[-1].partition("=")
    assert name == "SCIKIT_LEARN_DATA"
    monkeypatch.setenv(name, folder)
    assert default_folder(None) == tmp_path / "my data" / "fashion_mnist"
    assert "SCIKIT_LEARN_DATA" not in run("fetch").stderr
