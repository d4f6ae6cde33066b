//! A directed graph with reasons on its edges, its strongly connected components, and short cycles inside them.

/// Why something is earlier than something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Reason {
    /// A transaction begins before it commits; also the way out of a hub. Nothing to explain.
    Own,
    WriteWrite,
    WriteRead,
    ReadWrite,
    Process,
    RealTime,
}

#[derive(Clone, Copy, Debug)]
struct Raw {
    from: u32,
    to: u32,
    key: u32,
    reason: Reason,
}

/// An edge on its way out of a node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge {
    pub to: u32,
    pub key: u32,
    pub reason: Reason,
}

/// Collects edges.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    edges: Vec<Raw>,
}

impl Builder {
    pub fn add(&mut self, from: u32, to: u32, reason: Reason, key: u32) {
        if from != to {
            self.edges.push(Raw { from, to, key, reason });
        }
    }

    /// Sorts the edges by their origin, in linear time.
    pub fn freeze(self, nodes: usize) -> Graph {
        let mut starts = vec![0u32; nodes + 1];
        for edge in &self.edges {
            starts[edge.from as usize + 1] += 1;
        }
        for node in 0..nodes {
            starts[node + 1] += starts[node];
        }
        let nothing = Edge { to: 0, key: 0, reason: Reason::Own };
        let mut edges = vec![nothing; self.edges.len()];
        let mut next = starts.clone();
        for edge in &self.edges {
            let place = &mut next[edge.from as usize];
            edges[*place as usize] = Edge { to: edge.to, key: edge.key, reason: edge.reason };
            *place += 1;
        }
        Graph { starts, edges }
    }
}

/// Sorted edges.
#[derive(Debug)]
pub(crate) struct Graph {
    starts: Vec<u32>,
    edges: Vec<Edge>,
}

/// One step of a cycle.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub from: u32,
    pub edge: Edge,
}

impl Graph {
    pub fn out(&self, node: u32) -> &[Edge] {
        let node = node as usize;
        &self.edges[self.starts[node] as usize..self.starts[node + 1] as usize]
    }

    fn nodes(&self) -> usize {
        self.starts.len() - 1
    }

    /// Tarjan's algorithm with its own stack: the components of two nodes or more.
    pub fn components(&self) -> Vec<Vec<u32>> {
        const UNSEEN: u32 = u32::MAX;
        let count = self.nodes();
        let mut order = vec![UNSEEN; count];
        let mut low = vec![0u32; count];
        let mut on_stack = vec![false; count];
        let mut stack: Vec<u32> = Vec::new();
        let mut calls: Vec<(u32, u32)> = Vec::new();
        let mut clock = 0u32;
        let mut found = Vec::new();
        for root in 0..count as u32 {
            if order[root as usize] != UNSEEN {
                continue;
            }
            calls.push((root, self.starts[root as usize]));
            while let Some((node, place)) = calls.last_mut() {
                let at = *node as usize;
                if order[at] == UNSEEN {
                    order[at] = clock;
                    low[at] = clock;
                    clock += 1;
                    stack.push(*node);
                    on_stack[at] = true;
                }
                if *place < self.starts[at + 1] {
                    let to = self.edges[*place as usize].to;
                    *place += 1;
                    if order[to as usize] == UNSEEN {
                        calls.push((to, self.starts[to as usize]));
                    } else if on_stack[to as usize] {
                        low[at] = low[at].min(order[to as usize]);
                    }
                    continue;
                }
                calls.pop();
                if let Some((parent, _)) = calls.last() {
                    let parent = *parent as usize;
                    low[parent] = low[parent].min(low[at]);
                }
                if low[at] == order[at] {
                    let first = stack
                        .iter()
                        .rposition(|one| *one as usize == at)
                        .expect("a root is on the stack");
                    let component = stack.split_off(first);
                    for member in &component {
                        on_stack[*member as usize] = false;
                    }
                    if component.len() > 1 {
                        found.push(component);
                    }
                }
            }
        }
        found
    }

    /// A shortest cycle through some of the component's nodes.
    pub fn shortest_cycle(&self, component: &[u32]) -> Vec<Step> {
        /// From so many nodes the search starts: more would only make the witness of a huge component shorter.
        const MAX_STARTS: usize = 64;
        let mut best: Vec<Step> = Vec::new();
        let mut members = component.to_vec();
        members.sort_unstable();
        for start in members.iter().take(MAX_STARTS) {
            if let Some(cycle) = self.cycle_from(*start, &members)
                && (best.is_empty() || cycle.len() < best.len())
            {
                best = cycle;
            }
        }
        best
    }

    fn cycle_from(&self, start: u32, members: &[u32]) -> Option<Vec<Step>> {
        let index = |node: u32| members.binary_search(&node).ok();
        let mut reached: Vec<Option<Step>> = vec![None; members.len()];
        let mut queue = std::collections::VecDeque::from([start]);
        while let Some(node) = queue.pop_front() {
            for edge in self.out(node) {
                let Some(to) = index(edge.to) else { continue };
                if reached[to].is_some() {
                    continue;
                }
                reached[to] = Some(Step { from: node, edge: *edge });
                if edge.to == start {
                    let mut steps = Vec::new();
                    let mut at = start;
                    loop {
                        let step = index(at).and_then(|place| reached[place])?;
                        steps.push(step);
                        at = step.from;
                        if at == start {
                            steps.reverse();
                            return Some(steps);
                        }
                    }
                }
                queue.push_back(edge.to);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_are_those_that_reach_each_other() {
        let mut builder = Builder::default();
        for (from, to) in [(0, 1), (1, 2), (2, 0), (2, 3), (3, 4), (4, 3), (5, 0)] {
            builder.add(from, to, Reason::Own, 0);
        }
        let graph = builder.freeze(6);
        let mut components = graph.components();
        components.iter_mut().for_each(|one| one.sort_unstable());
        components.sort();
        assert_eq!(components, [vec![0, 1, 2], vec![3, 4]]);
        assert_eq!(graph.shortest_cycle(&components[0]).len(), 3);
        assert_eq!(graph.shortest_cycle(&components[1]).len(), 2);
    }
}
