"""The budgets of DESIGN section 8, measured side by side in one run: `make bench`."""
