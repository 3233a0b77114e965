//! Personal values in memory.

use std::fmt;

/// A personal value: a name, a way to reach somebody, what somebody wrote. Debugging and logging show `…` in its place;
/// code that needs the value says so with [`Personal::expose`].
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Personal<T>(T);

impl<T> Personal<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for those who must have it: callers with the right scope, the sealed store.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// The value, taken out.
    pub fn into_exposed(self) -> T {
        self.0
    }
}

impl<T> From<T> for Personal<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl From<&str> for Personal<String> {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl<T> fmt::Debug for Personal<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debugging_does_not_show_the_value() {
        #[derive(Debug)]
        #[allow(dead_code, reason = "only shown")]
        struct Customer {
            id: &'static str,
            name: Personal<String>,
        }
        let customer = Customer {
            id: "ada",
            name: "Ada Lovelace".into(),
        };
        assert_eq!(format!("{customer:?}"), "Customer { id: \"ada\", name: … }");
    }
}
