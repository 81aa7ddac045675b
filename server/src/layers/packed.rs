//! Compresses a page that is there as a whole. Knowing its size, this costs a third of compressing it as a stream.

use axum::http::{HeaderMap, header};
use std::io::{self, Write as _};

/// How the body travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    Brotli,
    Gzip,
    Plain,
}

/// Whether a list as clients send it (`gzip, br;q=0`) has this, and wants it.
pub fn takes(said: &str, name: &str) -> bool {
    said.split(',').any(|e| {
        let (what, weight) = e.split_once(';').unwrap_or((e, ""));
        what.trim().eq_ignore_ascii_case(name) && !matches!(weight.trim(), "q=0" | "q=0.0")
    })
}

impl Coding {
    /// The best that the client takes.
    pub fn of(headers: &HeaderMap) -> Self {
        let said = headers.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
        if takes(said, "br") {
            Self::Brotli
        } else if takes(said, "gzip") {
            Self::Gzip
        } else {
            Self::Plain
        }
    }

    /// For `Content-Encoding`.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Plain => None,
        }
    }

    /// The body as it travels.
    ///
    /// # Errors
    /// None in practice: it writes into memory.
    pub fn pack(self, body: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::Plain => Ok(body.to_vec()),
            Self::Gzip => {
                let mut packed =
                    flate2::write::GzEncoder::new(Vec::with_capacity(body.len() / 4), flate2::Compression::new(5));
                packed.write_all(body)?;
                packed.finish()
            }
            Self::Brotli => {
                // A window of 64 KB holds most of a page; the encoder clears memory in proportion to it.
                let params = brotli::enc::BrotliEncoderParams {
                    quality: 4,
                    lgwin: 16,
                    size_hint: body.len(),
                    ..Default::default()
                };
                let mut packed = Vec::with_capacity(body.len() / 4);
                brotli::BrotliCompress(&mut io::Cursor::new(body), &mut packed, &params)?;
                Ok(packed)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    #[test]
    fn the_client_chooses_and_reads_what_was_written() {
        let of =
            |said: &'static str| Coding::of(&[(header::ACCEPT_ENCODING, said.parse().unwrap())].into_iter().collect());
        assert_eq!(of("gzip, deflate, br"), Coding::Brotli);
        assert_eq!(of("gzip;q=1, br;q=0"), Coding::Gzip);
        assert_eq!(of("identity"), Coding::Plain);
        let page = "团聚 <p>come together</p>".repeat(400);
        let mut read = Vec::new();
        brotli::Decompressor::new(Coding::Brotli.pack(page.as_bytes()).unwrap().as_slice(), 4096)
            .read_to_end(&mut read)
            .unwrap();
        assert_eq!(read, page.as_bytes());
        read.clear();
        flate2::read::GzDecoder::new(Coding::Gzip.pack(page.as_bytes()).unwrap().as_slice())
            .read_to_end(&mut read)
            .unwrap();
        assert_eq!(read, page.as_bytes());
    }
}
