"""One module a page a person opens, its templates beside it. A page never imports another page."""
