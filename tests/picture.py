"""The picture in the README: the chapter's page in both languages, photographed from site/ (`make picture`)."""

import functools
import http.server
import sys
import threading

from playwright.sync_api import sync_playwright

from tests.building import CHROMIUM, ROOT


def main() -> None:
    if CHROMIUM is None:
        sys.exit("picture: no Chromium: install the package chromium")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(ROOT / "site"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    target = ROOT / ".github" / "readme-page.png"
    target.parent.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        page.goto(
            f"http://127.0.0.1:{server.server_port}/1-vanishing-gradient/#fig-link-decay", wait_until="networkidle"
        )
        page.screenshot(path=target)
        browser.close()
    server.shutdown()
    print(f"wrote {target.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
