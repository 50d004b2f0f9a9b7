//! The fingerprint of a client certificate, by which an account knows it.

use std::fmt;

/// The SHA-256 of a certificate in DER.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CertificateFingerprint(pub [u8; 32]);

impl CertificateFingerprint {
    /// Reads 64 hexadecimal digits in the forms in which programs print them: in either case, with
    /// colons between the bytes or not, and after `sha256:` or not.
    pub fn parse(text: &str) -> Option<Self> {
        let prefix = "sha256:";
        let start = text.get(..prefix.len()).unwrap_or_default();
        let has_prefix = start.eq_ignore_ascii_case(prefix);
        let digits = text.get(if has_prefix { prefix.len() } else { 0 }..)?;
        let values: Option<Vec<u32>> = digits
            .chars()
            .filter(|c| *c != ':')
            .map(|c| c.to_digit(16))
            .collect();
        let values = values.filter(|values| values.len() == 64)?;
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(values.chunks(2)) {
            let value = pair.iter().fold(0, |value, digit| value << 4 | digit);
            *byte = u8::try_from(value).ok()?;
        }
        Some(Self(bytes))
    }
}

/// 64 hexadecimal digits.
impl fmt::Display for CertificateFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_in_all_its_forms() {
        let bytes: [u8; 32] = std::array::from_fn(|at| u8::try_from(at * 8 + 7).unwrap());
        let fingerprint = CertificateFingerprint(bytes);
        let plain = fingerprint.to_string();
        assert_eq!(plain.len(), 64);
        let pairs: Vec<_> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
        for text in [
            plain.clone(),
            plain.to_uppercase(),
            format!("sha256:{plain}"),
            format!("SHA256:{}", pairs.join(":")),
        ] {
            assert_eq!(CertificateFingerprint::parse(&text), Some(fingerprint));
        }
        for text in [
            "",
            "sha256:",
            "é",
            &plain[1..],
            &format!("{plain}0"),
            &plain.replace('0', "g"),
        ] {
            assert_eq!(CertificateFingerprint::parse(text), None, "{text}");
        }
    }
}
