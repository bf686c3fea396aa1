"""From cases and facts to a signed PDF: compose, lay out, attach, encrypt the evidence, sign."""
