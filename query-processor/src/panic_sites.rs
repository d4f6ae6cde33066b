//! Places where a test makes a session panic, to prove that the others go on. They are in debug builds only: a release
//! build has neither the comparison nor the panic.
//!
//! A statement whose text begins with `/* panic site: PLACE */` panics there.

/// Panics if the statement asks for a panic at this place.
#[cfg(debug_assertions)]
pub fn reach(text: &str, place: &str) {
    let asked = text.strip_prefix("/* panic site: ").and_then(|rest| rest.split_once(" */"));
    assert!(asked.is_none_or(|(asked, _)| asked != place), "the statement asked for a panic");
}

#[cfg(not(debug_assertions))]
pub fn reach(_text: &str, _place: &str) {}

#[cfg(all(test, debug_assertions))]
mod tests {
    use super::*;

    #[test]
    fn only_the_place_that_is_asked_for_panics() {
        let text = "/* panic site: plan */ select 1";
        reach(text, "session");
        reach("select '/* panic site: plan */'", "plan");
        assert!(std::panic::catch_unwind(|| reach(text, "plan")).is_err());
    }
}
