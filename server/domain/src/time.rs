//! Time: UTC epoch milliseconds, and how it is written for people.

/// UTC epoch milliseconds.
pub type Millis = i64;

pub const SECOND: Millis = 1_000;
pub const MINUTE: Millis = 60 * SECOND;
pub const HOUR: Millis = 60 * MINUTE;
pub const DAY: Millis = 24 * HOUR;

/// Year, month, day of a day number counted from 1970-01-01.
///
/// Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
pub const fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400;
    (if month <= 2 { year + 1 } else { year }, month, day)
}

/// The day number of a year, month and day; not checked.
///
/// Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let doy = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

/// The day number of a date as it is typed into a form, `2026-11-22`; none for what is no date.
pub fn day(text: &str) -> Option<i64> {
    let mut parts = text.splitn(3, '-').map(|part| part.parse::<i64>().ok().filter(|n| (1..10_000).contains(n)));
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let number = days(year, month, day);
    (civil(number) == (year, month, day)).then_some(number)
}

/// `2026-11-22 14:05` at a fixed offset from UTC, in minutes.
pub fn written(at: Millis, offset_minutes: i64) -> String {
    let local = at.saturating_add(offset_minutes.saturating_mul(MINUTE));
    let (year, month, day) = civil(local.div_euclid(DAY));
    let rest = local.rem_euclid(DAY);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}", rest / HOUR, rest % HOUR / MINUTE)
}

/// RFC 3339 in UTC, for machines: `2026-11-22T06:05:09Z`.
pub fn rfc3339(at: Millis) -> String {
    let (year, month, day) = civil(at.div_euclid(DAY));
    let rest = at.rem_euclid(DAY);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
        rest / HOUR,
        rest % HOUR / MINUTE,
        rest % MINUTE / SECOND
    )
}

/// `14:59`, or `1:14:59` from an hour on: what is left of a hold. Never negative.
pub fn countdown(left: Millis) -> String {
    let seconds = left.max(0) / SECOND;
    let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if h > 0 { format!("{h}:{m:02}:{s:02}") } else { format!("{m:02}:{s:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_instants_are_written_right() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(951_782_400_000), "2000-02-29T00:00:00Z");
        assert_eq!(written(1_795_327_500_000, 480), "2026-11-22 14:05");
        assert_eq!(countdown(-5), "00:00");
        assert_eq!(countdown(899_999), "14:59");
        assert_eq!(countdown(4_499_000), "1:14:59");
    }

    proptest! {
        #[test]
        fn days_follow_each_other(day in -700_000_i64..700_000) {
            let (a, b) = (civil(day), civil(day + 1));
            prop_assert!(b > a);
            prop_assert_eq!(days(a.0, a.1, a.2), day);
            let text = format!("{:04}-{:02}-{:02}", a.0, a.1, a.2);
            prop_assert!(!(1..10_000).contains(&a.0) || super::day(&text) == Some(day));
        }
    }
}
