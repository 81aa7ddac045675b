//! What people like, learned from what they chose.
//!
//! Pure: numbers in, numbers out, the same for the same; here and not in `domain`, as the browser has no use for tables of thousands of
//! things all against all. The models (`popularity`, [`Near`], [`Ours`]) give each thing that a person has
//! not chosen a score; [`evaluate`] measures them on what people went on to choose. Ours is a sum of named factors whose weights are learned
//! and can be read ([`Ours::weights`]).

#![expect(
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "dense numbers: people and things are numbers below the sizes that `Log` gives, and all tables are of those sizes"
)]

mod evaluate;
mod log;
mod matrix;
mod ours;

pub use evaluate::{Line, evaluate, made_up};
pub use log::{Event, Log};
pub use ours::{FACTORS, Ours};

/// Things kept beside each thing.
const BESIDE: usize = 200;
/// Of a person's choices so many of the last count as chosen together.
const TOGETHER: usize = 400;

/// For each thing those that were chosen by the same people, with how alike they are: cosine of the two sets of people, shrunk where
/// few chose both (Sarwar et al., Item-based collaborative filtering, 2001; shrinkage as in Bell and Koren, 2007).
pub struct Near {
    pub beside: Vec<Vec<(usize, f32)>>,
}

/// Who chose each thing, and what each person chose, each once.
pub(crate) fn sets(log: &Log) -> (Vec<Vec<usize>>, Vec<Vec<usize>>) {
    let mut by_item = vec![Vec::new(); log.items];
    let mut by_user = Vec::with_capacity(log.users);
    for (user, own) in log.people().into_iter().enumerate() {
        let mut items: Vec<usize> = own.iter().map(|e| e.item).collect();
        // The last so many; in the order of time, each where it was chosen first.
        let mut seen = std::collections::HashSet::new();
        items.retain(|i| seen.insert(*i));
        for item in items.iter().rev().take(TOGETHER) {
            by_item[*item].push(user);
        }
        by_user.push(items);
    }
    (by_item, by_user)
}

impl Near {
    pub fn fit(log: &Log) -> Self {
        let (by_item, by_user) = sets(log);
        let of = |item: usize| by_item[item].len() as f32;
        let beside = side_by_side(log.items, |item, counts: &mut Vec<f32>, touched: &mut Vec<usize>| {
            for user in &by_item[item] {
                for other in by_user[*user].iter().rev().take(TOGETHER) {
                    if counts[*other] == 0.0 {
                        touched.push(*other);
                    }
                    counts[*other] += 1.0;
                }
            }
            let mut list: Vec<(usize, f32)> = Vec::with_capacity(touched.len());
            for other in touched.drain(..) {
                let both = std::mem::take(&mut counts[other]);
                if other != item {
                    list.push((other, both / (of(item) * of(other)).sqrt() * (both / (both + 10.0))));
                }
            }
            best(&mut list, BESIDE);
            list
        });
        Self { beside }
    }

    /// Adds what lies beside what somebody chose, each with its weight.
    pub fn add(&self, chosen: impl Iterator<Item = (usize, f32)>, scores: &mut Scores) {
        for (item, weight) in chosen {
            for (other, alike) in &self.beside[item] {
                scores.add(*other, weight * alike);
            }
        }
    }
}

/// Keeps the `n` best, the best first; of equals the smaller number.
pub(crate) fn best(list: &mut Vec<(usize, f32)>, n: usize) {
    let order = |a: &(usize, f32), b: &(usize, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    if list.len() > n {
        list.select_nth_unstable_by(n, order);
        list.truncate(n);
    }
    list.sort_unstable_by(order);
}

/// Scores of some of very many things; going through all of them is never needed.
#[derive(Clone, Default)]
pub struct Scores {
    of: Vec<f32>,
    touched: Vec<usize>,
    is_touched: Vec<bool>,
}

impl Scores {
    pub fn new(items: usize) -> Self {
        Self { of: vec![0.0; items], touched: Vec::new(), is_touched: vec![false; items] }
    }

    pub fn add(&mut self, item: usize, by: f32) {
        if !self.is_touched[item] {
            self.is_touched[item] = true;
            self.touched.push(item);
        }
        self.of[item] += by;
    }

    pub fn get(&self, item: usize) -> f32 {
        self.of[item]
    }

    /// Takes what was added.
    pub fn take(&mut self) -> Vec<(usize, f32)> {
        let list = self.touched.iter().map(|i| (*i, self.of[*i])).collect();
        self.clear();
        list
    }

    pub fn clear(&mut self) {
        for item in self.touched.drain(..) {
            self.of[item] = 0.0;
            self.is_touched[item] = false;
        }
    }
}

/// `work(i)` for each i below `n`, on all processors; each has a table of `n` numbers and a list to work with, both empty between calls.
pub(crate) fn side_by_side<T: Send>(
    n: usize,
    work: impl Fn(usize, &mut Vec<f32>, &mut Vec<usize>) -> T + Sync,
) -> Vec<T> {
    in_parts(n, |range| {
        let (mut counts, mut touched) = (vec![0.0_f32; n], Vec::new());
        range.map(|i| work(i, &mut counts, &mut touched)).collect()
    })
}

/// `work` of a part of the numbers below `n` on each processor, put together in their order.
pub(crate) fn in_parts<T: Send>(n: usize, work: impl Fn(std::ops::Range<usize>) -> Vec<T> + Sync) -> Vec<T> {
    let hands = std::thread::available_parallelism().map_or(1, usize::from).min(16);
    // Small parts: what takes long at one end does not keep the others waiting.
    let size = n.div_ceil(hands * 8).max(1);
    let parts: Vec<std::ops::Range<usize>> = (0..n).step_by(size).map(|from| from..n.min(from + size)).collect();
    let next = std::sync::atomic::AtomicUsize::new(0);
    let mut done: Vec<(usize, Vec<T>)> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..hands)
            .map(|_| {
                scope.spawn(|| {
                    let mut mine = Vec::new();
                    loop {
                        let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        let Some(part) = parts.get(at) else { return mine };
                        mine.push((at, work(part.clone())));
                    }
                })
            })
            .collect();
        handles.into_iter().flat_map(|h| h.join().unwrap_or_else(|fault| std::panic::resume_unwind(fault))).collect()
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().flat_map(|(_, part)| part).collect()
}

/// How often each thing was chosen.
pub(crate) fn popularity(log: &Log) -> Vec<f32> {
    let mut n = vec![0.0; log.items];
    for e in &log.events {
        n[e.item] += 1.0;
    }
    n
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_same_people_chose_lies_side_by_side() {
        // Tens chose 0 and 1 together, as many 2 and 3.
        let mut events = Vec::new();
        for user in 0..40 {
            let [a, b] = if user % 2 == 0 { [0, 1] } else { [2, 3] };
            events.extend([Event { user, item: a, at: 1 }, Event { user, item: b, at: 2 }]);
        }
        let near = Near::fit(&Log::new(40, 4, events));
        assert_eq!(near.beside[0].first().map(|b| b.0), Some(1));
        assert_eq!(
            near.beside[3],
            [(2, near.beside[2][0].1)],
            "alike both ways, and nothing beside it that nobody chose with it"
        );
    }

    #[test]
    fn parts_come_together_in_their_order() {
        assert_eq!(in_parts(1_000, |r| r.collect()), (0..1_000).collect::<Vec<_>>());
        assert_eq!(in_parts(0, |r| r.collect()), Vec::<usize>::new());
    }
}
