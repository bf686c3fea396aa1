"""The office's side: API for phones, console for people, intake, paperwork, sealing, store."""
