//! JSON web tokens: base64url of a JSON header with `alg`, then payload and signature.

use super::super::kind::Kind;
use super::super::runs::Run;
use super::super::spans::Hits;
use super::Input;
use super::encoded::decode_prefix;
use super::torn::{self, Joint};

const SEGMENT_MAX: usize = 16_384;
const HEADER_LOOK: usize = 200;
/// Lengths of signatures: with another one a token was cut.
const SIGNATURES: [usize; 7] = [43, 64, 86, 128, 342, 512, 683];

fn belongs(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// A token whose header starts at `at` (with `ey`).
pub(crate) fn find(input: &Input<'_>, at: usize, hits: &mut Hits) {
    if input.before(at).is_ascii_alphanumeric()
        || matches!(input.before(at), b'+' | b'/')
            && at > 1
            && super::is_word(input.byte(at - 2))
            && input.before(at) == b'+'
    {
        return;
    }
    let look = input.run(at, HEADER_LOOK, belongs);
    let header = decode_prefix(&input.bytes[at..look]);
    let named = [&b"\"alg\""[..], b"\"enc\"", b"\"typ\"", b"\"kid\""]
        .iter()
        .any(|name| header.windows(name.len()).any(|w| w == *name));
    if !header.starts_with(b"{") || !named {
        return;
    }
    let mut end = hits.runs.end(input, Run::Segment, at, SEGMENT_MAX, belongs);
    let (mut segments, mut last) = (1, 0);
    while segments < 5 && input.byte(end) == b'.' {
        let next = input.run(end + 1, SEGMENT_MAX, belongs);
        if next == end + 1 && segments > 1 {
            break; // the full stop behind it
        }
        last = next - end - 1;
        end = next;
        segments += 1;
    }
    // A header alone tells nothing.
    let cut = segments < 3 || !SIGNATURES.contains(&last);
    let least = if cut { Joint::Line } else { Joint::Certain };
    let parts = torn::parts(input, end, least, |b| belongs(b) || b == b'.');
    let dotted = |(start, end): &(usize, usize)| input.bytes[*start..*end].contains(&b'.');
    if segments > 1 || parts.iter().any(dotted) {
        hits.push(at, end, Kind::JWT);
        for (start, end) in parts {
            hits.push(start, end, Kind::JWT);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> usize {
        let input = Input::new(text, "");
        let mut hits = Hits::default();
        for (at, _) in text.match_indices("eyJ") {
            if !hits.covers(at) {
                find(&input, at, &mut hits);
            }
        }
        hits.iter().map(|h| h.end - h.start).sum()
    }

    #[test]
    fn tokens_whole_and_cut() {
        let head = concat!("eyJhbGciOiJSUzI1NiIs", "InR5cCI6IkpXVCJ9");
        let whole = format!("{head}.eyJzdWIiOiJmMTFmIn0.SE4OB3he-39Mc7_s");
        assert_eq!(found(&format!("Bearer {whole}.")), whole.len());
        assert_eq!(found(&format!("t={head}.eyJzdWIi")), head.len() + 9);
        assert_eq!(
            found(&format!("{head}.eyJzdWIi\n  OiJmMTFm0a.SE4OB3\nnext")),
            head.len() + 26
        );
        assert_eq!(
            found(&format!("{head}.eyJzdWIi\nnext line")),
            head.len() + 9
        );
    }

    #[test]
    fn other_base64_stays() {
        for text in [
            "eyJmb28iOiJiYXIifQ.x.y",
            "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9",
            "keyJump.eyJ.x",
        ] {
            assert_eq!(found(text), 0, "{text}");
        }
    }
}
