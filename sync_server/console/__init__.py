"""The office's web pages: rendered here, whole without JavaScript, printable; Chinese first, English by a switch."""
