//! Masking on generated payloads: the shape is kept, and nothing of a value is put out.

use payload::json;
use payload::{display, jsonb};
use serde_json::{Map, Value};

struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as usize
    }

    /// Words from a private alphabet: whatever of it is put out came from a value.
    fn content(&mut self) -> String {
        (0..self.next(30))
            .map(|_| ['Ж', 'Щ', 'Ю', '7', '"', ' '][self.next(6)])
            .collect()
    }

    fn value(&mut self, depth: usize) -> Value {
        match self.next(if depth > 5 { 5 } else { 8 }) {
            0 => Value::Null,
            1 => Value::Bool(self.next(2) == 0),
            2 => Value::from(self.next(1_000_000)),
            3 => Value::from(display::WORDS[self.next(display::WORDS.len())]),
            4 => Value::from(self.content()),
            5 => (0..self.next(5)).map(|_| self.value(depth + 1)).collect(),
            _ => Value::Object(
                (0..self.next(6))
                    .map(|_| (self.key(), self.value(depth + 1)))
                    .collect::<Map<_, _>>(),
            ),
        }
    }

    fn key(&mut self) -> String {
        match self.next(4) {
            0 => display::MEMBERS[self.next(display::MEMBERS.len())].to_owned(),
            1 => format!("name{}", self.next(50)),
            2 => format!("[key {}:3]", self.next(4)),
            _ => self.content(),
        }
    }
}

fn masked(given: &Value) -> Value {
    let payload = json::parse(&given.to_string()).expect("JSON");
    let bytes = display::mask(&payload).expect("maskable");
    jsonb::Container::root(&bytes).expect("jsonb");
    serde_json::from_str(&json::print(&bytes).expect("printable")).expect("JSON")
}

/// What the mask of `given` may be, told from the other side: by comparing, not by masking.
fn is_mask(given: &Value, mask: &Value, member: &str) -> Result<(), String> {
    let differs = || Err(format!("{given} became {mask}"));
    match (given, mask) {
        (Value::Null, Value::Null) => Ok(()),
        (Value::Bool(_), Value::String(m)) if m == "[boolean]" => Ok(()),
        (Value::Number(_), Value::String(m)) if m == "[number]" => Ok(()),
        (Value::String(text), Value::String(m)) => {
            let listed =
                display::MEMBERS.contains(&member) && display::WORDS.contains(&text.as_str());
            let marker = format!("[string:{}]", text.chars().count());
            if (listed && m == text) || (!listed && *m == marker) {
                Ok(())
            } else {
                differs()
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).try_for_each(|(x, y)| is_mask(x, y, ""))
        }
        (Value::Object(a), Value::Object(b)) if a.len() == b.len() => {
            let mut data = 0;
            for (key, value) in a {
                match b.get(key).filter(|_| display::is_name(key)) {
                    Some(kept) => is_mask(value, kept, key)?,
                    None => data += 1,
                }
            }
            let masked = b.keys().filter(|key| key.starts_with("[key ")).count();
            if data == masked { Ok(()) } else { differs() }
        }
        _ => differs(),
    }
}

#[test]
fn nothing_of_a_value_is_put_out_and_the_shape_stays() {
    let mut random = Random(0x5eed_1234_abcd);
    for _ in 0..20_000 {
        let given = random.value(0);
        let mask = masked(&given);
        if let Err(problem) = is_mask(&given, &mask, "") {
            panic!("{problem}");
        }
        let text = mask.to_string();
        assert!(!text.contains(['Ж', 'Щ', 'Ю']), "{given} gave {text}");
    }
}

#[test]
fn payloads_that_differ_in_values_only_have_one_mask() {
    let mut random = Random(0xfeed_4321);
    for _ in 0..2_000 {
        let (a, b) = (random.next(90_000) + 10_000, random.next(90_000) + 10_000);
        let payload = |n: usize| serde_json::json!({"to": format!("Ж{n}"), "n": n, "deep": [{"k": n.is_multiple_of(2)}]});
        assert_eq!(masked(&payload(a)), masked(&payload(b)));
    }
}
