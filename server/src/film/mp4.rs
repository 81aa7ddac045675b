//! MP4, as telephones write it: one `moov`, samples in `mdat`. Fragmented files are not taken.

use super::{Blank, Container, Film, Found, Refused, number};
use std::{
    io::{Read, Seek, SeekFrom},
    ops::Range,
};

/// Bytes of `moov`.
const MAX_MOOV: u64 = 8 * 1024 * 1024;
/// Samples of a track, and boxes beside each other.
const MANY: usize = 200_000;
/// Bytes of `ftyp`, and tracks.
const MAX_FTYP: u64 = 1024;
const MAX_TRACKS: usize = 32;
/// What says where and when the samples of a track are.
const TABLE: [&[u8; 4]; 11] =
    [b"stsd", b"stts", b"ctts", b"cslg", b"stss", b"stsc", b"stsz", b"stco", b"co64", b"sgpd", b"sbgp"];
const FREE: [u8; 4] = *b"free";
const VIDEO: [&[u8; 4]; 7] = [b"avc1", b"avc3", b"hvc1", b"hev1", b"av01", b"vp09", b"vp08"];
const SOUND: [&[u8; 4]; 4] = [b"mp4a", b"Opus", b"fLaC", b".mp3"];

const BROKEN: Refused = Refused::Form("a box that is broken");

/// A box, by places in what is read.
#[derive(Clone, Debug)]
struct Piece {
    name: [u8; 4],
    /// Where its name stands.
    named: u64,
    body: Range<u64>,
}

impl Piece {
    /// Makes free space of it, with nothing in it.
    fn blank(&self, into: &mut Vec<Blank>) {
        if self.name != FREE {
            into.push(Blank::Name { at: self.named, name: FREE });
        }
        into.push(Blank::Fill { at: self.body.start, len: self.body.end - self.body.start, with: 0 });
    }
}

/// The box that begins at `at`, if it ends no later than `end`.
fn piece(head: &[u8], at: u64, end: u64) -> Result<Piece, Refused> {
    let name = head.get(4..8).and_then(|n| n.try_into().ok()).ok_or(BROKEN)?;
    let (size, header) = match number(head.get(..4).ok_or(BROKEN)?) {
        0 => (end - at, 8),
        1 => (number(head.get(8..16).ok_or(BROKEN)?), 16),
        n => (n, 8),
    };
    let ends = at.checked_add(size).filter(|e| *e <= end && size >= header).ok_or(BROKEN)?;
    Ok(Piece { name, named: at + 4, body: at + header..ends })
}

/// `moov` in memory, and where it stands in the file.
struct Moov<'a> {
    bytes: &'a [u8],
    base: u64,
}

impl Moov<'_> {
    fn slice(&self, range: &Range<u64>) -> Result<&[u8], Refused> {
        let at = |n: u64| usize::try_from(n.checked_sub(self.base).ok_or(BROKEN)?).map_err(|_| BROKEN);
        self.bytes.get(at(range.start)?..at(range.end)?).ok_or(BROKEN)
    }

    fn pieces(&self, range: &Range<u64>) -> Result<Vec<Piece>, Refused> {
        let (mut at, mut all) = (range.start, Vec::new());
        while at < range.end {
            // Old recorders end a list with four zeros.
            if range.end - at < 8 {
                break;
            }
            let one = piece(self.slice(&(at..range.end.min(at + 16)))?, at, range.end)?;
            at = one.body.end;
            all.push(one);
            if all.len() > MANY {
                return Err(BROKEN);
            }
        }
        Ok(all)
    }

    /// A part of the body of a box.
    fn part(&self, of: &Piece, from: u64, len: u64) -> Result<&[u8], Refused> {
        let start = of.body.start.checked_add(from).ok_or(BROKEN)?;
        let end = start.checked_add(len).filter(|e| *e <= of.body.end).ok_or(BROKEN)?;
        self.slice(&(start..end))
    }

    fn u32(&self, of: &Piece, from: u64) -> Result<u64, Refused> {
        Ok(number(self.part(of, from, 4)?))
    }

    /// The times of making and changing, which stand first in `mvhd`, `tkhd` and `mdhd`; how far what follows them is moved.
    fn times(&self, of: &Piece, blanks: &mut Vec<Blank>) -> Result<u64, Refused> {
        let long = self.part(of, 0, 1)? == [1];
        let len = if long { 16 } else { 8 };
        self.part(of, 4, len)?;
        blanks.push(Blank::Fill { at: of.body.start + 4, len, with: 0 });
        Ok(4 + len)
    }
}

fn one<'a>(of: &'a [Piece], name: &[u8; 4]) -> Result<&'a Piece, Refused> {
    of.iter().find(|p| p.name == *name).ok_or(Refused::Form("a box is missing"))
}

pub(super) fn read(file: &mut (impl Read + Seek), size: u64) -> Result<Found, Refused> {
    let mut blanks = Vec::new();
    let (mut moov, mut data) = (None::<Piece>, Vec::new());
    let mut at = 0;
    for n in 0.. {
        // Fewer bytes than a box has are nothing.
        if size - at < 8 {
            blanks.push(Blank::Fill { at, len: size - at, with: 0 });
            break;
        }
        let mut head = [0; 16];
        let there = usize::try_from(size - at).unwrap_or(usize::MAX).min(16);
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(head.get_mut(..there).ok_or(BROKEN)?)?;
        let found = piece(head.get(..there).unwrap_or_default(), at, size)?;
        at = found.body.end;
        match &found.name {
            b"ftyp" if n == 0 && found.body.end <= MAX_FTYP => {}
            b"moov" if moov.is_none() => moov = Some(found),
            b"mdat" => data.push(found.body),
            b"moof" | b"moov" | b"ftyp" => return Err(Refused::Form("fragmented, or more than one film")),
            _ => found.blank(&mut blanks),
        }
        if n > 100 {
            return Err(BROKEN);
        }
    }
    let moov =
        moov.filter(|m| m.body.end - m.body.start <= MAX_MOOV).ok_or(Refused::Form("no index of usable size"))?;
    let mut bytes = vec![0; usize::try_from(moov.body.end - moov.body.start).map_err(|_| BROKEN)?];
    file.seek(SeekFrom::Start(moov.body.start))?;
    file.read_exact(&mut bytes)?;
    let inside = Moov { bytes: &bytes, base: moov.body.start };
    let (mut ms, mut shown, mut tracks) = (0, None, 0);
    // Where the samples of what is kept stand.
    let mut kept: Vec<Range<u64>> = Vec::new();
    for part in inside.pieces(&moov.body)? {
        tracks += usize::from(part.name == *b"trak");
        if tracks > MAX_TRACKS {
            return Err(BROKEN);
        }
        match &part.name {
            b"mvhd" => {
                inside.times(&part, &mut blanks)?;
            }
            b"mvex" => return Err(Refused::Form("fragmented")),
            b"trak" => match track(&inside, &part, &mut blanks, &mut kept)? {
                Some(Track { ms: runs, size }) => {
                    ms = ms.max(runs);
                    shown = shown.or(size);
                }
                None => part.blank(&mut blanks),
            },
            _ => part.blank(&mut blanks),
        }
    }
    let (width, height) = shown.ok_or(Refused::Form("no picture that is taken"))?;
    forget_others(&data, kept, &mut blanks);
    Ok(Found { film: Film { container: Container::Mp4, ms, width, height }, blanks })
}

struct Track {
    ms: i64,
    /// Of a picture, as it is shown.
    size: Option<(u32, u32)>,
}

/// A track; none for one that is neither picture nor sound, or of a codec that is not taken. `kept`: where its samples stand.
fn track(
    moov: &Moov,
    trak: &Piece,
    blanks: &mut Vec<Blank>,
    kept: &mut Vec<Range<u64>>,
) -> Result<Option<Track>, Refused> {
    let parts = moov.pieces(&trak.body)?;
    let media = moov.pieces(&one(&parts, b"mdia")?.body)?;
    let handler = one(&media, b"hdlr")?;
    let kind = moov.part(handler, 8, 4)?;
    let codecs: &[&[u8; 4]] = match kind {
        b"vide" => &VIDEO,
        b"soun" => &SOUND,
        _ => return Ok(None),
    };
    let info = moov.pieces(&one(&media, b"minf")?.body)?;
    let table = moov.pieces(&one(&info, b"stbl")?.body)?;
    let entries = one(&table, b"stsd")?;
    let entries = moov.pieces(&(entries.body.start.saturating_add(8).min(entries.body.end)..entries.body.end))?;
    if entries.is_empty() || !entries.iter().all(|e| codecs.contains(&&e.name)) {
        return Ok(None);
    }
    // Samples stand in this file and nowhere else.
    let places = moov.pieces(&one(&info, b"dinf")?.body)?;
    let places = one(&places, b"dref")?;
    for place in moov.pieces(&(places.body.start.saturating_add(8).min(places.body.end)..places.body.end))? {
        if moov.part(&place, 3, 1)?.first().is_none_or(|f| f & 1 == 0) {
            return Err(Refused::Form("samples in another file"));
        }
    }
    let header = one(&parts, b"tkhd")?;
    let from = moov.times(header, blanks)?;
    let scale = one(&media, b"mdhd")?;
    let after = moov.times(scale, blanks)?;
    let scale = moov.u32(scale, after)?;
    for part in &parts {
        if !matches!(&part.name, b"tkhd" | b"mdia" | b"edts" | b"tref") {
            part.blank(blanks);
        }
    }
    for part in &media {
        match &part.name {
            b"mdhd" | b"minf" => {}
            b"hdlr" => unnamed(part, blanks),
            _ => part.blank(blanks),
        }
    }
    for part in &info {
        match &part.name {
            b"vmhd" | b"smhd" | b"dinf" | b"stbl" => {}
            b"hdlr" => unnamed(part, blanks),
            _ => part.blank(blanks),
        }
    }
    for part in table.iter().filter(|p| !TABLE.contains(&&p.name)) {
        part.blank(blanks);
    }
    samples(moov, &table, kept)?;
    let ms = runs(moov, one(&table, b"stts")?, scale)?;
    let size = if kind == b"vide" { Some(size_of(moov, header, from)?) } else { None };
    Ok(Some(Track { ms, size }))
}

/// Milliseconds that the samples of a track take.
fn runs(moov: &Moov, stts: &Piece, scale: u64) -> Result<i64, Refused> {
    let n = moov.u32(stts, 4)?;
    let mut ticks = 0_u64;
    for entry in moov.part(stts, 8, n.checked_mul(8).ok_or(BROKEN)?)?.chunks_exact(8) {
        let (count, each) = entry.split_at(4);
        ticks = ticks.saturating_add(number(count).saturating_mul(number(each)));
    }
    let ms = ticks.saturating_mul(1000).checked_div(scale).ok_or(BROKEN)?;
    Ok(i64::try_from(ms).unwrap_or(i64::MAX))
}

/// The size in which a picture is shown, turned as its matrix says. `from`: where in `tkhd` what follows its times stands.
fn size_of(moov: &Moov, tkhd: &Piece, from: u64) -> Result<(u32, u32), Refused> {
    // Track number, reserved, duration (long in the long form), reserved, layer, group, volume, reserved, matrix, size.
    let duration = if from > 12 { 8 } else { 4 };
    let matrix = from + 8 + duration + 16;
    let turned = moov.u32(tkhd, matrix)? == 0;
    let side = |at: u64| -> Result<u32, Refused> { u32::try_from(moov.u32(tkhd, at)? >> 16).map_err(|_| BROKEN) };
    let (width, height) = (side(matrix + 36)?, side(matrix + 40)?);
    Ok(if turned { (height, width) } else { (width, height) })
}

/// Takes the name out of a handler.
fn unnamed(handler: &Piece, blanks: &mut Vec<Blank>) {
    let name = handler.body.start.saturating_add(24).min(handler.body.end);
    blanks.push(Blank::Fill { at: name, len: handler.body.end - name, with: 0 });
}

/// Where the samples of a track stand: a range for each chunk.
fn samples(moov: &Moov, table: &[Piece], kept: &mut Vec<Range<u64>>) -> Result<(), Refused> {
    let sizes = one(table, b"stsz")?;
    let (each, n) = (moov.u32(sizes, 4)?, usize::try_from(moov.u32(sizes, 8)?).map_err(|_| BROKEN)?);
    if n > MANY {
        return Err(BROKEN);
    }
    let list = if each == 0 { moov.part(sizes, 12, u64::try_from(n).map_err(|_| BROKEN)? * 4)? } else { &[] };
    let mut size = list.chunks_exact(4).map(number);
    let chunks = match one(table, b"stco") {
        Ok(short) => moov.part(short, 8, moov.u32(short, 4)? * 4)?.chunks_exact(4).map(number).collect::<Vec<_>>(),
        Err(_) => {
            let long = one(table, b"co64")?;
            moov.part(long, 8, moov.u32(long, 4)? * 8)?.chunks_exact(8).map(number).collect()
        }
    };
    let runs = one(table, b"stsc")?;
    let runs: Vec<(u64, u64)> = moov
        .part(runs, 8, moov.u32(runs, 4)? * 12)?
        .chunks_exact(12)
        .map(|r| (number(r.get(..4).unwrap_or_default()), number(r.get(4..8).unwrap_or_default())))
        .collect();
    let (mut left, mut run) = (n, 0);
    for (nth, at) in (1_u64..).zip(chunks) {
        if left == 0 {
            break;
        }
        while runs.get(run + 1).is_some_and(|(first, _)| *first <= nth) {
            run += 1;
        }
        let here = usize::try_from(runs.get(run).map_or(0, |(_, many)| *many)).unwrap_or(usize::MAX).min(left);
        left -= here;
        let len = if each == 0 {
            size.by_ref().take(here).fold(0, u64::saturating_add)
        } else {
            each.saturating_mul(u64::try_from(here).unwrap_or(u64::MAX))
        };
        kept.push(at..at.saturating_add(len));
    }
    Ok(())
}

/// Blanks what in `mdat` no sample of what is kept stands in.
fn forget_others(data: &[Range<u64>], mut kept: Vec<Range<u64>>, blanks: &mut Vec<Blank>) {
    kept.sort_unstable_by_key(|r| r.start);
    for body in data {
        let mut at = body.start;
        for range in &kept {
            if range.start > at {
                let until = range.start.min(body.end);
                if until > at {
                    blanks.push(Blank::Fill { at, len: until - at, with: 0 });
                }
            }
            at = at.max(range.end);
            if at >= body.end {
                break;
            }
        }
        if at < body.end {
            blanks.push(Blank::Fill { at, len: body.end - at, with: 0 });
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    fn wrap(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let mut out = u32::try_from(body.len() + 8).unwrap().to_be_bytes().to_vec();
        out.extend_from_slice(name);
        out.extend_from_slice(body);
        out
    }

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|w| w.to_be_bytes()).collect()
    }

    fn trak(kind: &[u8; 4], codec: &[u8; 4], chunk: u32, len: u32, seconds: u32) -> Vec<u8> {
        let seen = |rest: &[u32]| words(&[&[7, 0xdead_0001, 0xdead_0002], rest].concat());
        // Turned by a quarter: 640 x 360 is shown as 360 x 640.
        let matrix = [0, 0x1_0000, 0, 0xffff_0000, 0, 0, 0, 0, 0x4000_0000];
        let tkhd =
            wrap(b"tkhd", &seen(&[&[1, 0, seconds * 1000, 0, 0, 0, 0][..], &matrix, &[640 << 16, 360 << 16]].concat()));
        let hdlr = wrap(b"hdlr", &[&words(&[0, 0])[..], kind, &words(&[0, 0, 0]), b"PRIVATE telephone\0"].concat());
        let url = wrap(b"url ", &words(&[1]));
        let dinf = wrap(b"dinf", &wrap(b"dref", &[words(&[0, 1]), url].concat()));
        let stbl = [
            wrap(b"stsd", &[words(&[0, 1]), wrap(codec, &[0; 78])].concat()),
            wrap(b"stts", &words(&[0, 1, seconds * 10, 100])),
            wrap(b"stsc", &words(&[0, 1, 1, 1, 1])),
            wrap(b"stsz", &words(&[0, 0, 1, len])),
            wrap(b"stco", &words(&[0, 1, chunk])),
        ];
        let minf = wrap(b"minf", &[dinf, wrap(b"stbl", &stbl.concat())].concat());
        let mdhd = wrap(b"mdhd", &seen(&[1000, seconds * 1000, 0]));
        wrap(b"trak", &[tkhd, wrap(b"mdia", &[mdhd, hdlr, minf].concat()), wrap(b"udta", b"PRIVATE place")].concat())
    }

    /// A film of a telephone: turned, with sound, with a track of places, and with what it says about itself.
    pub(in super::super) fn sample(seconds: u32) -> Vec<u8> {
        let ftyp = wrap(b"ftyp", b"isom\0\0\x02\0isomiso2avc1mp41");
        let mdat = wrap(b"mdat", b"SAMPLES of pictures|SAMPLES of sound|PRIVATE places|PRIVATE leftovers");
        let data = u32::try_from(ftyp.len() + 8).unwrap();
        let moov = [
            wrap(b"mvhd", &words(&[0, 0xdead_0001, 0xdead_0002, 1000, 1, 0x1_0000, 0])),
            trak(b"vide", b"avc1", data, 20, seconds),
            trak(b"soun", b"mp4a", data + 20, 17, seconds),
            trak(b"meta", b"mebx", data + 37, 15, seconds),
            wrap(b"udta", &wrap(b"\xa9xyz", b"PRIVATE +25.04+102.71/")),
            wrap(b"meta", b"PRIVATE com.apple.quicktime.location.ISO6709"),
        ];
        let uuid = wrap(b"uuid", b"0123456789abcdefPRIVATE xmp");
        [ftyp, mdat, wrap(b"moov", &moov.concat()), uuid, wrap(b"free", b"PRIVATE leftovers"), b"PRIVATE".to_vec()]
            .concat()
    }

    #[test]
    fn times_of_taking_are_gone_and_another_codec_or_another_file_is_refused() {
        let bytes = sample(3);
        let mut file = super::super::tests::on_disk(&bytes);
        super::super::clean(&mut file).unwrap();
        let after = super::super::tests::whole(&mut file);
        assert!(!after.windows(3).any(|w| w == [0xde, 0xad, 0]));
        let with = |from: &[u8], to: &[u8]| {
            let at = bytes.windows(from.len()).position(|w| w == from).unwrap();
            let mut other = bytes.clone();
            other[at..at + to.len()].copy_from_slice(to);
            super::super::clean(&mut super::super::tests::on_disk(&other))
        };
        assert!(with(b"\0\0\0\x56avc1", b"\0\0\0\x56rle ").is_err());
        // A sound that nobody can play here is left out.
        assert!(with(b"\0\0\0\x56mp4a", b"\0\0\0\x56apac").is_ok());
        assert!(with(b"url \0\0\0\x01", b"url \0\0\0\0").is_err());
        assert!(with(b"uuid", b"moof").is_err());
        assert!(with(b"vide", b"text").is_err(), "nothing to look at");
    }
}
