//! Lines of bounded length: a line that is too long is left out, and its number is kept.

use std::{
    cell::RefCell,
    io::{self, BufRead, Read},
    rc::Rc,
};

/// Longest line in bytes. A purchase has a few hundred.
pub(super) const LONGEST_LINE: usize = 1024 * 1024;

/// Numbers of the lines that were left out, from 1.
pub(super) type TooLong = Rc<RefCell<Vec<u64>>>;

/// Reads a text line by line and hands it on; a line that is too long becomes an empty one.
#[derive(Debug)]
pub(super) struct BoundedLines<R> {
    inner: R,
    line: Vec<u8>,
    given: usize,
    number: u64,
    too_long: TooLong,
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

impl<R: BufRead> BoundedLines<R> {
    pub(super) fn new(inner: R) -> Self {
        Self {
            inner,
            line: Vec::new(),
            given: 0,
            number: 0,
            too_long: TooLong::default(),
        }
    }

    pub(super) fn too_long(&self) -> TooLong {
        Rc::clone(&self.too_long)
    }

    fn next_line(&mut self) -> io::Result<()> {
        self.line.clear();
        self.given = 0;
        let most = LONGEST_LINE as u64 + 1;
        let read = self.inner.by_ref().take(most).read_until(b'\n', &mut self.line)?;
        if read == 0 {
            return Ok(());
        }
        self.number += 1;
        if self.number == 1 && self.line.starts_with(BYTE_ORDER_MARK) {
            self.line.drain(..BYTE_ORDER_MARK.len());
        }
        if read > LONGEST_LINE && self.line.last() != Some(&b'\n') {
            self.inner.skip_until(b'\n')?;
            self.line.clear();
            self.line.push(b'\n');
            self.too_long.borrow_mut().push(self.number);
        }
        Ok(())
    }
}

impl<R: BufRead> Read for BoundedLines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.line.len() {
            self.next_line()?;
        }
        let count = buffer.len().min(self.line.len() - self.given);
        buffer[..count].copy_from_slice(&self.line[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_many_megabytes_is_left_out_and_the_others_are_kept() {
        let mut text = b"\xef\xbb\xbfhead\nfirst\n".to_vec();
        text.extend(std::iter::repeat_n(b'x', 50 * 1024 * 1024));
        text.extend(b"\nlast");
        let mut lines = BoundedLines::new(text.as_slice());
        let mut read = String::new();
        lines.read_to_string(&mut read).unwrap();
        assert_eq!(read, "head\nfirst\n\nlast");
        assert_eq!(*lines.too_long().borrow(), [3]);
    }
}
