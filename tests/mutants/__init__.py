"""Small changes made to the core, one at a time, and whether a test notices: `make mutants`."""
