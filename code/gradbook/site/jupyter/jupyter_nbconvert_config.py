"""Pages show the outputs that gradbook.site.execute has stored."""

c.Exporter.default_preprocessors.prepend(["gradbook.site.notebooks.StoredOutputs"])  # noqa: F821 (Jupyter's name)
