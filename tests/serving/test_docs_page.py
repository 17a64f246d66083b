"""The API's page in a real browser: calls are tried there, and nothing is asked of anybody else."""

from pathlib import Path

from playwright.sync_api import Browser, Locator, Page

from tests.serving.browser import visiting
from tests.serving.conftest import serving


def form_for(page: Page, method: str, path: str) -> Locator:
    """The form of a call, opened."""
    form = page.locator(f'form[data-method="{method}"][data-path="{path}"]')
    page.locator("details", has=form).locator("summary").click()
    return form


def answer_of(form: Locator) -> str:
    """What was answered, once it is there."""
    answer = form.locator("xpath=following-sibling::*")
    answer.locator("pre").nth(1).wait_for()
    return answer.inner_text()


def test_calls_can_be_tried(browser: Browser, tmp_path: Path, page: bytes, seven: bytes) -> None:
    files = [
        {"name": name, "mimeType": "image/png", "buffer": data} for name, data in (("a.png", page), ("b's.png", seven))
    ]
    with (
        serving("--token", "secret", "--jobs", str(tmp_path / "jobs"), "--threads", "1") as service,
        visiting(browser, service.address, viewport={"width": 320, "height": 800}) as visit,
    ):
        visit.page.goto(f"{service.address}/docs")
        visit.page.fill("#token", "secret")

        read = form_for(visit.page, "POST", "/v1/read")
        read.locator("[type=file]").set_input_files(files)
        read.locator("[name=annotate]").select_option("true")
        read.locator("[name=length]").fill("4")
        read.get_by_text("Send").click()
        told = answer_of(read)
        assert "200 OK" in told and '"b\'s.png"' in told and '"7' in told
        assert "?length=4&annotate=true'" in told and "-F 'file=@b'\\''s.png'" in told and "secret" not in told
        pictures = read.locator("xpath=following-sibling::*").locator("img")
        assert pictures.count() == 2 and pictures.first.evaluate("each => each.naturalWidth") > 100

        jobs = form_for(visit.page, "POST", "/v1/jobs")
        jobs.locator("[type=file]").set_input_files(files[1:])
        jobs.get_by_text("Send").click()
        assert "202 Accepted" in answer_of(jobs)
        job = form_for(visit.page, "DELETE", "/v1/jobs/{id}")
        job.get_by_text("Send").click()
        assert "200 OK" in answer_of(job) and "curl -X DELETE" in answer_of(job), "its id was filled in"

        visit.page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        assert not visit.violations()
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= 320
