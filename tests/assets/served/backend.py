"""Makes a page with the tags that django-vite makes from a list as Vite's: usage: backend.py LIST ENTRY PAGE MADE
LIST: Vite's own, or `assets manifest --format vite`. ENTRY: what the backend asks for. PAGE: the page of the build, whose scripts
and links are replaced by the tags in MADE."""

import pathlib
import re
import sys

from django.conf import settings

listed, entry, page, made = sys.argv[1:]
settings.configure(STATIC_URL="/", DJANGO_VITE={"default": {"manifest_path": listed, "static_url_prefix": "/"}})
import django  # noqa: E402  (it reads the settings)

django.setup()
from django_vite.templatetags.django_vite import vite_asset  # noqa: E402

text = pathlib.Path(page).read_text()
bare, count = re.subn(r'<script type="?module"?[^>]*></script>|<link rel="?(?:stylesheet|modulepreload)"?[^>]*>', "", text)
assert count >= 2, text
pathlib.Path(made).write_text(re.sub("</title>", lambda end: end[0] + vite_asset(entry), bare, count=1))
