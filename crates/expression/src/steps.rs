//! What counts as a step. [`cost`](crate::cost) reckons with it before, and [`evaluate`](crate::evaluate) counts it:
//! because both use these figures, no evaluation takes more steps than were reckoned.

/// One operation, or one element of a loop or list. Reading a constant, a variable or a field of one is free.
pub(crate) const OPERATION: u64 = 1;

/// Finding a key in a map.
pub(crate) const KEY: u64 = 4;

/// Writing a value as a string, or reading a number or time from one.
pub(crate) const CONVERSION: u64 = 4;

/// Looking at the calendar of a known time zone.
pub(crate) const CALENDAR: u64 = 8;

/// Finding a time zone by its name.
pub(crate) const ZONE: u64 = 32;

/// Going over the bytes of a string.
pub(crate) const fn text(bytes: u64) -> u64 {
    bytes / 64
}

/// Matching a pattern, of which `pattern` is the work for 64 bytes.
pub(crate) const fn matching(bytes: u64, pattern: u64) -> u64 {
    (bytes / 64 + 1).saturating_mul(pattern)
}
