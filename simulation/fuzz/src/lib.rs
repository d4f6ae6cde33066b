//! Hostile bytes for every decoder that reads what others wrote: files, other nodes, clients.
//!
//! A target is a function of random numbers: it makes an input, mostly a valid one with a few bytes changed, hands it to
//! a decoder, and asserts what must hold of whatever was accepted. [`campaign`] runs it for a while, each time from the
//! next seed; a panic or an input that takes too long fails the test and prints the seed that repeats it.
//!
//! ```text
//! cargo test -p fuzz                                  two seconds for each target
//! FUZZ_SECONDS=1800 cargo test -p fuzz -- --nocapture half an hour for each
//! FUZZ_SEED=17 cargo test -p fuzz rows                one input again
//! ```
//!
//! The short run begins with the same seeds each time, so that a change is judged by what it changed; a run with
//! `FUZZ_SECONDS` begins anywhere.
//!
//! Mutations know no coverage: what they reach is what the valid inputs they begin with reach. So each target begins with
//! inputs of every shape that its format has.

#![allow(clippy::print_stdout, reason = "what a failing test prints is its report")]

use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// No input of the sizes used here may take longer on a busy machine.
const INPUT_LIMIT: Duration = Duration::from_secs(5);
const DEFAULT_SECONDS: u64 = 2;

/// Runs a target until the time is over, or once with the seed of `FUZZ_SEED`.
pub fn campaign(name: &str, mut target: impl FnMut(&mut StdRng)) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    if let Some(seed) = number("FUZZ_SEED") {
        return target(&mut StdRng::seed_from_u64(seed));
    }
    let (limit, first) = match number("FUZZ_SECONDS") {
        Some(seconds) => (Duration::from_secs(seconds), rand::random::<u32>().into()),
        None => (Duration::from_secs(DEFAULT_SECONDS), 0_u64),
    };
    let begun = Instant::now();
    let mut seed = first << 20;
    while begun.elapsed() < limit {
        let running = Running { name, seed };
        let started = Instant::now();
        target(&mut StdRng::seed_from_u64(seed));
        let taken = started.elapsed();
        assert!(taken < INPUT_LIMIT, "{name}: an input took {taken:?}");
        drop(running);
        seed += 1;
    }
    println!("{name}: {} inputs from seed {} on", seed - (first << 20), first << 20);
}

/// Says which input it was when the target panics.
struct Running<'a> {
    name: &'a str,
    seed: u64,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("{0}: FUZZ_SEED={1} cargo test -p fuzz {0}", self.name, self.seed);
        }
    }
}

/// Changes a few bytes: flips, overwrites, cuts, doubles, inserts.
pub fn mutate(bytes: &mut Vec<u8>, random: &mut StdRng) {
    const TELLING: [u8; 10] = [0, 1, 2, 3, 0x7f, 0x80, 0xfe, 0xff, b'"', b'\\'];
    for _ in 0..random.random_range(0..6) {
        let at = random.random_range(0..=bytes.len());
        let end = (at + random.random_range(0..9)).min(bytes.len());
        match random.random_range(0..7) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.random_range(0..8),
            1 if at < bytes.len() => bytes[at] = TELLING[random.random_range(0..TELLING.len())],
            2 => bytes.truncate(at),
            3 => drop(bytes.drain(at..end)),
            4 => {
                let piece: Vec<u8> = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            5 => bytes.insert(at, random.random()),
            // A number in the middle becomes a telling one: lengths and counts live there.
            _ if at + 4 <= bytes.len() => {
                let numbers = [0, 1, -1, i32::MAX, i32::MIN, 1 << 20, 0x0100_0000];
                let number = numbers[random.random_range(0..numbers.len())];
                let bytes_of = if random.random_bool(0.5) {
                    number.to_be_bytes()
                } else {
                    number.to_le_bytes()
                };
                bytes[at..at + 4].copy_from_slice(&bytes_of);
            }
            _ => {}
        }
    }
}

/// One of them, with a few bytes changed; as text again, whatever that does to characters.
pub fn mutated_text(samples: &[&str], random: &mut StdRng) -> String {
    let mut bytes = samples[random.random_range(0..samples.len())].as_bytes().to_vec();
    if random.random_bool(0.2) {
        let other = samples[random.random_range(0..samples.len())].as_bytes();
        let at = random.random_range(0..=bytes.len());
        bytes.splice(at..at, other.iter().copied());
    }
    mutate(&mut bytes, random);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Any bytes.
pub fn noise(most: usize, random: &mut StdRng) -> Vec<u8> {
    let mut bytes = vec![0; random.random_range(0..=most)];
    random.fill(&mut bytes[..]);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "found")]
    fn what_a_target_finds_fails_the_test() {
        campaign("what_a_target_finds", |random| {
            assert!(random.random_range(0..100) != 7, "found");
        });
    }

    #[test]
    fn a_seed_means_the_same_input() {
        let input = || mutated_text(&["select 1", "[1, 2]"], &mut StdRng::seed_from_u64(5));
        assert_eq!(input(), input());
    }
}
