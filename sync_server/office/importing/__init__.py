"""What an import does, a module for each kind of file; `office.imports` are the verbs."""
