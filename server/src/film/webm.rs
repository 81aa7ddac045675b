//! WebM, as browsers record it: sizes may be unknown, the length may not stand anywhere.

use super::{Blank, Container, Film, Found, Refused, number};
use std::io::{BufReader, Read, Seek, SeekFrom};

const BROKEN: Refused = Refused::Form("an element that is broken");
/// Elements of one film.
const MANY: u32 = 100_000;
/// What describes samples is no larger.
const LARGE: u64 = 64 * 1024;
/// What else belongs to a film; everything that is not named here is made empty. In order: of the document, places of elements, the length,
/// of a track, of its picture and sound, of a cluster.
const KNOWN: [u64; 47] = [
    0x4286,
    0x42f7,
    0x42f2,
    0x42f3,
    0x4287,
    0x4285,
    0x114d_9b74,
    0x1c53_bb6b,
    0x4489,
    0xd7,
    0x73c5,
    0xb9,
    0x88,
    0x55aa,
    0x9c,
    0x6de7,
    0x6df8,
    0x0023_e383,
    0x0023_4e7a,
    0x0023_314f,
    0x55ee,
    0x0022_b59c,
    0x0022_b59d,
    0x63a2,
    0x56aa,
    0x56bb,
    0xaa,
    0xe1,
    0x9a,
    0x9d,
    0x53b8,
    0x53c0,
    0x54aa,
    0x54bb,
    0x54cc,
    0x54dd,
    0x54b0,
    0x54ba,
    0x54b2,
    0x54b3,
    0x55b0,
    0x7670,
    0xa7,
    0xab,
    0x9b,
    0xfb,
    0x75a2,
];
const CODECS: [&[u8]; 5] = [b"V_VP8", b"V_VP9", b"V_AV1", b"A_OPUS", b"A_VORBIS"];

mod id {
    pub const EBML: u64 = 0x1a45_dfa3;
    pub const DOC_TYPE: u64 = 0x4282;
    pub const SEGMENT: u64 = 0x1853_8067;
    pub const INFO: u64 = 0x1549_a966;
    pub const SCALE: u64 = 0x002a_d7b1;
    pub const DATE: u64 = 0x4461;
    pub const SEGMENT_ID: u64 = 0x73a4;
    pub const TITLE: u64 = 0x7ba9;
    pub const MUXER: u64 = 0x4d80;
    pub const WRITER: u64 = 0x5741;
    pub const FILE_NAME: u64 = 0x7384;
    pub const TRACKS: u64 = 0x1654_ae6b;
    pub const TRACK: u64 = 0xae;
    pub const TRACK_TYPE: u64 = 0x83;
    pub const TRACK_NAME: u64 = 0x536e;
    pub const CODEC: u64 = 0x86;
    pub const CODEC_NAME: u64 = 0x0025_8688;
    pub const VIDEO: u64 = 0xe0;
    pub const WIDTH: u64 = 0xb0;
    pub const HEIGHT: u64 = 0xba;
    pub const CLUSTER: u64 = 0x1f43_b675;
    pub const TIME: u64 = 0xe7;
    pub const SIMPLE_BLOCK: u64 = 0xa3;
    pub const GROUP: u64 = 0xa0;
    pub const BLOCK: u64 = 0xa1;
    pub const VOID: u64 = 0xec;
    pub const CRC: u64 = 0xbf;
    #[cfg(test)]
    pub const TAGS: u64 = 0x1254_c367;
}

/// An element: its id, where it and what is in it begin, and its size unless that is unknown.
struct Element {
    id: u64,
    at: u64,
    body: u64,
    size: Option<u64>,
}

/// A number that says by its first bit how long it is; with or without that bit.
fn variable(file: &mut impl Read, keep: bool) -> Result<(u64, u32), Refused> {
    let mut first = [0];
    file.read_exact(&mut first).map_err(|_| BROKEN)?;
    let first = first[0];
    let more = first.leading_zeros();
    if more > 7 {
        return Err(BROKEN);
    }
    let mut rest = [0; 7];
    let rest = rest.get_mut(..usize::try_from(more).unwrap_or(0)).unwrap_or_default();
    file.read_exact(rest).map_err(|_| BROKEN)?;
    let head = u64::from(if keep { first } else { first & (0xff_u8.checked_shr(more + 1).unwrap_or(0)) });
    Ok((head << (8 * more) | number(rest), more + 1))
}

fn element<F: Read + Seek>(file: &mut BufReader<F>, at: u64, end: u64) -> Result<Element, Refused> {
    let (id, a) = variable(file, true)?;
    if a > 4 {
        return Err(BROKEN);
    }
    let (size, b) = variable(file, false)?;
    let body = at + u64::from(a + b);
    let size = if size == (1_u64 << (7 * b)) - 1 { None } else { Some(size) };
    if size.is_some_and(|s| body.checked_add(s).is_none_or(|e| e > end)) {
        return Err(BROKEN);
    }
    Ok(Element { id, at, body, size })
}

/// Up to eight bytes of an element as a number.
fn value<F: Read + Seek>(file: &mut BufReader<F>, size: u64) -> Result<u64, Refused> {
    let bytes = small(file, size)?;
    if bytes.len() > 8 { Err(BROKEN) } else { Ok(number(&bytes)) }
}

fn small<F: Read + Seek>(file: &mut BufReader<F>, size: u64) -> Result<Vec<u8>, Refused> {
    if size > 64 {
        return Err(BROKEN);
    }
    let mut bytes = vec![0; usize::try_from(size).map_err(|_| BROKEN)?];
    file.read_exact(&mut bytes).map_err(|_| BROKEN)?;
    Ok(bytes)
}

pub(super) fn read<F: Read + Seek>(file: &mut BufReader<F>, end: u64) -> Result<Found, Refused> {
    let mut blanks = Vec::new();
    let (mut doc, mut video, mut width, mut height) = (false, false, 0_u64, 0_u64);
    let (mut scale, mut cluster, mut last) = (1_000_000_u64, 0_u64, 0_u64);
    let mut at = 0;
    file.seek(SeekFrom::Start(0))?;
    for n in 0.. {
        if at >= end {
            break;
        }
        if n > MANY {
            return Err(BROKEN);
        }
        let e = element(file, at, end)?;
        // Names are the same at every depth: what others stand in is walked through, in one line.
        if matches!(
            e.id,
            id::EBML | id::SEGMENT | id::INFO | id::TRACKS | id::TRACK | id::VIDEO | id::CLUSTER | id::GROUP
        ) {
            if (n == 0) != (e.id == id::EBML) || (e.size.is_none() && !matches!(e.id, id::SEGMENT | id::CLUSTER)) {
                return Err(BROKEN);
            }
            at = e.body;
            continue;
        }
        let size = e.size.ok_or(BROKEN)?;
        at = e.body + size;
        let fill = |with: u8| Blank::Fill { at: e.body, len: size, with };
        match e.id {
            id::DOC_TYPE => doc = small(file, size)?.as_slice() == b"webm",
            id::SCALE => scale = value(file, size)?,
            id::TRACK_TYPE => match value(file, size)? {
                1 => video = true,
                2 => {}
                _ => return Err(Refused::Form("a track that is neither picture nor sound")),
            },
            id::CODEC => {
                let name = small(file, size)?;
                if !CODECS.iter().any(|c| name.starts_with(c)) {
                    return Err(Refused::Form("a codec that is not taken"));
                }
            }
            id::WIDTH => width = value(file, size)?,
            id::HEIGHT => height = value(file, size)?,
            id::TIME => cluster = value(file, size)?,
            id::SIMPLE_BLOCK | id::BLOCK => {
                variable(file, false)?;
                let mut after = [0; 2];
                file.read_exact(&mut after).map_err(|_| BROKEN)?;
                last = last.max(cluster.saturating_add_signed(i64::from(i16::from_be_bytes(after))));
            }
            id::TITLE | id::MUXER | id::WRITER | id::FILE_NAME | id::TRACK_NAME | id::CODEC_NAME => {
                blanks.push(fill(b' '))
            }
            id::DATE | id::SEGMENT_ID | id::VOID => blanks.push(fill(0)),
            // A sum over what is blanked holds no more.
            id::CRC => {
                blanks.push(Blank::Fill { at: e.at, len: 1, with: 0xec });
                blanks.push(fill(0));
            }
            known if KNOWN.contains(&known) && size <= LARGE => {}
            _ => empty(&e, at, &mut blanks),
        }
        skip(file, at)?;
    }
    if !doc || !video {
        return Err(Refused::Form("no film"));
    }
    let ms = u128::from(last) * u128::from(scale) / 1_000_000;
    let side = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    let film = Film {
        container: Container::Webm,
        ms: i64::try_from(ms).unwrap_or(i64::MAX),
        width: side(width),
        height: side(height),
    };
    Ok(Found { film, blanks })
}

/// Goes on to a place behind, which mostly is in memory already.
fn skip<F: Read + Seek>(file: &mut BufReader<F>, to: u64) -> Result<(), Refused> {
    let here = file.stream_position()?;
    let by = i64::try_from(i128::from(to) - i128::from(here)).map_err(|_| BROKEN)?;
    Ok(file.seek_relative(by)?)
}

/// Makes of an element one with nothing in it, of the same length.
fn empty(e: &Element, end: u64, blanks: &mut Vec<Blank>) {
    let whole = end - e.at;
    let mut head = [0; 9];
    head[0] = 0xec;
    let len = if whole >= 9 {
        for (to, from) in head.iter_mut().skip(1).zip((whole - 9 | 1 << 56).to_be_bytes()) {
            *to = from;
        }
        9
    } else {
        head[1] = u8::try_from(whole.saturating_sub(2)).unwrap_or(0) | 0x80;
        2
    };
    blanks.push(Blank::Fill { at: e.at + len, len: whole - len, with: 0 });
    blanks.push(Blank::Head { at: e.at, bytes: head, len });
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn wrap(id: u64, body: &[u8]) -> Vec<u8> {
        let mut out: Vec<u8> = id.to_be_bytes().into_iter().skip_while(|b| *b == 0).collect();
        out.push(1);
        out.extend(u64::try_from(body.len()).unwrap().to_be_bytes().into_iter().skip(1));
        out.extend_from_slice(body);
        out
    }

    /// A film of a browser: of unknown size, without its length, with what it says about itself.
    pub(in super::super) fn sample(seconds: u32) -> Vec<u8> {
        let mut out = wrap(id::EBML, &wrap(id::DOC_TYPE, b"webm"));
        out.extend([0x18, 0x53, 0x80, 0x67, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
        let info = [
            wrap(id::SCALE, &[0x0f, 0x42, 0x40]),
            wrap(id::WRITER, b"PRIVATE browser"),
            wrap(id::DATE, b"PRIVATE!"),
            wrap(id::CRC, b"1234"),
        ];
        out.extend(wrap(id::INFO, &info.concat()));
        let size = [wrap(id::WIDTH, &[1, 104]), wrap(id::HEIGHT, &[2, 128])];
        let video = [
            wrap(id::TRACK_TYPE, &[1]),
            wrap(id::CODEC, b"V_VP8"),
            wrap(id::TRACK_NAME, b"PRIVATE camera"),
            wrap(id::VIDEO, &size.concat()),
        ];
        let sound = [wrap(id::TRACK_TYPE, &[2]), wrap(id::CODEC, b"A_OPUS")];
        out.extend(wrap(id::TRACKS, &[wrap(id::TRACK, &video.concat()), wrap(id::TRACK, &sound.concat())].concat()));
        for second in 0..seconds {
            out.extend([0x1f, 0x43, 0xb6, 0x75, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
            out.extend(wrap(id::TIME, &(second * 1000).to_be_bytes()));
            for frame in [0_u16, 500, 1000] {
                out.extend(wrap(id::SIMPLE_BLOCK, &[&[0x81][..], &frame.to_be_bytes(), &[0x80], b"SAMPLES"].concat()));
            }
        }
        out.extend(wrap(id::TAGS, b"PRIVATE place"));
        out.extend([0x12, 0x54, 0xc3, 0x67, 0x87]);
        out.extend(b"PRIVATE");
        out
    }

    #[test]
    fn another_codec_another_kind_of_track_and_another_document_are_refused() {
        let bytes = sample(2);
        let with = |from: &[u8], to: &[u8]| {
            let at = bytes.windows(from.len()).position(|w| w == from).unwrap();
            let mut other = bytes.clone();
            other[at..at + to.len()].copy_from_slice(to);
            super::super::clean(&mut super::super::tests::on_disk(&other))
        };
        assert!(with(b"V_VP8", b"V_UNC").is_err());
        assert!(with(b"webm", b"matr").is_err());
        assert!(with(&[0x83, 1, 0, 0, 0, 0, 0, 0, 1, 2], &[0x83, 1, 0, 0, 0, 0, 0, 0, 1, 17]).is_err());
        assert!(with(b"V_VP8", b"V_VP9").is_ok());
    }
}
