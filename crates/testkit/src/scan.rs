//! Looks for values in everything that a process left behind: data folders, logs, stores of brokers.

use std::{
    fs::{self, File},
    io::Read as _,
    path::{Path, PathBuf},
};

use data_encoding::{BASE64, BASE64URL, HEXLOWER, HEXUPPER};

/// Bytes that are read at a time.
const PIECE: usize = 1024 * 1024;

/// Shortest form that is looked for: shorter ones are found by chance.
const SHORTEST: usize = 6;

/// A value that was found where it must not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The value.
    pub value: String,
    /// How it was written.
    pub form: &'static str,
    /// The file, or what the bytes were called.
    pub place: PathBuf,
    /// Offset of the first byte.
    pub offset: u64,
}

/// Values to look for, in every form in which they are usually written.
#[derive(Debug)]
pub struct Scanner {
    forms: Vec<Form>,
    /// Whether some form begins with these two bytes.
    beginnings: Vec<bool>,
    longest: usize,
}

#[derive(Debug)]
struct Form {
    value: String,
    name: &'static str,
    bytes: Vec<u8>,
}

impl Scanner {
    /// Looks for these values.
    pub fn new<V: AsRef<str>>(values: impl IntoIterator<Item = V>) -> Self {
        let forms: Vec<Form> = values
            .into_iter()
            .flat_map(|value| forms_of(value.as_ref()))
            .collect();
        let mut beginnings = vec![false; 1 << 16];
        for form in &forms {
            assert!(
                form.bytes.len() >= SHORTEST,
                "{:?} is too short to be looked for",
                form.value
            );
            beginnings[beginning(&form.bytes)] = true;
        }
        Self {
            longest: forms.iter().map(|form| form.bytes.len()).max().unwrap_or(0),
            forms,
            beginnings,
        }
    }

    /// What is found in a file, or in all files below a folder.
    pub fn scan(&self, path: &Path) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut waiting = vec![path.to_path_buf()];
        while let Some(path) = waiting.pop() {
            if path.is_dir() {
                let entries = fs::read_dir(&path).expect("the folder can be read");
                waiting.extend(entries.map(|entry| entry.expect("the folder can be read").path()));
            } else if path.is_file() {
                self.scan_file(&path, &mut findings);
            }
        }
        findings
    }

    fn scan_file(&self, path: &Path, findings: &mut Vec<Finding>) {
        let mut file = File::open(path).expect("the file can be read");
        let (mut bytes, mut offset) = (Vec::new(), 0);
        loop {
            let read = file
                .by_ref()
                .take(PIECE as u64)
                .read_to_end(&mut bytes)
                .expect("the file can be read");
            // What begins in the last bytes is looked for again with what follows them.
            let last = read == 0;
            let whole = if last {
                bytes.len()
            } else {
                bytes.len().saturating_sub(self.longest)
            };
            self.find(&bytes, whole, path, offset, findings);
            if last {
                return;
            }
            bytes.drain(..whole);
            offset += whole as u64;
        }
    }

    /// What is found in bytes that were read from somewhere else.
    pub fn scan_bytes(&self, bytes: &[u8], name: &str) -> Vec<Finding> {
        let mut findings = Vec::new();
        self.find(bytes, bytes.len(), Path::new(name), 0, &mut findings);
        findings
    }

    fn find(&self, bytes: &[u8], whole: usize, place: &Path, offset: u64, findings: &mut Vec<Finding>) {
        for (start, pair) in bytes.windows(2).enumerate().take(whole) {
            if !self.beginnings[beginning(pair)] {
                continue;
            }
            let found = self
                .forms
                .iter()
                .find(|form| bytes[start..].starts_with(&form.bytes));
            findings.extend(found.map(|form| Finding {
                value: form.value.clone(),
                form: form.name,
                place: place.to_path_buf(),
                offset: offset + start as u64,
            }));
        }
    }
}

fn beginning(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 8 | usize::from(bytes[1])
}

fn forms_of(value: &str) -> Vec<Form> {
    let form = |name, bytes: Vec<u8>| Form {
        value: value.to_owned(),
        name,
        bytes,
    };
    let bytes = value.as_bytes();
    let wide: Vec<u8> = value.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let escaped: String = value
        .chars()
        .map(|character| character.escape_unicode().to_string())
        .collect();
    let mut forms = vec![
        form("plain", bytes.to_vec()),
        form("UTF-16", wide),
        form("hexadecimal", HEXLOWER.encode(bytes).into_bytes()),
        form("hexadecimal", HEXUPPER.encode(bytes).into_bytes()),
        form("debugged", value.escape_debug().to_string().into_bytes()),
        form("escaped", escaped.into_bytes()),
    ];
    // In a longer text the value can begin at each of the three bytes that four characters stand for. The characters
    // that also stand for its neighbours are left out.
    for before in 0..3 {
        let with_neighbours = [&vec![0; before], bytes].concat();
        for (name, encoding) in [("base64", BASE64), ("base64url", BASE64URL)] {
            let text = encoding.encode(&with_neighbours);
            let first = (before * 8).div_ceil(6);
            let last = with_neighbours.len() * 8 / 6;
            forms.push(form(name, text.as_bytes()[first..last].to_vec()));
        }
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUE: &str = "Zoë Quarks";

    fn names(findings: &[Finding]) -> Vec<(&'static str, u64)> {
        findings
            .iter()
            .map(|finding| (finding.form, finding.offset))
            .collect()
    }

    #[test]
    fn every_form_is_found_wherever_it_stands() {
        let scanner = Scanner::new([VALUE]);
        for before in 0..7 {
            let text = format!("{}{VALUE} and more", "x".repeat(before));
            let written = [
                text.clone().into_bytes(),
                HEXLOWER.encode(text.as_bytes()).into_bytes(),
                HEXUPPER.encode(text.as_bytes()).into_bytes(),
                BASE64.encode(text.as_bytes()).into_bytes(),
                BASE64URL.encode(text.as_bytes()).into_bytes(),
                text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            ];
            for (index, bytes) in written.iter().enumerate() {
                let found = scanner.scan_bytes(bytes, "text");
                assert_eq!(found.len(), 1, "form {index} after {before} bytes: {found:?}");
            }
        }
        assert_eq!(scanner.scan_bytes("Zoe Quarks, Zoë Quark".as_bytes(), "text"), []);
    }

    #[test]
    fn files_are_found_with_their_place_also_across_the_pieces_that_are_read() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("inner")).unwrap();
        let path = folder.path().join("inner/file");
        for start in [0, PIECE - 5, 2 * PIECE - 1, 3 * PIECE] {
            let mut bytes = vec![b'x'; start];
            bytes.extend_from_slice(VALUE.as_bytes());
            fs::write(&path, bytes).unwrap();
            let found = Scanner::new([VALUE]).scan(folder.path());
            assert_eq!(names(&found), [("plain", start as u64)]);
            assert_eq!(found[0].place, path);
        }
    }
}
