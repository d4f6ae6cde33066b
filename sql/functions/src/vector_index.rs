//! The operator classes of approximate indexes on vectors (`USING ivfflat`, `USING hnsw`), as pgvector names them.

use types::Oid;

/// The distance by which an index finds neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VectorClass {
    /// `<->`
    Euclidean,
    /// `<#>`: the negative inner product.
    InnerProduct,
    /// `<=>`
    Cosine,
    /// `<+>`
    Taxicab,
}

impl VectorClass {
    /// The class with this name.
    pub fn named(name: &str) -> Option<VectorClass> {
        Some(match name {
            "vector_l2_ops" => VectorClass::Euclidean,
            "vector_ip_ops" => VectorClass::InnerProduct,
            "vector_cosine_ops" => VectorClass::Cosine,
            "vector_l1_ops" => VectorClass::Taxicab,
            _ => return None,
        })
    }

    /// The function whose order the class finds.
    pub fn distance_function(self) -> Oid {
        match self {
            VectorClass::Euclidean => 9810,
            VectorClass::Cosine => 9812,
            VectorClass::Taxicab => 9813,
            VectorClass::InnerProduct => 9815,
        }
    }

    /// A vector as it is compared with others; `None` if the class has no place for it: nothing is near a vector without
    /// direction.
    pub fn prepared(self, vector: &[f32]) -> Option<Vec<f32>> {
        match self {
            VectorClass::Cosine => {
                let norm = product(vector, vector).sqrt();
                let has_direction = norm > 0.0 && norm.is_finite();
                has_direction.then(|| vector.iter().map(|value| value / norm).collect())
            }
            _ => Some(vector.to_vec()),
        }
    }

    /// How far two prepared vectors are apart; only the order of such numbers means something.
    pub fn distance(self, left: &[f32], right: &[f32]) -> f32 {
        match self {
            VectorClass::Euclidean => {
                sum(left, right, |left, right| (left - right) * (left - right))
            }
            VectorClass::Taxicab => sum(left, right, |left, right| (left - right).abs()),
            VectorClass::Cosine | VectorClass::InnerProduct => -product(left, right),
        }
    }

    /// The distance by which rows belong together. With the inner product, what is near to a row is not what is like it,
    /// but rows that are like each other have like products with all others.
    pub fn gathers_by(self) -> VectorClass {
        match self {
            VectorClass::InnerProduct => VectorClass::Euclidean,
            other => other,
        }
    }
}

fn product(left: &[f32], right: &[f32]) -> f32 {
    sum(left, right, |left, right| left * right)
}

/// Summed in eight lanes and a fixed order: quick, and the same on every machine, as what is stored depends on it.
fn sum(left: &[f32], right: &[f32], term: impl Fn(f32, f32) -> f32) -> f32 {
    let mut lanes = [0.0_f32; 8];
    let (left_parts, right_parts) = (left.chunks_exact(8), right.chunks_exact(8));
    let rest: f32 =
        left_parts.remainder().iter().zip(right_parts.remainder()).map(|(a, b)| term(*a, *b)).sum();
    for (left, right) in left_parts.zip(right_parts) {
        for lane in 0..8 {
            lanes[lane] += term(left[lane], right[lane]);
        }
    }
    lanes.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearer_is_less() {
        let classes = ["vector_l2_ops", "vector_ip_ops", "vector_cosine_ops", "vector_l1_ops"];
        for class in classes.map(|name| VectorClass::named(name).expect("a class")) {
            let prepared = |vector: &[f32]| class.prepared(vector).expect("has a place");
            let query: Vec<f32> = (0..11).map(|at| at as f32 / 4.0).collect();
            let near: Vec<f32> = query.iter().map(|value| value + 0.1).collect();
            let far: Vec<f32> = query.iter().rev().map(|value| -value).collect();
            let [query, near, far] = [query, near, far].map(|vector| prepared(&vector));
            assert!(class.distance(&query, &near) < class.distance(&query, &far), "{class:?}");
            let gathered = class.gathers_by();
            assert!(
                gathered.distance(&near, &near) <= gathered.distance(&near, &query),
                "{class:?}"
            );
        }
        assert_eq!(VectorClass::Cosine.prepared(&[0.0, 0.0]), None);
        assert_eq!(VectorClass::InnerProduct.prepared(&[0.0]), Some(vec![0.0]));
        assert_eq!(VectorClass::named("vector_ops"), None);
    }
}
