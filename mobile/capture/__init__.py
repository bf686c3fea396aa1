"""What a device senses, turned into what a record keeps."""
