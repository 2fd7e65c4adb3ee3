//! When a client certificate runs out: the one public fact that is read of it.

use jiff::Timestamp;
use jiff::civil::DateTime;

/// The end of validity of the first certificate in a PEM text; `None` where there is none or it does not decode.
pub fn of_pem(pem: &str) -> Option<Timestamp> {
    let body = pem.split("-----BEGIN CERTIFICATE-----").nth(1)?;
    let body = body.split("-----END CERTIFICATE-----").next()?;
    not_after(&base64(body)?)
}

/// Standard base64; white space is skipped, padding ends it.
pub fn base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let (mut bits, mut held) = (0_u32, 0_u8);
    for byte in text.bytes().filter(|byte| !byte.is_ascii_whitespace()) {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => break,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(six);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from((bits >> held) & 0xff).ok()?);
        }
    }
    Some(out)
}

/// `Certificate.tbsCertificate.validity.notAfter` (RFC 5280, 4.1).
fn not_after(der: &[u8]) -> Option<Timestamp> {
    let (_, certificate, _) = element(der)?;
    let (_, mut tbs, _) = element(certificate)?;
    let (tag, _, rest) = element(tbs)?;
    if tag == 0xa0 {
        tbs = rest;
    }
    // serialNumber, signature, issuer come before it.
    for _ in 0..3 {
        tbs = element(tbs)?.2;
    }
    let (_, validity, _) = element(tbs)?;
    let (_, _, rest) = element(validity)?;
    let (tag, time, _) = element(rest)?;
    moment(tag, std::str::from_utf8(time).ok()?)
}

/// One DER element: its tag, its content and what follows it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let count = usize::from(first & 0x7f);
        if count == 0 || count > 4 {
            return None;
        }
        let (digits, rest) = rest.split_at_checked(count)?;
        let length = digits
            .iter()
            .fold(0_usize, |sum, digit| (sum << 8) | usize::from(*digit));
        (length, rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// A UTCTime (two digits of the year, 50 and above is 19xx) or a GeneralizedTime, both in UTC.
fn moment(tag: u8, text: &str) -> Option<Timestamp> {
    let digits = text.strip_suffix('Z')?;
    let full = match tag {
        0x17 if digits.get(..2)? < "50" => format!("20{digits}"),
        0x17 => format!("19{digits}"),
        0x18 => digits.to_owned(),
        _ => return None,
    };
    let civil = DateTime::strptime("%Y%m%d%H%M%S", &full).ok()?;
    Some(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::{base64, of_pem};

    /// Self-signed, `notAfter` as UTCTime.
    const TILL_2027: &str = "\
-----BEGIN CERTIFICATE-----
MIIBcDCCARegAwIBAgIUK09hTh/fm22TujmkMn66AStH/4wwCgYIKoZIzj0EAwIw
DjEMMAoGA1UEAwwDYWRhMB4XDTI2MTEyMjE2MzQyM1oXDTI3MTEyMjE2MzQyM1ow
DjEMMAoGA1UEAwwDYWRhMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEX14G4bi6
JRORE7oN6so6FWnUVmXKQaubOqOZPFOcU6Pd9s1pNOcolnJ5YTaY3u/Ug4iyvOZz
8ZZamJGNfghsoKNTMFEwHQYDVR0OBBYEFMYEOoiLe2ehakJ3lPEK9nJXWb7RMB8G
A1UdIwQYMBaAFMYEOoiLe2ehakJ3lPEK9nJXWb7RMA8GA1UdEwEB/wQFMAMBAf8w
CgYIKoZIzj0EAwIDRwAwRAIgPBJ3rgCiZug9UDDyZJVq38hP9VkpGN3IPi6HFmfp
MGsCIC+iLn1JHveCQDUppNSw4Z+QU6ScSXlTooxe28SjESQc
-----END CERTIFICATE-----
";

    /// Self-signed, `notAfter` as GeneralizedTime.
    const TILL_2081: &str = "\
-----BEGIN CERTIFICATE-----
MIIBcjCCARmgAwIBAgIUQKyGoZlRZ+vs2HJ+fFsZ40bdIicwCgYIKoZIzj0EAwIw
DjEMMAoGA1UEAwwDYWRhMCAXDTI2MTEyMjE2MzQyM1oYDzIwODEwODI1MTYzNDIz
WjAOMQwwCgYDVQQDDANhZGEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAS0VMDR
Nf/nLcXUC5aSlZELYDTwPzmQ64JJuGjKiuqgMP9NmH2jQE8LbVeHRAxuef05mFkp
CPZqemXKu8s3JDX7o1MwUTAdBgNVHQ4EFgQUMrNhhgMitt5aM7XFFdJU3s2PQXcw
HwYDVR0jBBgwFoAUMrNhhgMitt5aM7XFFdJU3s2PQXcwDwYDVR0TAQH/BAUwAwEB
/zAKBggqhkjOPQQDAgNHADBEAiAcBe/Fxctf0hTnDPnrFa7jbqLNr0WGM0kn54vv
kcPjYAIgBnY6Y7Px4HQEZpakVOQANwlguFydxbWVYkUFOV7zi08=
-----END CERTIFICATE-----
";

    #[test]
    fn both_forms_of_time() {
        let end = |pem| of_pem(pem).map(|at| at.to_string());
        assert_eq!(end(TILL_2027).as_deref(), Some("2027-11-22T16:34:23Z"));
        assert_eq!(end(TILL_2081).as_deref(), Some("2081-08-25T16:34:23Z"));
    }

    #[test]
    fn the_first_certificate_counts_and_a_key_before_it_does_not() {
        let key = "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n";
        let pem = format!("{key}{TILL_2081}{TILL_2027}");
        assert_eq!(of_pem(&pem), of_pem(TILL_2081));
    }

    #[test]
    fn what_does_not_decode_has_no_end() {
        assert_eq!(of_pem(""), None);
        assert_eq!(
            of_pem("-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----"),
            None
        );
        assert_eq!(
            of_pem("-----BEGIN CERTIFICATE-----\nMIIBcDCC\n-----END CERTIFICATE-----"),
            None
        );
        assert_eq!(base64("a*b"), None);
        let mut cut: Vec<&str> = TILL_2027.lines().collect();
        cut.truncate(3);
        assert_eq!(of_pem(&cut.join("\n")), None);
    }
}
