"""Everything on paper: typst templates, their data, and the texts in them."""
