"""An application of Django with models of many kinds."""
