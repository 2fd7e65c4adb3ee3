//! JSON that is well-formed and yet cannot be held: halves of surrogate pairs, numbers beyond any range.
//!
//! `serde_json` lets both pass while it skips a value and refuses them when the value is wanted. Other
//! programs write them, so they are mended instead: the first become U+FFFD, the second become texts.

/// The same document, with what cannot be held replaced. Anything else is left as it is, broken or not.
pub(crate) fn mend(json: &str) -> String {
    let mut mended = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => string(rest, &mut mended),
            '-' | '0'..='9' => number(rest, &mut mended),
            other => {
                mended.push(other);
                other.len_utf8()
            }
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    mended
}

fn number(text: &str, mended: &mut String) -> usize {
    let part = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E');
    let length = text.find(|c| !part(c)).unwrap_or(text.len());
    let token = text.get(..length).unwrap_or_default();
    if token.parse::<f64>().is_ok_and(f64::is_infinite) {
        mended.push('"');
        mended.push_str(token);
        mended.push('"');
    } else {
        mended.push_str(token);
    }
    length
}

/// Copies a string with its quotes; returns how much of the text it was.
fn string(text: &str, mended: &mut String) -> usize {
    mended.push('"');
    let mut at = 1;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let plain = rest.find(['"', '\\']).unwrap_or(rest.len());
        mended.push_str(rest.get(..plain).unwrap_or_default());
        at += plain;
        let rest = rest.get(plain..).unwrap_or_default();
        if rest.starts_with('"') {
            mended.push('"');
            return at + 1;
        }
        at += escape(rest, mended);
    }
    at
}

/// Copies one escape, or a pair of them that makes one character.
fn escape(text: &str, mended: &mut String) -> usize {
    let length = match (unit(text), text.get(6..).and_then(unit)) {
        (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
        (Some(0xd800..=0xdfff), _) => {
            mended.push_str("\\ufffd");
            return 6;
        }
        (Some(_), _) => 6,
        (None, _) => text.chars().take(2).map(char::len_utf8).sum(),
    };
    mended.push_str(text.get(..length).unwrap_or_default());
    length
}

/// The code unit of `\uXXXX`.
fn unit(text: &str) -> Option<u32> {
    let hex = text.strip_prefix("\\u")?.get(..4)?;
    u32::from_str_radix(hex, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::mend;

    #[test]
    fn halves_of_pairs_become_the_replacement_character() {
        assert_eq!(mend(r#""a\ud800b""#), r#""a\ufffdb""#);
        assert_eq!(mend(r#""\udc00""#), r#""\ufffd""#);
        assert_eq!(mend(r#""\ud800\ud83d\ude00""#), r#""\ufffd\ud83d\ude00""#);
    }

    #[test]
    fn what_can_be_held_stays() {
        for json in [
            r#"{"a":"\ud83d\ude00","b":[1,-2.5e3,true,null],"c":"\\ud800 \" 1e999"}"#,
            "not json \"",
            r#"{"a": "\"#,
            "",
        ] {
            assert_eq!(mend(json), json);
        }
    }

    #[test]
    fn numbers_beyond_any_range_become_texts() {
        assert_eq!(
            mend(r#"{"port":1e999,"n":-1e999}"#),
            r#"{"port":"1e999","n":"-1e999"}"#
        );
    }
}
