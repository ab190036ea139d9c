//! What is stored apart from its event: attachments and large payloads, once, whole, and as hidden
//! as the event.

mod attachments;
mod hidden;
mod hostile;
mod large;
mod purged;
mod verified;

/// Bytes that look like nothing, their base64, and a data URL of them.
pub struct Image {
    pub bytes: Vec<u8>,
    pub base64: String,
}

impl Image {
    pub fn new(seed: u64, length: usize) -> Image {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let bytes: Vec<u8> = (0..length)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                (state >> 32) as u8
            })
            .collect();
        let base64 = base64(&bytes);
        Image { bytes, base64 }
    }

    pub fn url(&self) -> String {
        format!("data:image/png;base64,{}", self.base64)
    }
}

pub fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let bits = (0..3).fold(0, |bits, at| {
            bits << 8 | u32::from(three.get(at).copied().unwrap_or(0))
        });
        for at in 0..=three.len() {
            out.push(char::from(ALPHABET[(bits >> (18 - 6 * at)) as usize & 63]));
        }
        out.push_str(&"=="[..3 - three.len()]);
    }
    out
}

/// A batch of notes with these payloads; the keys are `k0`, `k1`…
pub fn notes(conversation: &str, payloads: &[String]) -> String {
    let items: Vec<_> = payloads
        .iter()
        .enumerate()
        .map(|(n, p)| format!(r#"{{"key":"k{n}","kind":"note","payload":{p}}}"#))
        .collect();
    format!(
        r#"{{"conversation":"{conversation}","items":[{}]}}"#,
        items.join(",")
    )
}

pub const SOUND: [&str; 0] = [];
pub const PROBLEMS: &str = "select v from transcript.verify_blobs() v";
