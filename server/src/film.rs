//! Short films that somebody brought: the container is read, nothing is decoded, and what in it is neither picture nor sound is blanked
//! where it stands, so that nothing moves: places, devices, times of taking, tracks of other kinds (ISO 14496-12, RFC 9559).

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom, Write},
};

mod mp4;
mod webm;

/// Bytes of one film.
pub const MAX_BYTES: usize = 50 * 1024 * 1024;
/// Seconds of one film.
pub const MAX_SECONDS: i64 = domain::post::MAX_FILM_SECONDS;
/// The longest side that is taken.
const MAX_SIDE: u32 = 4096;

/// What a film is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    Mp4,
    Webm,
}

impl Container {
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Mp4 => "mp4",
            Self::Webm => "webm",
        }
    }

    pub const fn mime(self) -> &'static str {
        match self {
            Self::Mp4 => "video/mp4",
            Self::Webm => "video/webm",
        }
    }
}

/// A film that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Film {
    pub container: Container,
    /// How long it runs, counted from its samples and not from what its header says.
    pub ms: i64,
    /// As it is shown, pixels.
    pub width: u32,
    pub height: u32,
}

/// Why a film is not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error("{0}")]
    Form(&'static str),
    #[error("runs for {0} ms")]
    Long(i64),
    #[error("disk: {0}")]
    Disk(#[from] io::Error),
}

/// Bytes that are overwritten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Blank {
    /// So many of one value.
    Fill { at: u64, len: u64, with: u8 },
    /// The name of a box.
    Name { at: u64, name: [u8; 4] },
    /// The first bytes of an element, of which so many count.
    Head { at: u64, bytes: [u8; 9], len: u64 },
}

/// What was read of a container.
struct Found {
    film: Film,
    blanks: Vec<Blank>,
}

/// Looks at a film and blanks in the file what is nobody's business.
///
/// # Errors
/// What is wrong with it; then the file is as it was.
pub fn clean(file: &mut File) -> Result<Film, Refused> {
    let size = file.metadata()?.len();
    if usize::try_from(size).is_ok_and(|n| n > MAX_BYTES) {
        return Err(Refused::Form("larger than 50 MB"));
    }
    let mut head = [0; 12];
    file.seek(SeekFrom::Start(0))?;
    file.read_exact(&mut head).map_err(|_| Refused::Form("too short"))?;
    let mut reader = BufReader::with_capacity(1 << 16, &mut *file);
    let read = if head.get(4..8) == Some(b"ftyp") {
        mp4::read(&mut reader, size)?
    } else if head.starts_with(&[0x1a, 0x45, 0xdf, 0xa3]) {
        webm::read(&mut reader, size)?
    } else {
        return Err(Refused::Form("neither MP4 nor WebM"));
    };
    let Film { ms, width, height, .. } = read.film;
    if width.min(height) == 0 || width.max(height) > MAX_SIDE {
        return Err(Refused::Form("no size that can be shown"));
    }
    if ms <= 0 {
        return Err(Refused::Form("no samples"));
    }
    // The last frame may stand a little beyond.
    if ms >= (MAX_SECONDS + 1) * 1000 {
        return Err(Refused::Long(ms));
    }
    // Nothing is blanked twice, by and large.
    let bytes = read.blanks.iter().map(|b| if let Blank::Fill { len, .. } = b { *len } else { 0 });
    if bytes.fold(0, u64::saturating_add) > 2 * size {
        return Err(Refused::Form("its parts lie over each other"));
    }
    for blank in read.blanks {
        apply(file, blank)?;
    }
    file.sync_all()?;
    Ok(read.film)
}

fn apply(file: &mut File, blank: Blank) -> io::Result<()> {
    match blank {
        Blank::Name { at, name } => {
            file.seek(SeekFrom::Start(at))?;
            file.write_all(&name)
        }
        Blank::Head { at, bytes, len } => {
            file.seek(SeekFrom::Start(at))?;
            file.write_all(bytes.get(..usize::try_from(len).unwrap_or(0)).unwrap_or_default())
        }
        Blank::Fill { at, mut len, with } => {
            file.seek(SeekFrom::Start(at))?;
            let block = [with; 8192];
            while len > 0 {
                let n = usize::try_from(len).unwrap_or(usize::MAX).min(block.len());
                file.write_all(block.get(..n).unwrap_or_default())?;
                len -= u64::try_from(n).unwrap_or(len);
            }
            Ok(())
        }
    }
}

/// A number of up to eight bytes, the highest first.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |n, b| n << 8 | u64::from(*b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(super) fn on_disk(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    pub(super) fn whole(file: &mut File) -> Vec<u8> {
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(0)).unwrap();
        file.read_to_end(&mut bytes).unwrap();
        bytes
    }

    fn holds(bytes: &[u8], text: &str) -> bool {
        bytes.windows(text.len()).any(|w| w == text.as_bytes())
    }

    #[test]
    fn a_film_is_taken_and_what_is_private_in_it_is_gone_while_its_samples_stay() {
        for (bytes, container) in [(mp4::tests::sample(20), Container::Mp4), (webm::tests::sample(20), Container::Webm)]
        {
            assert!(holds(&bytes, "PRIVATE"));
            let mut file = on_disk(&bytes);
            let film = clean(&mut file).unwrap();
            assert_eq!((film.container, film.width, film.height), (container, 360, 640));
            assert!((19_900..=20_100).contains(&film.ms), "{}", film.ms);
            let after = whole(&mut file);
            assert_eq!(after.len(), bytes.len());
            assert!(!holds(&after, "PRIVATE") && holds(&after, "SAMPLES"));
            // What is clean is a film still, and stays as it is.
            let mut again = on_disk(&after);
            assert_eq!(clean(&mut again).unwrap(), film);
            assert_eq!(whole(&mut again), after);
        }
    }

    #[test]
    fn one_that_runs_too_long_or_is_none_is_refused_and_left_as_it_was() {
        for bytes in [mp4::tests::sample(62), webm::tests::sample(62)] {
            let mut file = on_disk(&bytes);
            assert!(matches!(clean(&mut file), Err(Refused::Long(_))));
            assert_eq!(whole(&mut file), bytes);
        }
        let page = b"<!doctype html><script>alert(1)</script>".to_vec();
        for wrong in [
            b"".to_vec(),
            page,
            b"\0\0\0\x18ftypisom\0\0\0\0isom".to_vec(),
            b"\x1a\x45\xdf\xa3\x80\0\0\0\0\0\0\0\0".to_vec(),
        ] {
            assert!(matches!(clean(&mut on_disk(&wrong)), Err(Refused::Form(_))));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn whatever_is_brought_is_answered(
            which in any::<bool>(), cut in 0_usize..4000, hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6)
        ) {
            let mut bytes = if which { mp4::tests::sample(5) } else { webm::tests::sample(5) };
            for (at, with) in hits {
                let at = at.index(bytes.len());
                bytes[at] = with;
            }
            bytes.truncate(bytes.len().max(cut) - cut);
            let mut file = on_disk(&bytes);
            let taken = clean(&mut file);
            let after = whole(&mut file);
            prop_assert_eq!(after.len(), bytes.len());
            if taken.is_err() {
                prop_assert_eq!(after, bytes);
            }
        }
    }
}
