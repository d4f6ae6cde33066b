//! The random values of TPC-C: NURand, last names from syllables, strings of letters and digits.
//!
//! Clause numbers are those of the TPC-C standard, revision 5.11.

use rand::Rng;

/// The syllables of last names (4.3.2.3).
const SYLLABLES: [&str; 10] =
    ["BAR", "OUGHT", "ABLE", "PRI", "PRES", "ESE", "ANTI", "CALLY", "ATION", "EING"];

const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// The constants C of NURand. That for last names differs between population and run, by a distance that 2.1.6.1
/// allows: 65 to 119, but neither 96 nor 112.
pub(crate) const LAST_NAME_AT_LOAD: i32 = 157;
pub(crate) const LAST_NAME_IN_RUN: i32 = 223;
const CUSTOMER: i32 = 259;
const ITEM: i32 = 7_911;

/// NURand(A, x, y) of 2.1.6.
pub(crate) fn non_uniform(
    random: &mut impl Rng,
    spread: i32,
    range: (i32, i32),
    constant: i32,
) -> i32 {
    let (low, high) = range;
    let mixed = random.random_range(0..=spread) | random.random_range(low..=high);
    (mixed + constant) % (high - low + 1) + low
}

/// A customer of a district that has so many.
pub(crate) fn customer(random: &mut impl Rng, customers: i32) -> i32 {
    non_uniform(random, 1_023, (1, customers), CUSTOMER)
}

/// An item, of so many.
pub(crate) fn item(random: &mut impl Rng, items: i32) -> i32 {
    non_uniform(random, 8_191, (1, items), ITEM)
}

/// The number of a last name, among those that the customers of a district have.
pub(crate) fn last_name_number(random: &mut impl Rng, customers: i32, constant: i32) -> i32 {
    non_uniform(random, 255, (0, customers.min(1_000) - 1), constant)
}

/// The last name of a number from 0 to 999.
pub(crate) fn last_name(number: i32) -> String {
    [number / 100 % 10, number / 10 % 10, number % 10]
        .iter()
        .map(|digit| SYLLABLES[usize::try_from(*digit).expect("a digit is not negative")])
        .collect()
}

/// Letters and digits, so many or some number in between.
pub(crate) fn letters(random: &mut impl Rng, least: usize, most: usize) -> String {
    let length = random.random_range(least..=most);
    (0..length).map(|_| char::from(LETTERS[random.random_range(0..LETTERS.len())])).collect()
}

/// Digits only.
pub(crate) fn digits(random: &mut impl Rng, length: usize) -> String {
    (0..length).map(|_| char::from(b'0' + random.random_range(0..10u8))).collect()
}

/// A ZIP code (4.3.2.7).
pub(crate) fn zip(random: &mut impl Rng) -> String {
    digits(random, 4) + "11111"
}

/// The data of an item or a stock: one in ten contains ORIGINAL (4.3.3.1).
pub(crate) fn original(random: &mut impl Rng) -> String {
    let mut text = letters(random, 26, 50);
    if random.random_range(0..10) == 0 {
        let start = random.random_range(0..=text.len() - 8);
        text.replace_range(start..start + 8, "ORIGINAL");
    }
    text
}

/// Cents as a decimal number.
pub(crate) fn money(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn names_are_made_of_syllables() {
        assert_eq!(last_name(0), "BARBARBAR");
        assert_eq!(last_name(371), "PRICALLYOUGHT");
        assert_eq!(last_name(999), "EINGEINGEING");
    }

    #[test]
    fn the_distance_of_the_constants_is_a_legal_one() {
        let distance = LAST_NAME_IN_RUN - LAST_NAME_AT_LOAD;
        assert!((65..=119).contains(&distance) && distance != 96 && distance != 112);
    }

    #[test]
    fn what_is_chosen_lies_in_its_range_and_prefers_some() {
        let mut random = StdRng::seed_from_u64(3);
        let mut seen = vec![0u32; 3_001];
        for _ in 0..300_000 {
            let chosen = customer(&mut random, 3_000);
            assert!((1..=3_000).contains(&chosen));
            seen[usize::try_from(chosen).expect("positive")] += 1;
        }
        // Uniform choice would give each about 100; NURand gives the hottest many times that.
        assert!(seen[1..].iter().max() > Some(&300) && seen[1..].iter().min() < Some(&50));
        for customers in [10, 30, 999, 3_000] {
            let number = last_name_number(&mut random, customers, LAST_NAME_IN_RUN);
            assert!((0..customers.min(1_000)).contains(&number));
        }
    }

    #[test]
    fn strings_have_the_length_and_the_mark_asked_for() {
        let mut random = StdRng::seed_from_u64(4);
        let data: Vec<String> = (0..1_000).map(|_| original(&mut random)).collect();
        assert!(data.iter().all(|text| (26..=50).contains(&text.len())));
        let marked = data.iter().filter(|text| text.contains("ORIGINAL")).count();
        assert!((60..150).contains(&marked), "{marked}");
        assert_eq!(zip(&mut random).len(), 9);
        assert_eq!(letters(&mut random, 24, 24).len(), 24);
        assert_eq!(
            (money(-1_000), money(5), money(123_456)),
            ("-10.00".to_owned(), "0.05".to_owned(), "1234.56".to_owned())
        );
    }
}
