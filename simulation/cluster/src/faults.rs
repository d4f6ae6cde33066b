//! What goes wrong, and when: the plan's rates, the world's random numbers.

use std::sync::atomic::Ordering;

use simulation_core::plan::{MILLI, SECOND};

use crate::client::CLIENTS;
use crate::net::Way;
use crate::world::World;

/// A chance for each fault is so long.
const CHANCE: u64 = 10 * MILLI;

/// Something that is done at a time.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Action {
    Start(usize),
    Resume(usize),
    /// A disk is as fast as before.
    Quicken(usize),
    /// A way between two nodes is as before.
    Heal(u64, u64),
    /// A node is cut off for so long.
    Isolate(u64, u64),
    /// A disk has room again.
    MakeRoom(usize),
}

impl World {
    /// Every so often each fault has its chance.
    pub(crate) fn trouble(&mut self) {
        if !self.now.is_multiple_of(CHANCE) {
            return;
        }
        let rates = self.plan.rates.clone();
        let faults: [(u64, &'static str, fn(&mut World)); 16] = [
            (rates.kills, "process killed", World::kill_one),
            (rates.power_losses, "power lost", World::power_loss),
            (rates.torn_writes, "power lost in a write", World::tear),
            (rates.all_lose_power, "all lost power", World::all_lose_power),
            (rates.pauses, "process paused", World::pause),
            (rates.failing_syncs, "sync failed", World::fail_sync),
            (rates.slow_disks, "disk slow", World::slow_disk),
            (rates.one_way_cuts, "one way cut", World::cut_one_way),
            (rates.isolations, "node isolated", World::isolate),
            (rates.rings, "links cut to a ring", World::cut_to_ring),
            (rates.swizzles, "nodes cut off and healed in turn", World::swizzle),
            (rates.full_disks, "disk full", World::fill_disk),
            (rates.slow_links, "link slow", World::slow_link),
            (rates.resets, "connections reset", World::reset),
            (rates.leader_moves, "leader asked to move", World::move_leader),
            (rates.clock_steps, "clock stepped", World::step_clock),
        ];
        for (rate, name, happen) in faults {
            if self.random.per_mille(rate) {
                self.trace.mark(name);
                happen(self);
            }
        }
    }

    pub(crate) fn act(&mut self, action: Action) {
        match action {
            Action::Start(index) => self.start(index),
            Action::Resume(index) => self.resume(index),
            Action::Quicken(index) => {
                self.machines[index].sync.store(self.plan.sync, Ordering::SeqCst);
            }
            Action::Isolate(alone, lasts) => self.isolate_for(alone, lasts),
            Action::MakeRoom(index) => self.make_room(index),
            Action::Heal(from, to) => {
                self.trace.line(format_args!("{from}>{to} is healed"));
                self.net.set_way(from, to, Way::default());
            }
        }
    }

    fn any(&mut self) -> usize {
        self.random.index(self.machines.len())
    }

    /// How long something lasts: mostly short, now and then seconds, seldom until others take a node for dead.
    fn a_while(&mut self) -> u64 {
        let most = self.random.pick(&[300, 300, 1_500, 1_500, 4_000, 10_000]);
        self.random.between(20, most) * MILLI
    }

    fn down_for_a_while(&mut self, index: usize) {
        let after = self.a_while();
        self.post(after, Action::Start(index));
    }

    fn kill_one(&mut self) {
        let index = self.any();
        if self.is_up(index) {
            self.kill(index);
            self.down_for_a_while(index);
        }
    }

    fn power_loss(&mut self) {
        let index = self.any();
        if self.is_up(index) {
            self.lose_power(index);
            self.down_for_a_while(index);
        }
    }

    fn tear(&mut self) {
        let index = self.any();
        if self.is_up(index) {
            let operations = self.random.below(12);
            let machine = &mut self.machines[index];
            machine.injured = true;
            machine.files.lose_power_after(operations);
            self.trace.line(format_args!("node {}'s power goes soon", machine.node));
        }
    }

    fn all_lose_power(&mut self) {
        for index in 0..self.machines.len() {
            if self.is_up(index) {
                self.lose_power(index);
                self.down_for_a_while(index);
            }
        }
    }

    fn pause(&mut self) {
        let index = self.any();
        if self.is_up(index) && !self.machines[index].paused {
            self.machines[index].paused = true;
            self.trace.line(format_args!("node {} stands still", self.machines[index].node));
            let after = self.a_while();
            self.post(after, Action::Resume(index));
        }
    }

    fn fail_sync(&mut self) {
        let index = self.any();
        if self.is_up(index) {
            let skip = self.random.below(3);
            let machine = &mut self.machines[index];
            machine.injured = true;
            machine.files.fail_syncs(skip, 1);
            self.trace.line(format_args!("node {}'s disk will fail", machine.node));
        }
    }

    fn slow_disk(&mut self) {
        let index = self.any();
        let longest = self.random.pick(&[50, 300, 2_000, 8_000]) * MILLI;
        let machine = &self.machines[index];
        machine.sync.store(longest, Ordering::SeqCst);
        self.trace.line(format_args!("node {}'s disk is slow", machine.node));
        let after = self.a_while();
        self.post(after, Action::Quicken(index));
    }

    fn two(&mut self) -> Option<(u64, u64)> {
        let one = 1 + self.random.below(self.plan.node_count);
        let other = 1 + self.random.below(self.plan.node_count);
        (one != other).then_some((one, other))
    }

    fn change(&mut self, from: u64, to: u64, way: Way, lasts: u64) {
        self.trace.line(format_args!("{from}>{to} {way:?}"));
        self.net.set_way(from, to, way);
        self.post(lasts, Action::Heal(from, to));
    }

    fn cut(&mut self, from: u64, to: u64, lasts: u64) {
        let way = Way { is_cut: true, ..self.net.way(from, to) };
        self.change(from, to, way, lasts);
    }

    fn cut_one_way(&mut self) {
        if let Some((from, to)) = self.two() {
            let lasts = self.a_while();
            self.cut(from, to, lasts);
        }
    }

    fn isolate(&mut self) {
        let lasts = self.a_while();
        let alone = 1 + self.random.below(self.plan.node_count);
        self.isolate_for(alone, lasts);
    }

    fn isolate_for(&mut self, alone: u64, lasts: u64) {
        for other in self.plan.nodes().filter(|other| *other != alone) {
            self.cut(alone, other, lasts);
            self.cut(other, alone, lasts);
        }
    }

    /// Some nodes are cut off one after the other and come back in another order.
    fn swizzle(&mut self) {
        for node in self.plan.nodes() {
            if self.random.per_mille(600) {
                let (after, lasts) = (self.random.below(1_000), self.random.between(100, 2_500));
                self.post(after * MILLI, Action::Isolate(node, lasts * MILLI));
            }
        }
    }

    /// Room for a little more, or for nothing. What waits for room in the program stops the log here.
    fn fill_disk(&mut self) {
        let index = self.any();
        let spare = self.random.pick(&[0, 4 << 10, 64 << 10]);
        let after = self.a_while();
        let machine = &mut self.machines[index];
        (machine.injured, machine.full) = (true, true);
        machine.files.set_capacity(Some(machine.files.allocated_bytes() + spare));
        self.trace.line(format_args!("node {}'s disk is full", machine.node));
        self.post(after, Action::MakeRoom(index));
    }

    pub(crate) fn make_room(&mut self, index: usize) {
        let machine = &mut self.machines[index];
        machine.full = false;
        machine.files.set_capacity(None);
    }

    fn cut_to_ring(&mut self) {
        let lasts = self.a_while();
        let count = self.plan.node_count;
        let first = self.random.below(count);
        let place = |node: u64| (node + first) % count;
        for one in self.plan.nodes() {
            for other in self.plan.nodes().filter(|other| *other > one) {
                let apart = place(one).abs_diff(place(other));
                // Of three, all are neighbours: there the ring is open.
                let are_neighbours = apart == 1 || (apart == count - 1 && count > 3);
                if !are_neighbours {
                    self.cut(one, other, lasts);
                    self.cut(other, one, lasts);
                }
            }
        }
    }

    fn slow_link(&mut self) {
        if let Some((from, to)) = self.two() {
            let slower = self.random.pick(&[30, 200, 1_000]) * MILLI;
            let lasts = self.a_while();
            let way = Way { slower, ..self.net.way(from, to) };
            self.change(from, to, way, lasts);
        }
    }

    fn reset(&mut self) {
        let one = 1 + self.random.below(self.plan.node_count);
        let other = match self.random.per_mille(300) {
            true => CLIENTS + self.random.below(self.plan.clients as u64),
            false => 1 + self.random.below(self.plan.node_count),
        };
        self.trace.line(format_args!("connections of {one} and {other} are reset"));
        self.net.reset(one, other);
    }

    fn step_clock(&mut self) {
        let index = self.any();
        let bound = self.plan.clock_bound;
        // Drift adds up to a tenth of the bound at most.
        let furthest = if self.plan.clocks_beyond { bound * 20 } else { bound * 9 / 10 };
        let offset = self.random.below(2 * furthest + 1) as i64 - furthest as i64;
        let skew = &self.machines[index].skew;
        skew.offset.store(offset, Ordering::SeqCst);
        let seconds = (self.plan.storm / SECOND + 1) as i64;
        // Millionths that stay within a tenth of the bound until the storm is over, and long after.
        let most = (bound as i64 / 10 / (seconds + 100) / 1_000).max(0);
        let drift =
            if most == 0 { 0 } else { self.random.below(2 * most as u64 + 1) as i64 - most };
        skew.drift.store(drift, Ordering::SeqCst);
        self.trace.line(format_args!("clock of node {} is {offset} ns off", index + 1));
    }
}
