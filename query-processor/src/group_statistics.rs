//! What ANALYZE finds about several columns together, as CREATE STATISTICS asks.
//!
//! Each value of the sample becomes its rank among the values of its column, and each combination of values the number of
//! the group of rows that have it; a group of more columns is made of one of fewer and a rank. NULL is a value like others
//! here, as in PostgreSQL, whose formulas these are (`mvdistinct.c`, `dependencies.c`, `mcv.c`).

use std::collections::HashMap;

use catalog::statistics::{CommonCombination, ExtendedStatistics, GroupStatistics};
use catalog::{AttributeNumber, Relation};
use types::{Datum, Row};

/// What is gathered for a column unless ALTER TABLE … SET STATISTICS says otherwise.
const TARGET: i32 = 100;

/// The rows of the sample by what they have in some columns.
struct Groups {
    /// By row.
    group: Vec<u32>,
    /// By group: how many rows.
    sizes: Vec<u32>,
    /// By group: one of its rows.
    first: Vec<usize>,
}

impl Groups {
    /// By the values of one column, NULLs together.
    fn of_column(rows: &[&Row], position: usize) -> Groups {
        let value = |row: usize| rows[row].get(position).unwrap_or(&Datum::Null);
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by(|a, b| types::compare::compare(value(*a), value(*b)));
        let mut made = Groups { group: vec![0; rows.len()], sizes: Vec::new(), first: Vec::new() };
        for row in order {
            let is_same = made
                .first
                .last()
                .is_some_and(|last| types::compare::compare(value(*last), value(row)).is_eq());
            if !is_same {
                made.first.push(row);
                made.sizes.push(0);
            }
            let group = made.first.len() - 1;
            made.group[row] = group as u32;
            made.sizes[group] += 1;
        }
        made
    }

    fn with(&self, other: &Groups) -> Groups {
        let mut numbers: HashMap<(u32, u32), u32> = HashMap::new();
        let mut made = Groups { group: Vec::new(), sizes: Vec::new(), first: Vec::new() };
        for (row, pair) in self.group.iter().copied().zip(other.group.iter().copied()).enumerate() {
            let number = *numbers.entry(pair).or_insert_with(|| {
                made.first.push(row);
                made.sizes.push(0);
                made.first.len() as u32 - 1
            });
            made.sizes[number as usize] += 1;
            made.group.push(number);
        }
        made
    }

    /// Groups in the whole table, by Haas and Stokes' estimator.
    fn estimated(&self, total: f64) -> f64 {
        let (n, d) = (self.group.len() as f64, self.sizes.len() as f64);
        let once = self.sizes.iter().filter(|size| **size == 1).count() as f64;
        let estimated = n * d / (n - once + once * n / total);
        estimated.clamp(d, total.max(d)).round()
    }

    fn size(&self, row: usize) -> u32 {
        self.sizes[self.group[row] as usize]
    }

    /// The fraction of rows whose group here is not split by the columns that `finer` has in addition.
    fn decides(&self, finer: &Groups) -> f64 {
        let rows = self.group.len();
        let whole = (0..rows).filter(|row| self.size(*row) == finer.size(*row)).count();
        whole as f64 / rows as f64
    }
}

/// The most common of the combinations of all columns.
fn most_common(
    rows: &[&Row],
    positions: &[usize],
    groups: &[Groups],
    total: f64,
    target: usize,
) -> Vec<CommonCombination> {
    let n = rows.len() as f64;
    let together = &groups[groups.len() - 1];
    let mut order: Vec<usize> = (0..together.sizes.len()).collect();
    order.sort_by_key(|group| (std::cmp::Reverse(together.sizes[*group]), *group));
    order.truncate(target);
    // What is rarer in the sample says little about the table: its relative error is above 20 %.
    let least = n * (total - n) / (total - n + 0.04 * n * (total - 1.0)).max(1.0);
    order.retain(|group| f64::from(together.sizes[*group]) >= least);
    let combination = |group: usize| {
        let row = together.first[group];
        let value = |position: &usize| rows[row].get(*position).cloned().unwrap_or(Datum::Null);
        CommonCombination {
            values: positions.iter().map(value).collect(),
            fraction: f64::from(together.sizes[group]) / n,
            independent: (0..positions.len())
                .map(|place| f64::from(groups[1 << place].size(row)) / n)
                .product(),
        }
    };
    order.into_iter().map(combination).collect()
}

/// The statistics of one object, from a sample of a table with `total` rows; `None` if its target is zero.
pub fn gather(
    statistics: &ExtendedStatistics,
    relation: &Relation,
    rows: &[&Row],
    total: u64,
) -> Option<GroupStatistics> {
    let columns = statistics.columns.iter().filter_map(|n| relation.column_by_number(*n));
    let of_columns = columns.map(|column| column.statistics_target.unwrap_or(TARGET)).max()?;
    let target = if statistics.target < 0 { of_columns } else { statistics.target };
    if target <= 0 || rows.is_empty() {
        return None;
    }
    let positions: Vec<usize> =
        statistics.columns.iter().map(|number| *number as usize - 1).collect();
    let total = (total as f64).max(rows.len() as f64);
    // By the set of columns, as bits.
    let nothing =
        Groups { group: vec![0; rows.len()], sizes: vec![rows.len() as u32], first: vec![0] };
    let mut groups = vec![nothing];
    for set in 1_usize..1 << positions.len() {
        let (lowest, others) = (set.trailing_zeros() as usize, set & (set - 1));
        groups.push(match others {
            0 => Groups::of_column(rows, positions[lowest]),
            _ => groups[others].with(&groups[1 << lowest]),
        });
    }
    let within = |set: usize| (0..positions.len()).filter(move |place| set & (1 << place) != 0);
    let numbers = |set: usize| -> Vec<AttributeNumber> {
        within(set).map(|place| statistics.columns[place]).collect()
    };
    let mut found = GroupStatistics {
        object: statistics.oid,
        columns: statistics.columns.clone(),
        ..GroupStatistics::default()
    };
    for (set, made) in groups.iter().enumerate().filter(|(set, _)| set.count_ones() > 1) {
        if statistics.kinds.contains('d') {
            found.distinct.push((numbers(set), made.estimated(total)));
        }
        if statistics.kinds.contains('f') {
            for to in within(set) {
                let from = set & !(1 << to);
                let degree = groups[from].decides(made);
                if degree > 0.0 {
                    found.dependencies.push((numbers(from), statistics.columns[to], degree));
                }
            }
        }
    }
    if statistics.kinds.contains('m') {
        found.most_common = most_common(rows, &positions, &groups, total, target as usize);
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(rows: &[(i32, i32)]) -> (Vec<Groups>, Vec<Row>) {
        let rows: Vec<Row> =
            rows.iter().map(|(a, b)| vec![Datum::Int4(*a), Datum::Int4(*b)]).collect();
        let sample: Vec<&Row> = rows.iter().collect();
        let (first, second) = (Groups::of_column(&sample, 0), Groups::of_column(&sample, 1));
        let together = first.with(&second);
        let nothing = Groups { group: Vec::new(), sizes: Vec::new(), first: Vec::new() };
        (vec![nothing, first, second, together], rows)
    }

    #[test]
    fn a_column_decides_another_as_far_as_its_groups_stay_whole() {
        let (groups, _) = groups(&[(1, 10), (1, 10), (2, 10), (3, 20), (3, 21), (4, 20)]);
        let sizes: Vec<usize> = groups.iter().map(|group| group.sizes.len()).collect();
        assert_eq!(sizes, [0, 4, 2 + 1, 5]);
        let near = |found: f64, wanted: f64| assert!((found - wanted).abs() < 1e-9, "{found}");
        // All but the two rows with 3.
        near(groups[1].decides(&groups[3]), 4.0 / 6.0);
        // Only the row with 21.
        near(groups[2].decides(&groups[3]), 1.0 / 6.0);
    }

    #[test]
    fn common_combinations_know_what_chance_would_make_of_them() {
        let mut pairs = vec![(1, 1); 60];
        pairs.extend(vec![(2, 2); 30]);
        pairs.extend((0..10).map(|i| (100 + i, 1)));
        let (groups, rows) = groups(&pairs);
        let rows: Vec<&Row> = rows.iter().collect();
        // One row of a hundred among ten thousand may be chance.
        let found = most_common(&rows, &[0, 1], &groups, 10_000.0, 100);
        let shown: Vec<String> = found
            .iter()
            .map(|one| format!("{:?} {:.2} {:.2}", one.values, one.fraction, one.independent))
            .collect();
        assert_eq!(shown, ["[Int4(1), Int4(1)] 0.60 0.42", "[Int4(2), Int4(2)] 0.30 0.09"]);
        assert_eq!(most_common(&rows, &[0, 1], &groups, 100.0, 100).len(), 12);
        assert_eq!(most_common(&rows, &[0, 1], &groups, 100.0, 5).len(), 5);
    }

    #[test]
    fn combinations_that_are_seen_once_are_taken_for_more_than_are_seen() {
        let pairs: Vec<(i32, i32)> = (0..100).map(|i| (i, i)).collect();
        let (groups, _) = groups(&pairs);
        assert!((groups[3].estimated(100.0) - 100.0).abs() < 1e-9);
        assert!((groups[3].estimated(5_000.0) - 5_000.0).abs() < 1e-9);
    }
}
