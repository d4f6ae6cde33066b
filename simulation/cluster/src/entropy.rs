//! The operating system's random numbers, replaced by a seed's.
//!
//! Hash maps, jitter of elections and the order in which `select!` looks at its branches all begin with `getrandom`. The
//! standard library and the crate `getrandom` call the C library's function of that name by its symbol, so a program that
//! has a function of this name decides what they get. With one thread and one run for each process, a seed then decides
//! everything.
//!
//! Nothing secret is made in a simulation. The program and the tests of this package are linked with this function; no
//! other program depends on this package.
#![allow(unsafe_code, reason = "the C library's function can only be replaced by a C function")]

use std::sync::atomic::{AtomicU64, Ordering};

use simulation_core::random::Random;

static SEED: AtomicU64 = AtomicU64::new(0);
static CALLS: AtomicU64 = AtomicU64::new(0);

/// From now on random numbers are this seed's.
pub fn seed(seed: u64) {
    SEED.store(seed, Ordering::SeqCst);
    CALLS.store(0, Ordering::SeqCst);
}

/// Fills a buffer with random bytes; always all of it.
///
/// # Safety
/// As of the C library's: `buffer` points to `length` bytes that may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn getrandom(buffer: *mut u8, length: usize, _flags: u32) -> isize {
    let call = CALLS.fetch_add(1, Ordering::SeqCst);
    let mut random = Random::new(SEED.load(Ordering::SeqCst).rotate_left(32) ^ call);
    for place in 0..length {
        let byte = (random.word() >> 24) as u8;
        // SAFETY: `place` is below the length that the caller says may be written.
        unsafe { buffer.add(place).write(byte) };
    }
    isize::try_from(length).unwrap_or(isize::MAX)
}

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasher, RandomState};

    /// In a thread of its own: keys of hash maps are drawn once for each thread.
    fn hash_of_a_new_thread() -> u64 {
        let hash = || RandomState::new().hash_one(7);
        std::thread::spawn(hash).join().expect("does not panic")
    }

    #[test]
    fn hash_maps_follow_the_seed() {
        let with = |seed| {
            super::seed(seed);
            hash_of_a_new_thread()
        };
        assert_eq!(with(1), with(1));
        assert_ne!(with(1), with(2));
    }
}
