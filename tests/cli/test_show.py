import os


def test_show(run, tmp_path):
    result = run("show", "--columns", 3, "-o", "pictures/classes.png")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == "pictures/classes.png\n"
    assert (tmp_path / "pictures/classes.png").read_bytes().startswith(b"\x89PNG")
    assert os.listdir(tmp_path / "pictures") == ["classes.png"]


def test_suffixes_in_capitals(run, tmp_path):
    assert run("show", "--columns", 1, "--out", "CLASSES.PNG").exit_code == 0
    assert (tmp_path / "CLASSES.PNG").read_bytes().startswith(b"\x89PNG")


def test_show_in_an_unknown_format(run, tmp_path):
    result = run("show", "-o", "classes.xyz")
    assert result.exit_code == 2
    assert "classes.xyz" in result.stderr
    assert "ends in .png, .svg or .pdf" in " ".join(result.stderr.replace("│", " ").split())
    assert list(tmp_path.iterdir()) == []
