//! What is looked for in a text before others see it: words of lists, ways out of the shop, how to reach somebody outside of it.
//!
//! Texts come here folded (one form for every way to write the same letter); what they are folded with is not in this room. Lists are
//! looked for with Aho-Corasick, leftmost-longest, so that a longer entry that is fine wins over a shorter one that is not.

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};

/// Bytes of a list, and entries in it.
pub const MAX_LIST: usize = 20_000;
pub const MAX_ENTRIES: usize = 5_000;

/// A list of words, ready to be looked for.
#[derive(Debug)]
pub struct Words {
    /// Those with letters of scripts that put no spaces between words, looked for in what is left when signs between letters are gone.
    dense: Finder,
    /// Those of Latin letters alone, which stand as words.
    spaced: Finder,
}

#[derive(Debug)]
struct Finder {
    automaton: Option<AhoCorasick>,
    /// Whether the entry is fine.
    fine: Vec<bool>,
}

impl Finder {
    fn new(entries: &[(String, bool)]) -> Self {
        let automaton = AhoCorasickBuilder::new()
            .match_kind(MatchKind::LeftmostLongest)
            .build(entries.iter().map(|(word, _)| word.as_str()))
            .ok()
            .filter(|_| !entries.is_empty());
        Self { automaton, fine: entries.iter().map(|(_, fine)| *fine).collect() }
    }

    /// The first entry that is not fine. Where an entry begins or ends with a Latin letter or a digit, a word does.
    fn find<'a>(&self, text: &'a str) -> Option<&'a str> {
        let word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        let found = self.automaton.as_ref()?.find_iter(text).find(|m| {
            let fine = self.fine.get(m.pattern().as_usize()).copied().unwrap_or(true);
            let entry = text.get(m.range()).unwrap_or_default();
            let before = text.get(..m.start()).and_then(|t| t.chars().next_back());
            let after = text.get(m.end()..).and_then(|t| t.chars().next());
            let inside =
                (word(entry.chars().next()) && word(before)) || (word(entry.chars().next_back()) && word(after));
            !fine && !inside
        });
        found.and_then(|m| text.get(m.range()))
    }
}

impl Words {
    /// A list as operators write it: one entry a line, `-` in front of one that is fine, `#` in front of a remark. `fold`: what texts
    /// are folded with.
    pub fn new(list: &str, fold: impl Fn(&str) -> String) -> Self {
        let (mut dense, mut spaced) = (Vec::new(), Vec::new());
        for line in list.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')).take(MAX_ENTRIES) {
            let (word, fine) = line.strip_prefix('-').map_or((line, false), |word| (word, true));
            let word = fold(word);
            if word.chars().any(|c| c > '\u{2e80}') {
                dense.push((squeezed(&word), fine));
            } else {
                spaced.push((word.trim().to_owned(), fine));
            }
        }
        let shown = |entries: Vec<(String, bool)>| -> Vec<_> {
            entries.into_iter().filter(|(word, _)| !word.is_empty()).collect()
        };
        Self { dense: Finder::new(&shown(dense)), spaced: Finder::new(&shown(spaced)) }
    }

    /// The first word of the list that stands in a folded text.
    pub fn find(&self, folded: &str) -> Option<String> {
        let dense = squeezed(folded);
        let found = self.dense.find(&dense).map(str::to_owned);
        found.or_else(|| self.spaced.find(folded).map(str::to_owned))
    }
}

/// A text without the signs that are put between letters to hide a word; what ends a sentence stays.
fn squeezed(text: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, '。' | ',' | '、' | ';' | ':' | '!' | '?' | '\n' | '%');
    text.chars().filter(kept).collect()
}

/// How to reach somebody outside of the shop, as it stands in a folded text: an address of mail, a telephone number, a name in a
/// messenger.
pub fn contact(folded: &str) -> Option<String> {
    mail(folded).or_else(|| telephone(folded)).or_else(|| messenger(folded)).or_else(|| messenger(&squeezed(folded)))
}

const fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+')
}

fn mail(text: &str) -> Option<String> {
    text.match_indices('@').find_map(|(at, _)| {
        let before: String = text.get(..at)?.chars().rev().take_while(|c| is_name(*c)).collect();
        let after: String = text.get(at + 1..)?.chars().take_while(|c| is_name(*c)).collect();
        let domain = after.trim_end_matches('.');
        let ending = domain.rsplit_once('.').is_some_and(|(host, end)| {
            !host.is_empty() && end.len() >= 2 && end.chars().all(|c| c.is_ascii_lowercase())
        });
        (!before.is_empty() && ending).then(|| format!("{}@{domain}", before.chars().rev().collect::<String>()))
    })
}

/// A number as people write telephone numbers: eleven digits as mobile numbers of the mainland have them (1, then 3 to 9), in one piece,
/// in two, or as 3 4 4; or 8 to 15 behind a plus (E.164). Prices and sizes side by side are none.
fn telephone(text: &str) -> Option<String> {
    let signs: Vec<char> = text.chars().collect();
    // Where groups of digits begin and end, and whether one goes on with the one before: one sign between them that is put there.
    let mut groups: Vec<(usize, usize, bool)> = Vec::new();
    let mut at = 0;
    while at < signs.len() {
        let digits = signs.iter().skip(at).take_while(|c| c.is_ascii_digit()).count();
        if digits == 0 {
            at += 1;
            continue;
        }
        let joined = groups.last().is_some_and(|(_, end, _)| {
            let gap = signs.get(*end..at).unwrap_or_default();
            (1..=2).contains(&gap.len())
                && gap.iter().all(|c| matches!(c, ' ' | '-' | '.' | '(' | ')' | '/' | '_' | '*' | '·' | '\n'))
        });
        groups.push((at, at + digits, joined));
        at += digits;
    }
    let text_of = |from: usize, to: usize| -> String {
        signs.get(from..to).unwrap_or_default().iter().filter(|c| c.is_ascii_digit()).collect()
    };
    for (i, (begin, _, _)) in groups.iter().enumerate() {
        let mut sizes = Vec::new();
        for (j, (b, e, joined)) in groups.iter().enumerate().skip(i).take(5) {
            if j > i && !joined {
                break;
            }
            sizes.push(e - b);
            let number = text_of(*begin, *e);
            let local =
                ["0086", "86"].iter().find_map(|p| number.strip_prefix(p)).filter(|r| r.len() == 11).unwrap_or(&number);
            let mobile = local.len() == 11
                && local.starts_with('1')
                && local.chars().nth(1).is_some_and(|d| ('3'..='9').contains(&d));
            let as_written = sizes.len() <= 2 || sizes.ends_with(&[3, 4, 4]);
            if mobile && as_written {
                return Some(number);
            }
            let sign = begin.checked_sub(1).and_then(|p| signs.get(p)) == Some(&'+');
            let alone = begin.checked_sub(2).and_then(|p| signs.get(p)).is_none_or(|c| !c.is_alphanumeric());
            let last = groups.get(j + 1).is_none_or(|(_, _, joined)| !joined);
            if sign && alone && last && (8..=15).contains(&number.len()) {
                return Some(number);
            }
        }
    }
    None
}

/// Names of messengers, as they are written and as they are hidden.
const MESSENGERS: [&str; 17] = [
    "微信",
    "薇信",
    "威信",
    "徽信",
    "weixin",
    "wechat",
    "wx",
    "vx",
    "v信",
    "加v",
    "+v",
    "qq",
    "扣扣",
    "telegram",
    "whatsapp",
    "line id",
    "纸飞机",
];
/// What stands between a messenger and a name that is a number; anything else there says that the number is something else.
const LEADS: [&str; 8] = ["", "号", "号码", "号是", "是", "id", "群", "账号"];
/// What a messenger is also talked about for.
const PAYS: [&str; 7] = ["支付", "红包", "转账", "付", "收款", "音乐", "小程序"];

/// The name of a messenger with something that can be a name in it close behind.
fn messenger(text: &str) -> Option<String> {
    MESSENGERS.iter().find_map(|name| {
        text.match_indices(name).find_map(|(at, _)| {
            // A word of Latin letters stands by itself.
            let inside = name.starts_with(|c: char| c.is_ascii_alphabetic())
                && text.get(..at).and_then(|t| t.chars().next_back()).is_some_and(|c| c.is_ascii_alphabetic());
            let rest = text.get(at + name.len()..)?;
            let gap: String = rest.chars().take_while(|c| !c.is_ascii_alphanumeric() && *c != '\n').take(7).collect();
            let of_name = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
            let id: String = rest.get(gap.len()..)?.chars().take_while(of_name).collect();
            let after = rest.get(gap.len() + id.len()..).and_then(|t| t.chars().next());
            let close = gap.chars().count() <= 6 && !PAYS.iter().any(|p| gap.contains(p));
            let lead: String = gap.chars().filter(|c| c.is_alphanumeric()).collect();
            // A word of letters alone behind it may be any word, a number any number.
            let letters = id.chars().any(|c| c.is_ascii_alphabetic());
            let named = if letters {
                (5..=24).contains(&id.len()) && id.chars().any(|c| !c.is_ascii_alphabetic())
            } else {
                let number = (6..=11).contains(&id.len()) && id.chars().all(|c| c.is_ascii_digit());
                number && LEADS.contains(&lead.as_str()) && !matches!(after, Some('元' | '块' | '年' | '个'))
            };
            (!inside && close && named).then(|| format!("{name} {id}"))
        })
    })
}

/// Endings of the names of hosts that are looked for without `http` in front.
const ENDINGS: [&str; 40] = [
    "com", "cn", "net", "org", "top", "xyz", "shop", "vip", "cc", "io", "co", "info", "link", "app", "tv", "ru", "hk",
    "tw", "jp", "club", "site", "store", "gg", "de", "uk", "fr", "es", "eu", "kr", "ai", "dev", "page", "ltd", "wang",
    "xin", "biz", "mobi", "asia", "sg", "vn",
];
/// Those that are words as well: with something behind the host only.
const WORDS: [&str; 8] = ["me", "it", "in", "be", "us", "my", "ly", "live"];

/// A way out of the shop, as it stands in a folded text; `own`: the shop's host, which is none.
pub fn link(folded: &str, own: &str) -> Option<String> {
    let host = |word: &str| -> Option<String> {
        let bare = ["https://", "http://"].iter().find_map(|p| word.strip_prefix(p));
        let named = bare.is_some() || word.starts_with("www.");
        let rest = bare.unwrap_or(word).trim_start_matches("www.");
        let host: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-')).collect();
        let behind = rest.get(host.len()..).unwrap_or_default();
        let host = host.trim_matches(['.', '-']).to_owned();
        let (name, end) = host.rsplit_once('.')?;
        let path = behind.starts_with('/') && behind.len() > 1;
        let ending = named || ENDINGS.contains(&end) || (path && WORDS.contains(&end));
        let letters = name.chars().any(|c| c.is_ascii_alphabetic()) && end.chars().all(|c| c.is_ascii_alphabetic());
        (letters && ending && host != own && !host.ends_with(&format!(".{own}"))).then_some(host)
    };
    // As some hide it.
    let folded = folded.replace('。', ".");
    let words = folded.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '/' | '@' | '_')));
    words.filter(|w| w.contains('.')).find_map(|word| {
        // An address of mail is no link.
        let mail = word.split_once('@').is_some_and(|(before, _)| !before.is_empty() && !before.contains('/'));
        let start = word.find("http").unwrap_or(0);
        let word = word.get(start..)?.trim_start_matches(['.', '-', ':', '/', '@']);
        if mail { None } else { host(word) }
    })
}

/// Two prints that differ in at most so many bits are of the same thing.
pub const NEAR: u32 = 3;
/// Letters that a text needs for its print to mean something.
const MIN_LETTERS: usize = 24;

/// What a folded text says, in 64 bits: of two texts that differ little, few bits differ (simhash, Charikar 2002, over runs of three
/// letters). None for a short one.
pub fn print_of(folded: &str) -> Option<u64> {
    let letters: Vec<char> = folded.chars().filter(|c| c.is_alphanumeric()).collect();
    if letters.len() < MIN_LETTERS {
        return None;
    }
    let mut weight = [0_i32; 64];
    for run in letters.windows(3) {
        let hash = run.iter().fold(0xcbf2_9ce4_8422_2325_u64, |h, c| mixed(h ^ u64::from(u32::from(*c))));
        for (bit, w) in weight.iter_mut().enumerate() {
            *w += if hash >> bit & 1 == 1 { 1 } else { -1 };
        }
    }
    Some(weight.iter().enumerate().fold(0, |print, (bit, w)| if *w > 0 { print | 1 << bit } else { print }))
}

/// A hash of 64 bits (the finalizer of splitmix64).
const fn mixed(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Whether two prints are of the same thing.
pub const fn near(a: u64, b: u64) -> bool {
    (a ^ b).count_ones() <= NEAR
}

/// A print in four pieces: two that are near share at least one (three bits cannot be in four pieces).
pub fn bands(print: u64) -> [i64; 4] {
    [0, 16, 32, 48].map(|shift| i64::try_from(print >> shift & 0xffff).unwrap_or(0))
}

/// The print of a picture of 9 x 8 grey values, row by row: where it grows darker (difference hash). None for a plain one, whose
/// print says nothing.
pub fn print_of_picture(grey: &[u8]) -> Option<u64> {
    let mut print = 0_u64;
    for row in grey.chunks(9) {
        for pair in row.windows(2) {
            print = print << 1 | u64::from(matches!(pair, [left, right] if left > right));
        }
    }
    (8..=56).contains(&print.count_ones()).then_some(print)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_text_that_was_changed_a_little_is_near_and_another_is_not() {
        let text = "今天收到的蓝莓真的很大颗，家里小朋友一下午就吃完了一盒，回购。冰镇以后更好吃，推荐给不爱太甜的朋友，包装也很用心，一颗都没有坏";
        let print = print_of(text).unwrap();
        let signs = text.replace('，', " ！").replace('。', "～");
        assert_eq!(print_of(&signs), Some(print), "signs between letters do not count");
        let other =
            "周末带全家去山里露营，帐篷两个门真的方便，夜里八度睡袋刚刚好，早上起来溪水边煮咖啡，孩子们捡了一下午石头";
        assert!(!near(print, print_of(other).unwrap()));
        assert_eq!(print_of("好吃"), None);
    }

    #[test]
    fn a_plain_picture_has_no_print() {
        assert_eq!(print_of_picture(&[7; 72]), None);
        let slope: Vec<u8> = (0..72).map(|i| if i % 2 == 0 { 200 } else { 10 }).collect();
        assert!(print_of_picture(&slope).is_some());
    }

    fn words(list: &str) -> Words {
        Words::new(list, str::to_lowercase)
    }

    proptest! {
        #[test]
        fn prints_that_are_near_share_a_piece(print in any::<u64>(), bits in proptest::collection::vec(0..64_u32, 0..4)) {
            let other = bits.iter().fold(print, |p, bit| p ^ 1 << bit);
            prop_assert!(near(print, other));
            prop_assert!(bands(print).iter().zip(bands(other)).any(|(a, b)| *a == b));
        }

        #[test]
        fn any_text_is_looked_through(text in "\\PC{0,80}") {
            let _ = (contact(&text), link(&text, "tuanju.example"), words("刷单\nspam").find(&text));
        }

        #[test]
        fn a_word_is_found_with_signs_between_its_letters(signs in "[ .*_~-]{0,3}", before in "[团聚好 ]{0,5}", after in "[团聚好 ]{0,5}") {
            prop_assert_eq!(words("刷单").find(&format!("{before}刷{signs}单{after}")), Some("刷单".to_owned()));
        }

        #[test]
        fn a_mobile_number_is_found_however_it_is_cut(second in 3..=9_u8, rest in "[0-9]{9}", cut in 1..10_usize) {
            let number = format!("1{second}{rest}");
            let (a, b) = number.split_at(cut);
            prop_assert_eq!(contact(&format!("call {a} {b}.")), Some(number.clone()));
            prop_assert_eq!(contact(&format!("no {number}7")), None);
        }
    }

    #[test]
    fn a_longer_entry_that_is_fine_wins() {
        let list = words("# remark\n最佳\n-最佳赏味\n");
        assert_eq!(list.find("全场最佳"), Some("最佳".to_owned()));
        assert_eq!(list.find("最佳赏味期三个月"), None);
        assert_eq!(list.find("最佳赏味,也是最佳"), Some("最佳".to_owned()));
        assert_eq!(list.find("你我最。佳人"), None, "the end of a sentence is between them");
    }

    #[test]
    fn latin_words_stand_by_themselves() {
        let list = words("fake id\na货");
        assert_eq!(list.find("a fake id, cheap").as_deref(), Some("fake id"));
        assert_eq!(list.find("a fake idea"), None);
        assert_eq!(list.find("这是a货吗").as_deref(), Some("a货"));
        assert_eq!(list.find("prada货真价实"), None);
    }

    #[test]
    fn ways_to_reach_somebody_are_found_and_talk_about_them_is_not() {
        for found in [
            "加我微信 abc_123",
            "vx:team2026",
            "mei@example.org",
            "+44 20 7946 0958",
            "qq 123456789",
            "whatsapp me_22 1",
        ] {
            assert!(contact(found).is_some(), "{found}");
        }
        for fine in [
            "用微信支付",
            "微信红包 很多",
            "mei@ lei",
            "@mei 你也来",
            "2026.11.27 11:30",
            "价格 12 800 500",
            "order 20261127",
        ] {
            assert_eq!(contact(fine), None, "{fine}");
        }
    }

    #[test]
    fn ways_out_are_found_and_our_own_are_none() {
        let own = "tuanju.example";
        for (text, host) in [
            ("看这里 https://evil.test/a?b", "evil.test"),
            ("去taobao.com买", "taobao.com"),
            ("www.shop-x.top", "shop-x.top"),
            ("bit.ly/3abc", "bit.ly"),
            ("youtu.be/x1", "youtu.be"),
            ("https://www.tiktok.com/@shop", "tiktok.com"),
            ("看@taobao.com", "taobao.com"),
            ("taobao。com", "taobao.com"),
        ] {
            assert_eq!(link(text, own).as_deref(), Some(host), "{text}");
        }
        for fine in [
            "https://tuanju.example/p/tea",
            "m.tuanju.example/p",
            "3.5 元",
            "等等...com",
            "v1.2.0",
            "mei@example.org",
            "好.吃",
        ] {
            assert_eq!(link(fine, own), None, "{fine}");
        }
    }
}
