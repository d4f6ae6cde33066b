//! Histories in the form that Jepsen's Elle reads: one map for each event.

use std::fmt::Write;

use checkers::{History, Operation, Status, Transaction};

/// The whole history, an event a line.
pub fn write(history: &History) -> String {
    let mut events: Vec<(u32, &Transaction, bool)> = Vec::new();
    for one in &history.transactions {
        events.push((one.invoked, one, false));
        if let Some(completed) = one.completed {
            events.push((completed, one, true));
        }
    }
    events.sort_by_key(|(at, ..)| *at);
    let mut text = String::new();
    for (at, one, ended) in events {
        let kind = match (ended, one.status) {
            (false, _) => "invoke",
            (true, Status::Committed) => "ok",
            (true, Status::Failed) => "fail",
            (true, Status::Unknown) => "info",
        };
        let shown = ended && one.status == Status::Committed;
        let steps: Vec<String> = one.operations.iter().map(|step| operation(step, shown)).collect();
        let (process, steps) = (one.process, steps.join(" "));
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "{{:index {at}, :type :{kind}, :process {process}, :f :txn, :value [{steps}]}}"
        );
    }
    text
}

fn operation(step: &Operation, shown: bool) -> String {
    match step {
        Operation::Append { key, value } => format!("[:append {key} {value}]"),
        Operation::Read { key, list } if shown => {
            let values: Vec<String> = list.iter().map(ToString::to_string).collect();
            format!("[:r {key} [{}]]", values.join(" "))
        }
        Operation::Read { key, .. } => format!("[:r {key} nil]"),
    }
}

#[cfg(test)]
mod tests {
    use checkers::Recorder;

    use super::*;

    #[test]
    fn events_stand_in_their_order() {
        let mut recorder = Recorder::default();
        let steps = vec![Operation::Append { key: 1, value: 5 }];
        let one = recorder.invoke(0, steps.clone());
        let read = Operation::Read { key: 1, list: [5].into() };
        let two = recorder.invoke(1, vec![read.clone()]);
        recorder.complete(one, Status::Failed, steps);
        recorder.complete(two, Status::Committed, vec![read]);
        let expected = "{:index 0, :type :invoke, :process 0, :f :txn, :value [[:append 1 5]]}
{:index 1, :type :invoke, :process 1, :f :txn, :value [[:r 1 nil]]}
{:index 2, :type :fail, :process 0, :f :txn, :value [[:append 1 5]]}
{:index 3, :type :ok, :process 1, :f :txn, :value [[:r 1 [5]]]}
";
        assert_eq!(write(&recorder.finish()), expected);
    }
}
