//! Base 32 after Douglas Crockford: digits and capitals without I, L, O and U, which are easily taken for others.

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The symbol of a value; only its low five bits count.
pub(super) fn symbol(value: u8) -> char {
    char::from(ALPHABET[usize::from(value & 31)])
}

/// The value of a symbol as somebody types it: small letters count as capitals, O as 0, I and L as 1.
pub(super) fn typed_value(symbol: char) -> Option<u8> {
    let capital = match symbol.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    value(capital)
}

fn value(symbol: char) -> Option<u8> {
    let place = ALPHABET.iter().position(|known| char::from(*known) == symbol)?;
    u8::try_from(place).ok()
}

/// Writes bytes, without filling characters.
pub(super) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    let (mut waiting, mut bits) = (0_u32, 0);
    for byte in bytes {
        waiting = (waiting << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(symbol(low_bits(waiting >> bits)));
        }
    }
    if bits > 0 {
        text.push(symbol(low_bits(waiting << (5 - bits))));
    }
    text
}

/// Reads bytes as [`encode`] writes them and in no other way: so each sequence of bytes has one text.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 5 / 8);
    let (mut waiting, mut bits) = (0_u32, 0);
    for symbol in text.chars() {
        waiting = (waiting << 5) | u32::from(value(symbol)?);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((waiting >> bits).to_le_bytes()[0]);
            waiting &= (1 << bits) - 1;
        }
    }
    // What is left over is less than a symbol, and nothing.
    (bits < 5 && waiting == 0).then_some(bytes)
}

fn low_bits(value: u32) -> u8 {
    value.to_le_bytes()[0] & 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_five_bits_a_symbol() {
        for (bytes, text) in [
            (&[][..], ""),
            (&[0], "00"),
            (&[0xff], "ZW"),
            (&[1, 2, 3, 4, 5], "04106105"),
            (b"foobar", "CSQPYRK1E8"),
        ] {
            assert_eq!(encode(bytes), text, "{bytes:?}");
            assert_eq!(decode(text).as_deref(), Some(bytes), "{bytes:?}");
        }
    }

    #[test]
    fn each_sequence_of_bytes_has_one_text() {
        for wrong in [
            "0", "ZX", "ZZ", "zw", "Z W", "ZO", "ZI", "ZU", "000", "00000 00", "0ß",
        ] {
            assert_eq!(decode(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn symbols_are_read_as_people_type_them() {
        for (typed, symbol) in [
            ('o', '0'),
            ('O', '0'),
            ('i', '1'),
            ('L', '1'),
            ('l', '1'),
            ('k', 'K'),
            ('Z', 'Z'),
        ] {
            assert_eq!(typed_value(typed), value(symbol), "{typed}");
        }
        for wrong in ['u', 'U', '-', ' ', 'ß', '/'] {
            assert_eq!(typed_value(wrong), None, "{wrong}");
        }
    }
}
