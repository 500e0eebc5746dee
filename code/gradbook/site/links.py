"""Addresses inside the site, written relative to a page so that the site works under any path."""


def relative(target: str, page: str) -> str:
    """`target` (from the site's root, anchor and all) as seen from the page at `page` ("", "claims/", "en/claims/")."""
    path, hash_, anchor = target.partition("#")
    if path == page and hash_:
        return hash_ + anchor
    return ("../" * page.count("/") + path or "./") + hash_ + anchor
