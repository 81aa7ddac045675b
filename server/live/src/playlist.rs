//! Playlists (RFC 8216bis): what is on now with low latency, and what was on.

use crate::window::Window;
use bytes::Bytes;
use domain::Millis;
use std::fmt::Write;

/// Of the last segments the parts are listed, too.
const WITH_PARTS: usize = 3;

/// Ticks as seconds, to five places.
struct Seconds(i64);

impl std::fmt::Display for Seconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Rounded up: what is announced as the longest is never passed.
        let micros = (self.0 * 100 + 8) / 9;
        write!(f, "{}.{:05}", micros / 1_000_000, micros % 1_000_000 / 10)
    }
}

fn stamp(at: Millis) -> String {
    let seconds = domain::time::rfc3339(at);
    format!("{}.{:03}Z", seconds.trim_end_matches('Z'), at.rem_euclid(1000))
}

/// The longest segment, in whole seconds.
fn target(longest: i64) -> i64 {
    (longest.max(crate::TICKS) + crate::TICKS - 1) / crate::TICKS
}

/// What is on now. `part`: the longest that a part may be, ticks.
pub(crate) fn now(window: &Window, part: i64) -> Bytes {
    let mut out = String::with_capacity(4096);
    let first = window.segments.front().map_or(window.next, |s| s.number);
    let _ = write!(
        out,
        "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-TARGETDURATION:{}\n#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK={}\n#EXT-X-PART-INF:PART-TARGET={}\n#EXT-X-MEDIA-SEQUENCE:{first}\n#EXT-X-DISCONTINUITY-SEQUENCE:{}\n",
        target(window.longest),
        Seconds(part * 3 + 4500),
        Seconds(part),
        window.breaks_before,
    );
    let count = window.segments.len();
    let mut init = None;
    for (i, segment) in window.segments.iter().enumerate() {
        if segment.breaks {
            out.push_str("#EXT-X-DISCONTINUITY\n");
        }
        if init != Some(segment.init) {
            init = Some(segment.init);
            let _ = writeln!(out, "#EXT-X-MAP:URI=\"init{}.mp4\"", segment.init);
        }
        let _ = writeln!(out, "#EXT-X-PROGRAM-DATE-TIME:{}", stamp(segment.at));
        if i + WITH_PARTS >= count {
            for (j, part) in segment.parts.iter().enumerate() {
                let key = if part.key { ",INDEPENDENT=YES" } else { "" };
                let _ = writeln!(
                    out,
                    "#EXT-X-PART:DURATION={},URI=\"p{}.{j}.m4s\"{key}",
                    Seconds(part.lasts),
                    segment.number
                );
            }
        }
        if segment.whole.is_some() {
            let _ = write!(out, "#EXTINF:{},\ns{}.m4s\n", Seconds(segment.lasts), segment.number);
        }
    }
    if window.over {
        out.push_str("#EXT-X-ENDLIST\n");
    } else {
        let (number, part) = match window.segments.back() {
            Some(s) if s.whole.is_none() => (s.number, s.parts.len()),
            _ => (window.next, 0),
        };
        let _ = writeln!(out, "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"p{number}.{part}.m4s\"");
    }
    out.into()
}

/// A segment that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub number: i64,
    /// Which beginning it needs.
    pub init: i64,
    /// How long it lasts, ticks.
    pub lasts: i64,
    /// When its first picture was received.
    pub at: Millis,
    /// Something is missing before it, or is made in another way.
    pub breaks: bool,
}

/// What was on: segments in their order, from the first on.
pub fn replay(kept: &[Kept]) -> String {
    let longest = kept.iter().map(|k| k.lasts).max().unwrap_or(0);
    let mut out = format!(
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-TARGETDURATION:{}\n#EXT-X-MEDIA-SEQUENCE:0\n",
        target(longest)
    );
    let mut init = None;
    for (i, segment) in kept.iter().enumerate() {
        if segment.breaks && i > 0 {
            out.push_str("#EXT-X-DISCONTINUITY\n");
        }
        if init != Some(segment.init) {
            init = Some(segment.init);
            let _ = writeln!(out, "#EXT-X-MAP:URI=\"init{}.mp4\"", segment.init);
        }
        let _ = write!(
            out,
            "#EXT-X-PROGRAM-DATE-TIME:{}\n#EXTINF:{},\ns{}.m4s\n",
            stamp(segment.at),
            Seconds(segment.lasts),
            segment.number
        );
    }
    out.push_str("#EXT-X-ENDLIST\n");
    out
}
