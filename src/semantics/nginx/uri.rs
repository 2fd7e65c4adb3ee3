//! The path of a request as nginx matches it: unescaped, with single slashes, without dots that lead up.

/// The path that locations are matched against.
pub fn normalised(path: &str) -> String {
    let plain = unescaped(path);
    let mut kept: Vec<&str> = Vec::new();
    for part in plain.split('/').filter(|part| !part.is_empty()) {
        match part {
            "." => {}
            ".." => {
                kept.pop();
            }
            part => kept.push(part),
        }
    }
    let ends = plain.ends_with('/') || plain.ends_with("/.") || plain.ends_with("/..");
    let slash = if ends && !kept.is_empty() { "/" } else { "" };
    format!("/{}{slash}", kept.join("/"))
}

/// `%2F` and the like as what they stand for; what is no escape stays.
fn unescaped(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let hex = |at: usize| {
            let digit = char::from(*behind.get(at)?).to_digit(16)?;
            u8::try_from(digit).ok()
        };
        match (*first, hex(0), hex(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(high * 16 + low);
                rest = behind.get(2..).unwrap_or_default();
            }
            (byte, ..) => {
                bytes.push(byte);
                rest = behind;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
