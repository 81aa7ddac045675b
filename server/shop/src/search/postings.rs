//! Lists of numbers with a mark each, as bytes: the things of a word, the words of a thing.
//!
//! A list is ascending and without doubles; each entry is the distance to the one before and its mark (four bits), together a number of
//! seven bits a byte, the lowest first, the highest bit saying that more follow (LEB128).

use crate::{Result, error::broken_row};

/// Numbers, ascending, each with its mark (below 16).
pub(super) type Postings = Vec<(i64, u8)>;

pub(super) fn packed(list: &[(i64, u8)]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(list.len() * 2);
    let mut before = 0_i64;
    for (number, mark) in list {
        let distance = u64::try_from(number - before).unwrap_or(0);
        let mut rest = (distance << 4) | u64::from(mark & 15);
        loop {
            let seven = u8::try_from(rest & 127).unwrap_or(0);
            rest >>= 7;
            bytes.push(if rest > 0 { seven | 128 } else { seven });
            if rest == 0 {
                break;
            }
        }
        before = *number;
    }
    bytes
}

/// Reads a list and adds it, each number `from` higher.
pub(super) fn unpack(bytes: &[u8], from: i64, list: &mut Postings) -> Result<()> {
    let (mut number, mut value, mut shift) = (from, 0_u64, 0_u32);
    for byte in bytes {
        value |= u64::from(byte & 127).checked_shl(shift).ok_or_else(|| broken_row("search_block.docs"))?;
        shift += 7;
        if byte & 128 == 0 {
            number += i64::try_from(value >> 4).map_err(|_| broken_row("search_block.docs"))?;
            list.push((number, u8::try_from(value & 15).unwrap_or(0)));
            (value, shift) = (0, 0);
        }
    }
    if shift == 0 { Ok(()) } else { Err(broken_row("search_block.docs")) }
}

/// What is in both, by `mark` of both marks.
pub(super) fn both<T: Copy>(a: &[(i64, T)], b: &[(i64, T)], mark: impl Fn(T, T) -> T) -> Vec<(i64, T)> {
    let (few, many) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let mut found = Vec::with_capacity(few.len());
    let mut rest = many;
    for (number, one) in few {
        // Where the lists are of about a length the next is near; where one is much longer this leaps.
        let mut leap = 1;
        while rest.get(leap).is_some_and(|(n, _)| n < number) {
            leap *= 2;
        }
        let reach = rest.get(..=leap.min(rest.len().saturating_sub(1))).unwrap_or_default();
        let skip = reach.partition_point(|(n, _)| n < number);
        rest = rest.get(skip..).unwrap_or_default();
        match rest.first() {
            Some((n, other)) if n == number => found.push((*number, mark(*one, *other))),
            Some(_) => {}
            None => break,
        }
    }
    found
}

/// What is in one of them, by `mark` where it is in both.
pub(super) fn either<T: Copy>(a: Vec<(i64, T)>, b: Vec<(i64, T)>, mark: impl Fn(T, T) -> T) -> Vec<(i64, T)> {
    if a.is_empty() {
        return b;
    }
    if b.is_empty() {
        return a;
    }
    let mut found = Vec::with_capacity(a.len() + b.len());
    let (mut a, mut b) = (a.into_iter().peekable(), b.into_iter().peekable());
    while let (Some(x), Some(y)) = (a.peek().copied(), b.peek().copied()) {
        if x.0 <= y.0 {
            a.next();
        }
        if y.0 <= x.0 {
            b.next();
        }
        found.push(match x.0.cmp(&y.0) {
            std::cmp::Ordering::Less => x,
            std::cmp::Ordering::Greater => y,
            std::cmp::Ordering::Equal => (x.0, mark(x.1, y.1)),
        });
    }
    found.extend(a);
    found.extend(b);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::btree_map, prelude::*};
    use std::collections::BTreeMap;

    fn lists() -> impl Strategy<Value = BTreeMap<i64, u8>> {
        btree_map(0_i64..5_000_000, 0_u8..16, 0..200)
    }

    proptest! {
        #[test]
        fn a_list_comes_back_as_it_was(list in lists(), from in 0_i64..1_000_000) {
            let list: Postings = list.into_iter().collect();
            let mut back = Vec::new();
            unpack(&packed(&list), from, &mut back).unwrap();
            let moved: Postings = list.iter().map(|(n, m)| (n + from, *m)).collect();
            prop_assert_eq!(back, moved);
        }

        #[test]
        fn both_and_either_are_those_of_sets(a in btree_map(0_i64..300, 0_u8..16, 0..200), b in btree_map(0_i64..3000, 0_u8..16, 0..200)) {
            let (x, y): (Postings, Postings) = (a.clone().into_iter().collect(), b.clone().into_iter().collect());
            let and: Postings = a.iter().filter_map(|(n, m)| Some((*n, *m.max(b.get(n)?)))).collect();
            prop_assert_eq!(both(&x, &y, u8::max), and);
            let mut or = a.clone();
            for (n, m) in &b {
                let one = or.entry(*n).or_insert(*m);
                *one = (*one).max(*m);
            }
            prop_assert_eq!(either(x, y, u8::max), or.into_iter().collect::<Postings>());
        }

        #[test]
        fn bytes_that_are_no_list_are_refused_or_read(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let mut list = Vec::new();
            let _ = unpack(&bytes, 0, &mut list);
        }
    }
}
