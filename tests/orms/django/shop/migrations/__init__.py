"""Its migrations: 0001 as Django made it, 0002 by hand."""
