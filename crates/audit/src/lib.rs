//! Who did what, when, and how it ended: an append-only log that can be asked.
