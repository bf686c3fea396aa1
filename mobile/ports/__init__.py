"""What a device must give: clock, keys, secret, photo codec, disk, transport, position."""
