//! The machine under simulated time: recycles, crashes, drains that do not end.

use super::*;

const MINUTE: Duration = Duration::from_secs(60);

fn secs(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn id(number: u64) -> ProcessorId {
    ProcessorId(number)
}

fn serving_machine() -> Machine {
    let mut machine = Machine::new(SupervisorConfig::default());
    assert_eq!(machine.step(secs(0), 0, Input::Tick), [Output::Start(id(1))]);
    assert_eq!(machine.step(secs(0), 0, Input::Started(id(1))), [Output::Route(id(1))]);
    machine
}

#[test]
fn the_old_one_drains_only_after_the_new_one_serves() {
    let mut machine = serving_machine();
    assert_eq!(machine.step(secs(1), 0, Input::Recycle), [Output::Start(id(2))]);
    assert_eq!(machine.serving(), Some(id(1)));
    assert_eq!(
        machine.step(secs(2), 0, Input::Started(id(2))),
        [Output::Route(id(2)), Output::Drain(id(1))]
    );
    assert_eq!(machine.step(secs(3), 0, Input::Sessions(id(1), 4)), []);
    assert_eq!(machine.step(secs(4), 0, Input::Sessions(id(1), 0)), [Output::Retire(id(1))]);
    assert_eq!(machine.draining().count(), 0);
}

#[test]
fn a_day_of_recycles_every_hour_within_the_jitter() {
    let mut machine = serving_machine();
    let mut random = 0x9e37_79b9_7f4a_7c15u64;
    let mut last = Duration::ZERO;
    let mut ages = Vec::new();
    for _ in 0..24 {
        let now = machine.next_deadline().expect("an age limit");
        assert_eq!(machine.step(now - secs(1), random, Input::Tick), []);
        let outputs = machine.step(now, random, Input::Tick);
        let [Output::Start(fresh)] = outputs[..] else { panic!("{outputs:?}") };
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let outputs = machine.step(now, random, Input::Started(fresh));
        let [Output::Route(_), Output::Drain(old)] = outputs[..] else { panic!("{outputs:?}") };
        assert_eq!(machine.step(now + secs(1), 0, Input::Sessions(old, 0)), [Output::Retire(old)]);
        ages.push(now - last);
        last = now;
    }
    assert!(ages.iter().all(|age| (54 * MINUTE..=66 * MINUTE).contains(age)), "{ages:?}");
    assert!(ages.windows(2).any(|pair| pair[0] != pair[1]), "jitter changes the ages");
}

#[test]
fn a_drain_that_does_not_end_is_terminated_and_then_given_up() {
    let config = SupervisorConfig::default();
    let mut machine = serving_machine();
    machine.step(secs(1), 0, Input::Recycle);
    machine.step(secs(1), 0, Input::Started(id(2)));
    let limit = machine.next_deadline().expect("the drain's limit");
    assert_eq!(limit, secs(1) + config.drain_limit);
    assert_eq!(machine.step(limit, 0, Input::Tick), [Output::Terminate(id(1))]);
    let limit = machine.next_deadline().expect("the limit after termination");
    assert_eq!(machine.step(limit, 0, Input::Sessions(id(1), 1)), [Output::Retire(id(1))]);
}

#[test]
fn a_crash_is_answered_at_once_and_repeated_crashes_slowly() {
    let mut machine = serving_machine();
    assert_eq!(machine.step(secs(10), 0, Input::Crashed(id(1))), [Output::Start(id(2))]);
    // Further panics of the same one, and of the one that drains, change nothing.
    assert_eq!(machine.step(secs(10), 0, Input::Crashed(id(1))), []);
    machine.step(secs(10), 0, Input::Started(id(2)));
    assert_eq!(machine.step(secs(10), 0, Input::Crashed(id(1))), []);
    let mut now = secs(10);
    let mut delays = Vec::new();
    for number in 2..12 {
        assert_eq!(machine.step(now, 0, Input::Crashed(id(number))), []);
        machine.step(now, 0, Input::Sessions(id(number - 1), 0));
        let due = machine.next_deadline().expect("a replacement is due");
        delays.push((due - now).as_secs());
        now = due;
        assert_eq!(machine.step(now, 0, Input::Tick), [Output::Start(id(number + 1))]);
        machine.step(now, 0, Input::Started(id(number + 1)));
    }
    assert_eq!(delays, [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
    // After a quiet time a crash counts as the first.
    now += secs(600);
    machine.step(now, 0, Input::Sessions(id(11), 0));
    let outputs = machine.step(now, 0, Input::Crashed(id(12)));
    assert!(outputs.contains(&Output::Start(id(13))), "{outputs:?}");
}

#[test]
fn a_failed_start_is_tried_again_and_the_old_one_goes_on() {
    let mut machine = serving_machine();
    assert_eq!(machine.step(secs(5), 0, Input::Recycle), [Output::Start(id(2))]);
    assert_eq!(machine.step(secs(5), 0, Input::StartFailed(id(2))), [Output::Start(id(3))]);
    assert_eq!(machine.step(secs(5), 0, Input::StartFailed(id(3))), []);
    assert_eq!(machine.next_deadline(), Some(secs(6)));
    assert_eq!(machine.serving(), Some(id(1)));
}

#[test]
fn recycles_wait_while_too_many_drain() {
    let mut machine = serving_machine();
    for number in 2..2 + MAXIMUM_DRAINING as u64 {
        assert_eq!(machine.step(secs(2), 0, Input::Recycle), [Output::Start(id(number))]);
        machine.step(secs(2), 0, Input::Started(id(number)));
    }
    assert_eq!(machine.step(secs(2), 0, Input::Recycle), []);
    let outputs = machine.step(secs(3), 0, Input::Sessions(id(1), 0));
    assert_eq!(outputs[0], Output::Retire(id(1)));
    assert!(matches!(outputs[1], Output::Start(_)), "the waiting recycle goes on");
}

#[test]
fn random_inputs_never_leave_sessions_without_a_processor() {
    let mut random = 1u64;
    let mut next = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    let mut machine = serving_machine();
    let mut now = Duration::ZERO;
    let mut newest = 1;
    for _ in 0..100_000 {
        now += Duration::from_millis(next() % 200_000);
        let number = ProcessorId(newest.max(20) - next() % 20);
        let input = match next() % 7 {
            0 => Input::Tick,
            1 | 2 => Input::Started(ProcessorId(newest)),
            3 => Input::StartFailed(ProcessorId(newest)),
            4 => Input::Crashed(number),
            5 => Input::Sessions(number, (next() % 3) as usize),
            _ => Input::Recycle,
        };
        let before = machine.serving();
        let outputs = machine.step(now, next(), input);
        for output in &outputs {
            match *output {
                Output::Start(id) => newest = id.0,
                Output::Drain(id) => assert_eq!(before, Some(id), "only a replaced one drains"),
                Output::Terminate(id) | Output::Retire(id) => {
                    assert_ne!(machine.serving(), Some(id));
                }
                Output::Route(id) => assert_eq!(machine.serving(), Some(id)),
            }
        }
        assert!(machine.serving().is_some());
    }
    assert!(newest > 100, "recycles happened");
}
