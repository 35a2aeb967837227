"""The renderer: texts and formats, a template, worker processes."""
