//! From logical tree to physical plan: rewriting, choice of access paths and joins, costs.

pub mod access;
pub mod bitmap;
pub mod cost;
pub mod decorrelate;
pub mod disjunctions;
pub mod extended;
pub mod finish;
pub mod fold;
pub mod implied;
pub mod index_shape;
pub mod join_order;
pub mod joins;
pub mod limiting;
pub mod modify;
pub mod nearest;
pub mod order;
pub mod patterns;
pub mod physical;
pub mod push;
pub mod selectivity;
pub mod shaping;
pub mod sublinks;
