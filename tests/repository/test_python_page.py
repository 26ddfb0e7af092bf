"""The Python of the how-to page does what the page says: its asserts hold when it is run from top to bottom."""

import re


def test_the_page_runs(repository):
    page = (repository / "docs" / "how-to" / "use-it-from-python.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    assert len(blocks) == page.count("\n## ")
    exec(compile("\n".join(blocks), "use-it-from-python.md", "exec"), {})
