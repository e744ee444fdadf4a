import base64
import io
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from selenium.webdriver.common.action_chains import ActionChains

from skfashion import (
    CNN1Classifier,
    CNN2Classifier,
    FastResNetClassifier,
    ResNetClassifier,
    VGGClassifier,
    fetch_fashion_mnist,
)
from skfashion._plain_network import softmax
from skfashion.playground import Playground
from skfashion.preprocessing import convert_photo
from skfashion.pretrained import PictureClassifier, load_pretrained
from tests.report.browser import on_screen

from .conftest import PlaygroundPage

pytestmark = pytest.mark.slow

SMALL = {"widths": (4, 8), "batch_size": 32}
NETWORKS = [
    CNN1Classifier(),
    CNN2Classifier(),
    FastResNetClassifier(**SMALL, depths=(1, 2)),
    ResNetClassifier(**SMALL, n_blocks=(1, 2)),
    VGGClassifier(**SMALL, depths=(1, 2)),
]


@pytest.fixture(scope="module", params=NETWORKS, ids=lambda network: type(network).__name__)
def network(request, sample):
    network = request.param.set_params(max_epochs=1, random_state=0)
    return network.fit(sample.data[:96], sample.target[:96])


@pytest.fixture
def network_page(network, sample, driver, tmp_path):
    playground = Playground.from_estimator(network, sample.data[:64], sample.target[:64])
    driver.get_log("browser")
    page = PlaygroundPage(driver, playground.save(tmp_path / "page.html")).open()
    yield page
    assert page.errors() == []


def photo_of(image, colour=(253, 253, 253)):
    """Return a dark piece on a canvas of a colour, as the dataset's photographs were."""
    large = Image.fromarray(255 - image).resize((560, 560), Image.Resampling.BICUBIC)
    canvas = Image.new("RGB", (762, 1000), colour)
    canvas.paste(large, (100, 200))
    return canvas


# The network


def test_probabilities_are_those_of_python(page, sample):
    X = sample.data[6000:6040]
    probabilities, distances = page.classify(X)
    np.testing.assert_allclose(probabilities, load_pretrained().predict_proba(X), atol=1e-4)
    expected = [answer.distance for answer in PictureClassifier().answers(X)]
    np.testing.assert_allclose(distances, expected, rtol=1e-3)


def test_probabilities_are_those_of_python_on_a_hundredth_of_the_test_images(page):
    X = fetch_fashion_mnist(subset="test").data[::100]
    probabilities, _ = page.classify(X)
    np.testing.assert_allclose(probabilities, load_pretrained().predict_proba(X), atol=1e-4)


def test_other_networks_predict_the_same_in_the_page(network, network_page, sample):
    X = sample.data[6000:6020]
    probabilities, distances = network_page.classify(X)
    np.testing.assert_allclose(probabilities, network.predict_proba(X), atol=1e-4)
    assert np.isnan(distances).all()


def test_scores_of_mirrored_images_are_averaged_in_the_page_too(sample, driver, tmp_path):
    data = Playground.from_pretrained().data
    X = sample.data[6000:6020]
    network = PictureClassifier().network
    data["input"]["mirror"] = True
    page = PlaygroundPage(driver, Playground(data).save(tmp_path / "page.html")).open()
    *_, scores = replace(network, mirror=True).predict(X)
    np.testing.assert_allclose(page.classify(X)[0], softmax(scores), atol=1e-4)


def hirescam(network, image, code):
    """Return the last convolution's maps times the gradients of a score, enlarged, 0 to 1."""
    module = network.net_.module_.eval()
    convolutions = [m for m in module.modules() if isinstance(m, torch.nn.Conv2d)]
    kept = []

    def keep(_, inputs, maps):
        kept.append(maps.detach().requires_grad_())
        return kept[0].clone()

    hook = convolutions[-1].register_forward_hook(keep)
    with torch.enable_grad():
        scores = module(torch.from_numpy(image / np.float32(255)).view(1, 1, 28, 28))
        (gradient,) = torch.autograd.grad(scores[0, code], kept[0])
    hook.remove()
    maps = (gradient * kept[0].detach()).sum(1, keepdim=True).relu()
    large = torch.nn.functional.interpolate(maps, (28, 28), mode="bilinear")[0, 0].numpy()
    return large / (large.max() or 1)


def test_the_page_shows_where_the_network_looks(network, network_page, sample):
    for image in sample.data[6000:6004]:
        code = int(network.predict_proba(image[None]).argmax())
        found = network_page.activation_map(image, code).reshape(28, 28)
        np.testing.assert_allclose(found, hirescam(network, image, code), atol=1e-3)


# The conversion


def pictures(sample):
    images = sample.images[6000:6006]
    rng = np.random.default_rng(0)
    yield from (photo_of(image) for image in images)
    yield photo_of(images[0], (200, 220, 240))
    yield Image.fromarray(images[1]).resize((100, 100))  # light on black
    yield Image.fromarray(rng.integers(0, 256, (61, 47, 3), dtype=np.uint8))
    yield Image.fromarray(np.full((20, 30, 3), 90, np.uint8))  # nothing at all
    wide = np.full((31, 200, 3), 255, np.uint8)
    wide[10:14, 20:190] = [30, 90, 160]
    yield Image.fromarray(wide)
    yield Image.fromarray(np.array([[0, 255]], np.uint8))


def test_photographs_are_converted_as_in_python(page, sample):
    code = (
        "const { width, height } = arguments[1];"
        "const photo = { data: bytes(arguments[0]), width, height };"
        "return [...$photo.convertPhoto(photo)];"
    )
    for picture in pictures(sample):
        rgba = np.asarray(picture.convert("RGBA"))
        size = {"width": picture.width, "height": picture.height}
        found = page.call("photo", code, base64.b64encode(rgba.tobytes()).decode(), size)
        expected = convert_photo(picture).ravel()
        assert np.abs(np.array(found) - expected).max() <= 1
        assert np.mean(np.array(found) != expected) < 0.02


# The page


def test_a_chosen_picture_gets_the_answer_of_python(page, sample, tmp_path):
    photo_of(sample.images[6000]).save(tmp_path / "shirt.png")
    before = page.answers()
    page.driver.find_element("id", "file").send_keys(str(tmp_path / "shirt.png"))
    page.wait(lambda: page.answers() != before)
    image = convert_photo(tmp_path / "shirt.png")
    expected = PictureClassifier().answers(image[None])[0]
    found = page.answers()
    assert [name for name, _ in found][:3] == [name for name, _ in expected.likeliest()]
    np.testing.assert_allclose(
        [share for _, share in found], list(expected.probabilities.values()), atol=0.02
    )


def test_a_file_that_is_not_a_picture_is_named(page, tmp_path):
    (tmp_path / "notes.txt").write_text("no picture")
    page.driver.find_element("id", "file").send_keys(str(tmp_path / "notes.txt"))
    page.wait(lambda: "notes.txt is not a picture" in page.verdict())
    assert page.answers() == []


def test_a_picture_can_be_dropped(page, sample):
    content = io.BytesIO()
    photo_of(sample.images[6001]).save(content, format="PNG")
    before = page.answers()
    page.call(
        "data",
        "const transfer = new DataTransfer();"
        "transfer.items.add(new File([bytes(arguments[0])], 'a.png', { type: 'image/png' }));"
        "document.querySelector('.paper').dispatchEvent("
        "new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));",
        base64.b64encode(content.getvalue()).decode(),
    )
    page.wait(lambda: page.answers() != before)


def test_one_can_draw_and_clear(page):
    before = page.answers()
    paper = page.one(".paper")
    page.js("arguments[0].scrollIntoView({block: 'center'})", paper)
    stroke = ActionChains(page.driver).move_to_element_with_offset(paper, -60, -120)
    stroke.click_and_hold().move_by_offset(0, 200).move_by_offset(60, 0).release().perform()
    page.wait(lambda: page.answers() != before)
    assert len(page.answers()) == 10
    assert page.texts(".paper-hint") == []
    page.click(".input button:nth-of-type(2)")
    page.wait(lambda: not page.all(".answer"))
    assert page.texts(".paper-hint") != []


def test_the_map_of_any_class_can_be_seen(page):
    page.click(".example")
    rows = page.all(".class-row")
    assert rows[0].get_attribute("aria-pressed") == "true"
    page.js("arguments[0].scrollIntoView({block: 'center'})", rows[3])
    rows[3].click()
    assert rows[3].get_attribute("aria-pressed") == "true"
    name = rows[3].find_element("css selector", ".class-name").text
    assert f"What speaks for {name}" in page.texts("figcaption")


def test_what_is_unlike_the_dataset_is_said(page):
    noise = np.random.default_rng(0).integers(0, 256, (28, 28, 3), dtype=np.uint8)
    content = io.BytesIO()
    Image.fromarray(noise).save(content, format="PNG")
    image = convert_photo(Image.fromarray(noise))
    assert PictureClassifier().answers(image[None])[0].verdict == "unlike the dataset"
    page.call(
        "data",
        "const transfer = new DataTransfer();"
        "transfer.items.add(new File([bytes(arguments[0])], 'a.png', { type: 'image/png' }));"
        "dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, cancelable: true }));",
        base64.b64encode(content.getvalue()).decode(),
    )
    page.wait(lambda: "does not look like the dataset" in page.verdict())


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("screen", ["desktop", "phone", "small phone"])
def test_it_fits_every_screen(screen, theme, driver, path):
    on_screen(driver, screen, theme)
    driver.get_log("browser")
    page = PlaygroundPage(driver, path).open()
    assert page.is_as_wide_as_the_screen()
    assert page.js("return document.documentElement.dataset.theme") == theme
    assert page.errors() == []
