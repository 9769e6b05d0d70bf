"""Pages: one module for each, with the panels it is made of; components, no arithmetic."""
