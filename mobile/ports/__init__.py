"""What a device must give: clock, vault, photo codec, disk, transport, position. One file a kind of device."""
