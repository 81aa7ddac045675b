//! Measuring: what people went on to choose, against what each method would have shown them.

use super::{Event, Log, Near, Ours, Scores, best, in_parts, popularity};
use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

/// What came of a method.
#[derive(Clone, Debug)]
pub struct Line {
    pub name: &'static str,
    /// How high what people chose stands in the first ten (normalised discounted cumulative gain, a hit is worth 1).
    pub ndcg: f64,
    /// How much of what they chose is in the first twenty.
    pub recall: f64,
    /// The part of all things that is in somebody's first ten.
    pub coverage: f64,
    /// How little known the first ten are: mean of -log2 of the part of people who chose each.
    pub novelty: f64,
    pub fit: Duration,
}

/// Things in a list that are looked at.
const TEN: usize = 10;
const TWENTY: usize = 20;

/// Holds each person's last fifth back, ranks all that he had not chosen by each method, and measures; people of whom nothing is held back
/// are not asked. Answers the lines, and the weights of ours by name.
pub fn evaluate(log: &Log) -> (Vec<Line>, Vec<(&'static str, f32)>) {
    let (train, test) = log.split();
    // People who chose each thing.
    let counts: Vec<f32> = super::sets(&train).0.iter().map(|people| people.len() as f32).collect();
    let mut lines = Vec::new();
    let begun = Instant::now();
    let popular = popularity(&train);
    let fit = begun.elapsed();
    lines.push(measure("popularity", &by_popularity(&train, &popular), &test, &counts, log, fit));
    let begun = Instant::now();
    let near = Near::fit(&train);
    let fit = begun.elapsed();
    lines.push(measure("item-item", &by_near(&train, &near, &counts), &test, &counts, log, fit));
    drop(near);
    let begun = Instant::now();
    let ours = Ours::fit(&train);
    let fit = begun.elapsed();
    lines.push(measure("ours", &ours.rank(TWENTY), &test, &counts, log, fit));
    let weights = super::FACTORS.into_iter().zip(ours.weights).collect();
    (lines, weights)
}

fn unseen(own: &[Event]) -> HashSet<usize> {
    own.iter().map(|e| e.item).collect()
}

fn by_popularity(train: &Log, counts: &[f32]) -> Vec<Vec<usize>> {
    let mut ranked: Vec<(usize, f32)> = counts.iter().copied().enumerate().collect();
    let most = train.people().iter().map(|own| own.len()).max().unwrap_or(0) + TWENTY;
    best(&mut ranked, most);
    let of = |own: &&[Event]| {
        let known = unseen(own);
        ranked.iter().map(|(i, _)| *i).filter(|i| !known.contains(i)).take(TWENTY).collect()
    };
    train.people().iter().map(of).collect()
}

fn by_near(train: &Log, near: &Near, counts: &[f32]) -> Vec<Vec<usize>> {
    let people = train.people();
    let most = people.iter().map(|own| own.len()).max().unwrap_or(0) + TWENTY;
    let mut popular: Vec<(usize, f32)> = counts.iter().copied().enumerate().collect();
    best(&mut popular, most);
    in_parts(people.len(), |range| {
        let mut scores = Scores::new(train.items);
        range
            .map(|user| {
                let known = unseen(people[user]);
                let mut chosen: Vec<usize> = known.iter().copied().collect();
                chosen.sort_unstable();
                near.add(chosen.into_iter().map(|i| (i, 1.0)), &mut scores);
                let mut list = scores.take();
                list.retain(|(i, _)| !known.contains(i));
                best(&mut list, TWENTY);
                let mut list: Vec<usize> = list.into_iter().map(|(i, _)| i).collect();
                // Whoever has chosen nothing that lies beside anything is shown what most choose.
                for (item, _) in &popular {
                    if list.len() >= TWENTY {
                        break;
                    }
                    if !known.contains(item) && !list.contains(item) {
                        list.push(*item);
                    }
                }
                list
            })
            .collect()
    })
}

/// `hits`: whether each of the list was chosen; `all`: how many were.
pub(super) fn ndcg(hits: &[bool], all: usize) -> f64 {
    let gain = |at: usize| 1.0 / ((at + 2) as f64).log2();
    let got: f64 = hits.iter().take(TEN).enumerate().filter(|(_, hit)| **hit).map(|(at, _)| gain(at)).sum();
    let most: f64 = (0..all.min(TEN)).map(gain).sum();
    if most > 0.0 { got / most } else { 0.0 }
}

pub(super) fn recall(hits: &[bool], all: usize) -> f64 {
    let got = hits.iter().take(TWENTY).filter(|hit| **hit).count();
    if all > 0 { got as f64 / all as f64 } else { 0.0 }
}

fn measure(
    name: &'static str,
    lists: &[Vec<usize>],
    test: &[Vec<usize>],
    counts: &[f32],
    log: &Log,
    fit: Duration,
) -> Line {
    let (mut n, mut ndcg_sum, mut recall_sum, mut unknown, mut shown_n) = (0_usize, 0.0, 0.0, 0.0, 0_usize);
    let mut shown = HashSet::new();
    let people = log.users.max(1) as f64;
    for (list, wanted) in lists.iter().zip(test).filter(|(_, wanted)| !wanted.is_empty()) {
        let hits: Vec<bool> = list.iter().map(|i| wanted.contains(i)).collect();
        n += 1;
        ndcg_sum += ndcg(&hits, wanted.len());
        recall_sum += recall(&hits, wanted.len());
        for item in list.iter().take(TEN) {
            shown.insert(*item);
            unknown -= ((f64::from(counts[*item]) + 1.0) / (people + 1.0)).min(1.0).log2();
            shown_n += 1;
        }
    }
    let n = n.max(1) as f64;
    Line {
        name,
        ndcg: ndcg_sum / n,
        recall: recall_sum / n,
        coverage: shown.len() as f64 / log.items.max(1) as f64,
        novelty: unknown / shown_n.max(1) as f64,
        fit,
    }
}

/// A log with a structure that is known: people of a few tastes that change slowly, things of one kind each that come and go out of fashion,
/// some bought after others, and some choices by chance. `seed`: the same again for the same.
pub fn made_up(users: usize, items: usize, each: usize, seed: u64) -> Log {
    const KINDS: usize = 24;
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    // xorshift64*: S. Vigna, An experimental exploration of Marsaglia's xorshift generators, 2016.
    let mut draw = move |below: usize| {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % below.max(1)
    };
    let mut events = Vec::with_capacity(users * each);
    let span = 1_000_000_usize;
    let born: Vec<usize> = (0..items).map(|_| draw(span)).collect();
    for user in 0..users {
        let mut tastes = [draw(KINDS), draw(KINDS), draw(KINDS)];
        let start = draw(span / 2);
        let n = each / 2 + draw(each);
        let mut last: Option<usize> = None;
        for step in 0..n {
            let at = start + step * (span / 2) / n.max(1);
            if draw(40) == 0 {
                tastes[draw(3)] = draw(KINDS);
            }
            let item = match (draw(10), last) {
                // What goes with the last one.
                (0 | 1, Some(last)) => (last * 7 + 13 * (1 + draw(3))) % items,
                // Anything.
                (2, _) => draw(items),
                _ => {
                    let kind = tastes[[0, 0, 0, 1, 1, 2][draw(6)]];
                    let of_kind = items / KINDS;
                    // A few of each kind are liked by many, and the new ones more than the old.
                    let mut choose = || {
                        let r = draw(of_kind.max(1));
                        kind + KINDS * (r * draw(of_kind.max(1)) / of_kind.max(1))
                    };
                    let (a, b) = (choose().min(items - 1), choose().min(items - 1));
                    let age = |i: usize| at.abs_diff(born[i]);
                    if age(a) <= age(b) { a } else { b }
                }
            };
            last = Some(item);
            events.push(Event { user, item, at: i64::try_from(at).unwrap_or(0) });
        }
    }
    Log::new(users, items, events)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_measures_are_those_of_the_books() {
        assert!((ndcg(&[true, false, true], 2) - (1.0 + 0.5) / (1.0 + 1.0 / 3.0_f64.log2())).abs() < 1e-9);
        assert_eq!(ndcg(&[false; 20], 3), 0.0);
        assert_eq!(ndcg(&[true; 20], 30), 1.0);
        assert_eq!(recall(&[true, false, true, false], 4), 0.5);
        assert_eq!(recall(&[], 0), 0.0);
    }

    #[test]
    fn ours_beats_what_is_popular_by_far_and_neighbours_by_a_little() {
        let (lines, weights) = evaluate(&made_up(600, 500, 40, 7));
        let [popular, near, ours] = lines.as_slice() else { panic!("three methods") };
        assert!(ours.ndcg > 1.5 * popular.ndcg, "{lines:?}");
        assert!(ours.ndcg > near.ndcg && ours.recall > near.recall, "{lines:?} {weights:?}");
        assert!(ours.coverage > popular.coverage && ours.novelty > popular.novelty, "{lines:?}");
    }

    #[test]
    fn the_same_log_gives_the_same_lists() {
        let log = made_up(120, 100, 20, 3);
        assert_eq!(Ours::fit(&log).rank(5), Ours::fit(&log).rank(5));
    }

    #[test]
    fn little_or_nothing_is_measured_without_a_fault() {
        for log in [Log::default(), made_up(1, 30, 3, 1), made_up(3, 2, 1, 1)] {
            let (lines, _) = evaluate(&log);
            assert_eq!(lines.len(), 3);
            assert!(
                lines.iter().all(|l| [l.ndcg, l.recall, l.coverage, l.novelty].iter().all(|m| m.is_finite())),
                "{lines:?}"
            );
        }
    }
}
