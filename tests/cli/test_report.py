import pytest
import typer

FAST = ("compare", "--no-networks", "--only", "gaussian-naive bayes", "--only", "DUMMY")


def test_report_of_a_run(run, tmp_path):
    run(*FAST, "--out", "here")
    page = (tmp_path / "here/report.html").read_bytes()
    result = run("report", "here", "-o", "there/page.html")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == "there/page.html\n"
    assert result.stderr == ""
    assert (tmp_path / "there/page.html").read_bytes() == page
    assert b"Gaussian naive Bayes" in page
    assert b"webp" in page
    (tmp_path / "here/report.html").unlink()
    assert run("report", "here").stdout == "here/report.html\n"
    assert (tmp_path / "here/report.html").read_bytes() == page


def test_report_opens_the_page(run, monkeypatch):
    opened = []
    monkeypatch.setattr(typer, "launch", lambda path: opened.append(path) or 0)
    run(*FAST, "--out", "here")
    assert run("report", "here", "--open").exit_code == 0
    assert opened == ["here/report.html"]


def test_a_page_that_cannot_be_opened_is_written_all_the_same(run, monkeypatch):
    monkeypatch.setattr(typer, "launch", lambda path: 3)
    run(*FAST, "--out", "here")
    result = run("report", "here", "--open")
    assert result.exit_code == 0
    assert "here/report.html is written, but no program to open it" in result.stderr


def test_the_report_is_of_the_sample_by_default(run):
    run(*FAST)
    assert run("report").stdout == "runs/compare/report.html\n"


def test_report_of_a_run_that_has_kept_no_images(run, tmp_path):
    run(*FAST, "--out", "here")
    (tmp_path / "here/X_test.npz").unlink()
    result = run("report", "here")
    assert result.exit_code == 0, result.stderr
    assert "has no images" in result.stderr


def test_report_of_what_is_not_a_run(run, tmp_path):
    result = run("report", "nowhere")
    assert result.exit_code == 1
    assert "There is no comparison in nowhere" in result.stderr
    assert "skfashion compare makes one" in result.stderr
    assert not (tmp_path / "nowhere").exists()
    result = run("report", "nowhere", "-o", "page.pdf")
    assert result.exit_code == 2
    assert ".html" in result.stderr
    (tmp_path / "page.html").touch()
    result = run("report", "page.html")
    assert result.exit_code == 2
    assert "page.html is a file: give the folder" in " ".join(result.stderr.split())


@pytest.mark.usefixtures("with_a_failure")
def test_report_of_nothing_but_failures(run, tmp_path):
    result = run("compare", "--no-networks", "--only", "k-NN", "--out", "here")
    assert result.exit_code == 1
    assert "report.html" not in result.stdout
    result = run("report", "here")
    assert result.exit_code == 1
    assert "nothing to report" in result.stderr
    assert not (tmp_path / "here/report.html").exists()
