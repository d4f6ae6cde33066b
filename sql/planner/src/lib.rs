//! From syntax tree to physical plan: name and type resolution, rewriting, costs.
