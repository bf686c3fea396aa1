"""Makes a phone from the ports of the device it runs on."""
