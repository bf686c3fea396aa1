"""Puts a phone together from the ports of the device it runs on."""
