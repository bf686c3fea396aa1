"""The office's web pages: rendered on the server, usable without JavaScript, in two languages."""
