def test_the_page_is_written(run, tmp_path):
    done = run("playground", "-o", tmp_path / "new" / "page.html")
    assert done.exit_code == 0
    assert done.stdout.replace("\n", "") == str(tmp_path / "new" / "page.html")
    text = (tmp_path / "new" / "page.html").read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>")


def test_other_files_are_wrong_usage(run, tmp_path):
    done = run("playground", "-o", tmp_path / "page.txt")
    assert done.exit_code == 2
    assert ".html" in done.output


def test_a_damaged_model_is_named(run, tmp_path):
    (tmp_path / "my.safetensors").write_bytes(b"x")
    done = run("playground", "--model", tmp_path / "my.safetensors")
    assert done.exit_code == 1
    assert "my.safetensors is damaged" in " ".join(done.stderr.split())
    assert not (tmp_path / "playground.html").exists()
