//! How keys are chosen.
//!
//! The zipf generator is that of Gray et al., "Quickly Generating Billion-Record Synthetic
//! Databases" (SIGMOD 1994), section 3, as YCSB uses it. Ranks are spread over the key space by a
//! multiplication modulo its size, so that the hot keys are not neighbours that share a shard.

use rand::Rng;

use crate::options::Distribution;

/// Chooses keys from `0..count`.
#[derive(Clone, Debug)]
pub(crate) enum KeyChooser {
    Uniform { count: u64 },
    Zipf { zipf: Zipf, multiplier: u64 },
}

impl KeyChooser {
    /// Takes time in proportion to `count` for a zipf distribution: make one and clone it.
    pub(crate) fn new(distribution: Distribution, count: u64, theta: f64) -> Self {
        match distribution {
            Distribution::Uniform => Self::Uniform { count },
            Distribution::Zipf => {
                Self::Zipf { zipf: Zipf::new(count, theta), multiplier: coprime_multiplier(count) }
            }
        }
    }

    pub(crate) fn choose(&self, random: &mut impl Rng) -> u64 {
        match self {
            Self::Uniform { count } => random.random_range(0..*count),
            Self::Zipf { zipf, multiplier } => {
                let rank = zipf.rank(random.random());
                let spread = u128::from(rank) * u128::from(*multiplier) % u128::from(zipf.count);
                u64::try_from(spread).expect("a remainder is below its 64-bit divisor")
            }
        }
    }

    /// Two different keys; `count` must be at least 2.
    pub(crate) fn choose_pair(&self, random: &mut impl Rng) -> (u64, u64) {
        let count = match self {
            Self::Uniform { count } => *count,
            Self::Zipf { zipf, .. } => zipf.count,
        };
        let first = self.choose(random);
        let second = self.choose(random);
        // Hot keys are often drawn twice; the neighbour avoids an unbounded number of draws.
        (first, if first == second { (second + 1) % count } else { second })
    }
}

/// A factor that maps `0..count` onto itself without two ranks meeting.
fn coprime_multiplier(count: u64) -> u64 {
    let mut candidate = 2_654_435_761 % count.max(1);
    while greatest_common_divisor(candidate, count) != 1 {
        candidate += 1;
    }
    candidate
}

fn greatest_common_divisor(mut left: u64, mut right: u64) -> u64 {
    while right != 0 {
        (left, right) = (right, left % right);
    }
    left
}

#[derive(Clone, Debug)]
pub(crate) struct Zipf {
    count: u64,
    zeta: f64,
    alpha: f64,
    eta: f64,
    second: f64,
}

impl Zipf {
    fn new(count: u64, theta: f64) -> Self {
        let zeta_of = |limit: u64| (1..=limit).map(|rank| (rank as f64).powf(-theta)).sum::<f64>();
        let zeta = zeta_of(count);
        let eta = (1.0 - (2.0 / count as f64).powf(1.0 - theta)) / (1.0 - zeta_of(2) / zeta);
        Self { count, zeta, alpha: 1.0 / (1.0 - theta), eta, second: 1.0 + 0.5f64.powf(theta) }
    }

    /// The rank, from 0 for the hottest, that belongs to a uniform number in `0..1`.
    fn rank(&self, uniform: f64) -> u64 {
        let scaled = uniform * self.zeta;
        if scaled < 1.0 {
            return 0;
        }
        if scaled < self.second {
            return 1.min(self.count - 1);
        }
        let rank = self.count as f64 * (self.eta * uniform - self.eta + 1.0).powf(self.alpha);
        (rank as u64).min(self.count - 1)
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    const DRAWS: usize = 200_000;

    fn counts(chooser: &KeyChooser, count: usize) -> Vec<usize> {
        let mut random = StdRng::seed_from_u64(7);
        let mut counts = vec![0; count];
        for _ in 0..DRAWS {
            counts[usize::try_from(chooser.choose(&mut random)).expect("small")] += 1;
        }
        counts
    }

    #[test]
    fn zipf_gives_each_rank_its_share() {
        let count = 1_000;
        let theta = 0.9;
        let mut seen = counts(&KeyChooser::new(Distribution::Zipf, count, theta), 1_000);
        seen.sort_unstable_by(|left, right| right.cmp(left));
        let zeta: f64 = (1..=count).map(|rank| (rank as f64).powf(-theta)).sum();
        // Ranks 0 and 1 are exact in this method, the tail is an approximation.
        for (rank, tolerance) in [(0usize, 0.03), (1, 0.05), (9, 0.25), (99, 0.3)] {
            let expected = DRAWS as f64 * ((rank + 1) as f64).powf(-theta) / zeta;
            let error = (seen[rank] as f64 - expected).abs() / expected;
            assert!(error < tolerance, "rank {rank}: {} for {expected}", seen[rank]);
        }
    }

    #[test]
    fn uniform_prefers_no_key() {
        let seen = counts(&KeyChooser::new(Distribution::Uniform, 100, 0.5), 100);
        assert!(seen.iter().all(|&count| (1_700..2_300).contains(&count)));
    }

    #[test]
    fn ranks_are_spread_without_meeting() {
        for count in [1u64, 2, 3, 10, 97, 1_000, 65_536] {
            let multiplier = coprime_multiplier(count);
            let mut seen = vec![false; usize::try_from(count).expect("small")];
            for rank in 0..count {
                let key = usize::try_from(rank * multiplier % count).expect("small");
                assert!(!std::mem::replace(&mut seen[key], true), "{count}: {rank}");
            }
        }
    }

    #[test]
    fn small_key_spaces_stay_in_bounds() {
        let mut random = StdRng::seed_from_u64(1);
        for distribution in [Distribution::Uniform, Distribution::Zipf] {
            for count in 2..6 {
                let chooser = KeyChooser::new(distribution, count, 0.99);
                for _ in 0..1_000 {
                    let (left, right) = chooser.choose_pair(&mut random);
                    assert!(left != right && left < count && right < count);
                }
            }
        }
        assert_eq!(KeyChooser::new(Distribution::Zipf, 1, 0.5).choose(&mut random), 0);
    }
}
