"""Pages show the outputs that gradbook.site.execute has stored; their prose is MkDocs' part."""

c.Exporter.default_preprocessors.prepend(["gradbook.site.notebooks.Skeleton"])  # noqa: F821 (Jupyter's name)
