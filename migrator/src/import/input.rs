//! Opens files and standard input, decompresses by content, and counts the bytes read.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;
use indicatif::ProgressBar;

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
/// Of zstd --long, which archives of transcripts profit from; costs 128 MiB for such a file.
const ZSTD_WINDOW_LOG: u32 = 27;
const BUFFER: usize = 256 * 1024;

/// One thing to read.
#[derive(Debug, Clone)]
pub enum Input {
    Stdin,
    File(PathBuf),
}

impl Input {
    /// `-` is standard input.
    pub fn of(path: &Path) -> Self {
        if path.as_os_str() == "-" {
            Self::Stdin
        } else {
            Self::File(path.to_owned())
        }
    }

    /// What messages call it.
    pub fn path(&self) -> PathBuf {
        match self {
            Self::Stdin => PathBuf::from("<stdin>"),
            Self::File(path) => path.clone(),
        }
    }

    /// Compressed size; none for standard input.
    pub fn size(&self) -> io::Result<Option<u64>> {
        match self {
            Self::Stdin => Ok(None),
            Self::File(path) => {
                let metadata = File::open(path)?.metadata()?;
                if metadata.is_dir() {
                    return Err(io::ErrorKind::IsADirectory.into());
                }
                Ok(Some(metadata.len()))
            }
        }
    }

    /// Opens it; `bar` advances by the bytes as they are stored, before decompression.
    pub fn open(&self, bar: &ProgressBar) -> io::Result<Box<dyn BufRead>> {
        match self {
            Self::Stdin => decompressed(bar.wrap_read(io::stdin())),
            Self::File(path) => decompressed(bar.wrap_read(File::open(path)?)),
        }
    }
}

fn decompressed(raw: impl Read + 'static) -> io::Result<Box<dyn BufRead>> {
    let mut head = Vec::new();
    let mut raw = raw;
    // By read and not by the buffer: a pipe may hand over its first bytes one at a time.
    raw.by_ref()
        .take(ZSTD.len() as u64)
        .read_to_end(&mut head)?;
    let (gzip, zstd) = (head.starts_with(GZIP), head.starts_with(ZSTD));
    let whole = BufReader::with_capacity(BUFFER, io::Cursor::new(head).chain(raw));
    Ok(if gzip {
        Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(whole)))
    } else if zstd {
        let mut decoder = zstd::Decoder::with_buffer(whole)?;
        decoder.window_log_max(ZSTD_WINDOW_LOG)?;
        Box::new(BufReader::with_capacity(BUFFER, decoder))
    } else {
        Box::new(whole)
    })
}

/// One line as it was found.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    Whole(Vec<u8>),
    /// Longer than allowed: its beginning and its length.
    TooLong {
        head: Vec<u8>,
        bytes: u64,
    },
}

/// Reads the next line without its line end; nothing at the end of the input.
pub fn next_line(
    input: &mut dyn BufRead,
    longest: usize,
    kept_of_longer: usize,
) -> io::Result<Option<Line>> {
    let mut line = Vec::new();
    let mut bytes: u64 = 0;
    loop {
        let chunk = match input.fill_buf() {
            Ok(chunk) => chunk,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let newline = chunk.iter().position(|&byte| byte == b'\n');
        let piece = &chunk[..newline.unwrap_or(chunk.len())];
        let used = newline.map_or(chunk.len(), |at| at + 1);
        let ended = newline.is_some() || chunk.is_empty();
        let nothing_left = chunk.is_empty() && bytes == 0;
        bytes += piece.len() as u64;
        if bytes <= longest as u64 {
            line.extend_from_slice(piece);
        } else if line.len() < kept_of_longer {
            let wanted = piece.len().min(kept_of_longer - line.len());
            line.extend_from_slice(&piece[..wanted]);
        } else {
            line.truncate(kept_of_longer);
            line.shrink_to_fit();
        }
        input.consume(used);
        if nothing_left {
            return Ok(None);
        }
        if ended {
            if bytes > longest as u64 {
                line.truncate(kept_of_longer);
                return Ok(Some(Line::TooLong { head: line, bytes }));
            }
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            return Ok(Some(Line::Whole(line)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn lines(mut input: impl BufRead, longest: usize, kept: usize) -> Vec<Line> {
        std::iter::from_fn(|| next_line(&mut input, longest, kept).unwrap()).collect()
    }

    fn whole(text: &str) -> Line {
        Line::Whole(text.as_bytes().to_vec())
    }

    #[test]
    fn lines_end_in_any_of_the_usual_ways() {
        let read = lines("a\r\n\nb\nc".as_bytes(), 99, 9);
        assert_eq!(read, [whole("a"), whole(""), whole("b"), whole("c")]);
        assert_eq!(lines("".as_bytes(), 99, 9), []);
    }

    #[test]
    fn a_long_line_is_cut_whatever_the_buffer() {
        for capacity in [1, 3, 100] {
            let input = BufReader::with_capacity(capacity, "12345678\nok\n123456789".as_bytes());
            let head = b"123".to_vec();
            assert_eq!(
                lines(input, 7, 3),
                [
                    Line::TooLong {
                        head: head.clone(),
                        bytes: 8
                    },
                    whole("ok"),
                    Line::TooLong { head, bytes: 9 },
                ]
            );
        }
    }

    #[test]
    fn compression_is_recognised_by_content() {
        let text = b"one\ntwo\n";
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text).unwrap();
        let gzip = gzip.finish().unwrap();
        let zstd = zstd::encode_all(&text[..], 1).unwrap();
        // Two members or frames in a row are one text.
        for stored in [
            text.to_vec(),
            [gzip.clone(), gzip].concat(),
            [zstd.clone(), zstd].concat(),
        ] {
            let compressed = stored[0] != b'o';
            let read = lines(decompressed(io::Cursor::new(stored)).unwrap(), 99, 9);
            assert_eq!(read.len(), if compressed { 4 } else { 2 });
            assert_eq!(read[1], whole("two"));
        }
        assert!(lines(decompressed(io::empty()).unwrap(), 99, 9).is_empty());
    }
}
