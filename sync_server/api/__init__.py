"""For phones only: enrol, facts, changes, photos (tus), health. Tenant and teacher come from the token."""
