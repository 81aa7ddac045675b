//! Our ranker: named factors, each a number for a person and a thing, summed with weights that were learned from what people went on to
//! choose.

use super::{Log, Near, Scores, best, in_parts, matrix::inverse, popularity, sets, side_by_side};
use ndarray::Array2;
use std::collections::HashSet;

/// The factors, by their names.
pub const FACTORS: [&str; 8] =
    ["together", "together_lately", "alike", "alike_lately", "next", "popular", "trending", "fresh"];
const N: usize = FACTORS.len();

/// Things that are weighed all against all; the others only by what lies beside them.
const DENSE: usize = 4_000;
/// Candidates of a person from each factor.
const CANDIDATES: usize = 120;
/// A choice counts by how many came after it: half after so many.
const LATELY: f32 = 6.0;
/// What comes next: looked at so far ahead.
const AHEAD: usize = 3;
/// People that weights are learned from.
const LEARNERS: usize = 3_000;

type Factors = [f32; N];

/// What was learned.
pub struct Ours {
    parts: Parts,
    pub weights: Factors,
}

/// What the factors are read from.
struct Parts {
    items: usize,
    /// Things in the table of all against all, by their place there; and the other way round.
    dense: Vec<usize>,
    place: Vec<Option<usize>>,
    /// How much the choice of one thing (row) speaks for another.
    table: Array2<f32>,
    near: Near,
    /// What was chosen soon after.
    next: Vec<Vec<(usize, f32)>>,
    popular: Vec<f32>,
    /// Choices that each thing got, as times.
    times: Vec<Vec<i64>>,
    first: Vec<i64>,
    /// How long what is new is new: a twentieth of the time that the log spans.
    window: i64,
    /// Who has chosen what, in the order of time; and when last.
    chosen: Vec<Vec<usize>>,
    last: Vec<i64>,
    /// What most have chosen, and everything in that order.
    top: Vec<usize>,
    ranked: Vec<usize>,
}

impl Parts {
    fn fit(log: &Log) -> Self {
        let (by_item, chosen) = sets(log);
        let counts = popularity(log);
        let mut ranked: Vec<(usize, f32)> = counts.iter().copied().enumerate().collect();
        best(&mut ranked, log.items);
        let ranked: Vec<usize> = ranked.into_iter().map(|(i, _)| i).collect();
        let dense: Vec<usize> = ranked.iter().copied().filter(|i| counts[*i] > 0.0).take(DENSE).collect();
        let mut place = vec![None; log.items];
        for (at, item) in dense.iter().enumerate() {
            place[*item] = Some(at);
        }
        let top = dense.iter().copied().take(CANDIDATES).collect();
        let mut times = vec![Vec::new(); log.items];
        for e in &log.events {
            times[e.item].push(e.at);
        }
        times.iter_mut().for_each(|t| t.sort_unstable());
        let (from, to) = log.events.iter().fold((i64::MAX, i64::MIN), |(a, b), e| (a.min(e.at), b.max(e.at)));
        Self {
            items: log.items,
            table: speaks_for(&by_item, &chosen, &dense, &place),
            near: Near::fit(log),
            next: follows(log),
            popular: counts.iter().map(|n| n.ln_1p()).collect(),
            first: times.iter().map(|t| t.first().copied().unwrap_or(to)).collect(),
            times,
            window: (to.saturating_sub(from) / 20).max(1),
            last: log.people().iter().map(|own| own.last().map_or(to, |e| e.at)).collect(),
            chosen,
            dense,
            place,
            top,
            ranked,
        }
    }

    /// The candidates of a person with their factors.
    fn candidates(&self, user: usize, scratch: &mut Scratch) -> Vec<(usize, Factors)> {
        let chosen = &self.chosen[user];
        let n = chosen.len();
        let lately = |at: usize| 0.5_f32.powf((n - 1 - at) as f32 / LATELY);
        let Scratch { table, table_lately, alike, alike_lately, next } = scratch;
        let mut dense_all = vec![0.0_f32; self.dense.len()];
        let mut dense_lately = vec![0.0_f32; self.dense.len()];
        for (at, item) in chosen.iter().enumerate() {
            if let Some(row) = self.place[*item] {
                let weight = lately(at);
                for ((all, late), b) in dense_all.iter_mut().zip(&mut dense_lately).zip(self.table.row(row)) {
                    *all += b;
                    *late += weight * b;
                }
            }
        }
        for (at, (all, late)) in dense_all.into_iter().zip(dense_lately).enumerate() {
            table.add(self.dense[at], all);
            table_lately.add(self.dense[at], late);
        }
        self.near.add(chosen.iter().map(|i| (*i, 1.0)), alike);
        self.near.add(chosen.iter().enumerate().map(|(at, i)| (*i, lately(at))), alike_lately);
        for (back, item) in chosen.iter().rev().take(4).enumerate() {
            for (other, often) in &self.next[*item] {
                next.add(*other, often * 0.6_f32.powi(i32::try_from(back).unwrap_or(4)));
            }
        }
        let known: HashSet<usize> = chosen.iter().copied().collect();
        let mut wanted: Vec<usize> = self.top.clone();
        for scores in [&*table, &*table_lately, &*alike, &*alike_lately, &*next] {
            let mut list: Vec<(usize, f32)> =
                scores.touched.iter().map(|i| (*i, scores.of[*i])).filter(|(i, _)| !known.contains(i)).collect();
            best(&mut list, CANDIDATES);
            wanted.extend(list.into_iter().map(|(i, _)| i));
        }
        wanted.sort_unstable();
        wanted.dedup();
        // As many choices as somebody has made, as many votes there are: their mean does not grow with them.
        let mean = 1.0 / (n.max(1) as f32).sqrt();
        let at = self.last[user];
        let list = wanted
            .into_iter()
            .filter(|i| !known.contains(i))
            .map(|i| {
                let factors = [
                    table.get(i),
                    table_lately.get(i),
                    alike.get(i) * mean,
                    alike_lately.get(i),
                    next.get(i),
                    self.popular[i] * 0.1,
                    self.trending(i, at),
                    self.fresh(i, at),
                ];
                (i, factors)
            })
            .collect();
        [table, table_lately, alike, alike_lately, next].into_iter().for_each(Scores::clear);
        list
    }

    /// How much of what was chosen of it was chosen in the time before.
    fn trending(&self, item: usize, at: i64) -> f32 {
        let times = &self.times[item];
        let until = times.partition_point(|t| *t <= at);
        let since = times.partition_point(|t| *t <= at.saturating_sub(self.window));
        ((until - since) as f32).ln_1p() * 0.1
    }

    fn fresh(&self, item: usize, at: i64) -> f32 {
        let age = at.saturating_sub(self.first[item]);
        // What came later than all that is known of somebody is not known to be new.
        if age < 0 { 0.0 } else { (-(age as f32) / self.window as f32).exp() }
    }
}

struct Scratch {
    table: Scores,
    table_lately: Scores,
    alike: Scores,
    alike_lately: Scores,
    next: Scores,
}

impl Scratch {
    fn new(items: usize) -> Self {
        let new = || Scores::new(items);
        Self { table: new(), table_lately: new(), alike: new(), alike_lately: new(), next: new() }
    }
}

/// Weighs things all against all: the choice of which others foretells a choice best, by least squares with nothing on the diagonal
/// (EASE; H. Steck, Embarrassingly shallow autoencoders for sparse data, 2019).
fn speaks_for(by_item: &[Vec<usize>], by_user: &[Vec<usize>], dense: &[usize], place: &[Option<usize>]) -> Array2<f32> {
    let n = dense.len();
    let rows = side_by_side(n, |at, counts, _| {
        for user in &by_item[dense[at]] {
            for other in by_user[*user].iter().rev().take(super::TOGETHER) {
                if let Some(other) = place[*other] {
                    counts[other] += 1.0;
                }
            }
        }
        let row = counts.clone();
        counts.fill(0.0);
        row
    });
    let mut gram = Array2::from_shape_fn((n, n), |(i, j)| f64::from(rows[i][j]));
    drop(rows);
    // The more a thing is chosen on the whole the more its numbers can be trusted.
    let shrink = 20.0 + gram.diag().sum() / n.max(1) as f64;
    gram.diag_mut().mapv_inplace(|x| x + shrink);
    let p = inverse(gram);
    let diagonal = p.diag().to_owned();
    let mut table = Array2::from_shape_fn((n, n), |(i, j)| (-p[[i, j]] / diagonal[j]) as f32);
    table.diag_mut().fill(0.0);
    table
}

/// For each thing what was chosen soon after it, the sooner the more.
fn follows(log: &Log) -> Vec<Vec<(usize, f32)>> {
    let people = log.people();
    let mut after: Vec<Vec<(u32, f32)>> = vec![Vec::new(); log.items];
    let mut n = vec![0.0_f32; log.items];
    for own in people {
        for (at, e) in own.iter().enumerate() {
            n[e.item] += 1.0;
            for (ahead, other) in own.iter().skip(at + 1).take(AHEAD).enumerate() {
                if other.item != e.item {
                    after[e.item].push((other.item as u32, 1.0 / (ahead + 1) as f32));
                }
            }
        }
    }
    in_parts(log.items, |range| {
        range
            .map(|item| {
                let mut list = after[item].clone();
                list.sort_unstable_by_key(|(other, _)| *other);
                let mut summed: Vec<(usize, f32)> = Vec::new();
                for (other, by) in list {
                    match summed.last_mut() {
                        Some(last) if last.0 == other as usize => last.1 += by,
                        _ => summed.push((other as usize, by)),
                    }
                }
                for (other, often) in &mut summed {
                    *often = *often / ((n[item] * n[*other]).sqrt() + 5.0);
                }
                best(&mut summed, 100);
                summed
            })
            .collect()
    })
}

/// A person to learn from: candidates with their factors, and which of them he went on to choose.
struct Lesson {
    candidates: Vec<(usize, Factors)>,
    chose: Vec<bool>,
    /// How many he went on to choose, candidates or not.
    all: usize,
}

impl Ours {
    /// Learns from a log: the weights from its people's last fifth, which is held back for that, everything else from all of it.
    pub fn fit(log: &Log) -> Self {
        let (before, after) = log.split();
        let parts = Parts::fit(&before);
        let mut learners: Vec<usize> = (0..log.users).filter(|u| !after[*u].is_empty()).collect();
        let every = learners.len().div_ceil(LEARNERS).max(1);
        learners = learners.into_iter().step_by(every).collect();
        let lessons: Vec<Lesson> = in_parts(learners.len(), |range| {
            let mut scratch = Scratch::new(parts.items);
            range
                .map(|at| {
                    let user = learners[at];
                    let candidates = parts.candidates(user, &mut scratch);
                    let chose = candidates.iter().map(|(i, _)| after[user].contains(i)).collect();
                    Lesson { candidates, chose, all: after[user].len() }
                })
                .collect()
        });
        drop(parts);
        let weights = learn(&lessons);
        Self { parts: Parts::fit(log), weights }
    }

    /// The best `n` of what somebody has not chosen.
    fn best(&self, user: usize, n: usize, scratch: &mut Scratch) -> Vec<usize> {
        let candidates = self.parts.candidates(user, scratch);
        let mut list: Vec<(usize, f32)> = candidates.iter().map(|(i, f)| (*i, dot(&self.weights, f))).collect();
        best(&mut list, n);
        let mut list: Vec<usize> = list.into_iter().map(|(i, _)| i).collect();
        // Whoever has chosen nearly everything that is anybody's candidate gets what is left, the most chosen first.
        for item in &self.parts.ranked {
            if list.len() >= n {
                break;
            }
            if !list.contains(item) && !self.parts.chosen[user].contains(item) {
                list.push(*item);
            }
        }
        list
    }

    /// The best `n` of everybody.
    pub fn rank(&self, n: usize) -> Vec<Vec<usize>> {
        in_parts(self.parts.chosen.len(), |range| {
            let mut scratch = Scratch::new(self.parts.items);
            range.map(|user| self.best(user, n, &mut scratch)).collect()
        })
    }
}

fn dot(weights: &Factors, factors: &Factors) -> f32 {
    weights.iter().zip(factors).map(|(w, f)| w * f).sum()
}

/// Weights by which what people chose comes before what they did not: first by logistic regression on pairs of these (Rendle et al., BPR,
/// 2009), then each in turn by what puts the chosen higher (NDCG@10 and Recall@20); of these and the weights that one would guess those
/// that are best for people who were not learned from.
fn learn(lessons: &[Lesson]) -> Factors {
    let start: Factors = [1.0, 0.3, 0.3, 0.1, 0.3, 0.05, 0.05, 0.0];
    // Learned from one half, judged by the other: what does not help there was noise.
    let (lessons, judges) = lessons.split_at_checked(lessons.len() / 2).unwrap_or((lessons, &[]));
    if lessons.is_empty() {
        return start;
    }
    let mut weights = start;
    for rate in [0.1_f32, 0.05, 0.02] {
        for lesson in lessons {
            let mut order: Vec<(usize, f32)> =
                lesson.candidates.iter().enumerate().map(|(at, (_, f))| (at, dot(&weights, f))).collect();
            best(&mut order, 60);
            for (at, (_, factors)) in lesson.candidates.iter().enumerate().filter(|(at, _)| lesson.chose[*at]) {
                for (other, _) in order.iter().filter(|(o, _)| *o != at && !lesson.chose[*o]).step_by(7) {
                    let against = &lesson.candidates[*other].1;
                    let apart: f32 = dot(&weights, factors) - dot(&weights, against);
                    let pull = rate / (1.0 + apart.exp()) / 8.0;
                    for k in 0..N {
                        weights[k] += pull * (factors[k] - against[k]);
                    }
                }
            }
        }
    }
    let pairwise = weights;
    let mut known = worth(lessons, &weights);
    let from_start = worth(lessons, &start);
    if from_start > known {
        (weights, known) = (start, from_start);
    }
    for by in [0.5_f32, 0.25, 0.12] {
        for _ in 0..2 {
            for k in 0..N {
                let size = weights[k].abs().max(0.05);
                for to in [weights[k] + by * size, weights[k] - by * size, 0.0, weights[k] * 2.0] {
                    let mut other = weights;
                    other[k] = to;
                    let worth = worth(lessons, &other);
                    if worth > known {
                        (weights, known) = (other, worth);
                    }
                }
            }
        }
    }
    let mut best = (worth(judges, &start), start);
    for other in [pairwise, weights] {
        let worth = worth(judges, &other);
        if worth > best.0 {
            best = (worth, other);
        }
    }
    best.1
}

/// NDCG@10 and Recall@20 together, of the lessons.
fn worth(lessons: &[Lesson], weights: &Factors) -> f64 {
    let each = in_parts(lessons.len(), |range| {
        range
            .map(|at| {
                let lesson = &lessons[at];
                let mut order: Vec<(usize, f32)> =
                    lesson.candidates.iter().enumerate().map(|(at, (_, f))| (at, dot(weights, f))).collect();
                best(&mut order, 20);
                let hits: Vec<bool> = order.iter().map(|(at, _)| lesson.chose[*at]).collect();
                super::evaluate::ndcg(&hits, lesson.all) + super::evaluate::recall(&hits, lesson.all)
            })
            .collect()
    });
    each.iter().sum()
}
